"""`bucketpass explain`: why AWS answers as it does: every statement, the usual faults, and what would turn it."""

from __future__ import annotations

import argparse
import json

from bucketpass.cli import deciding
from bucketpass.deployment.question import answer

HELP = "why: every statement, the usual faults, and the smallest change that would turn it"
EXIT_DENIED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    deciding.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Explain and print."""
    from bucketpass.cli.show_decision import as_object, explained, show_explanation, show_path

    asked = deciding.settle(arguments)
    found = answer(asked)
    if arguments.json:
        print(json.dumps(as_object(found, asked) | {"explanations": [explained(one) for one in (*found.trust, *found.steps)]}))
    else:
        show_path(found, asked)
        show_explanation(found)
    return 0 if found.chain.allowed else EXIT_DENIED

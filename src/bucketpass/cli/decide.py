"""`bucketpass decide`: what AWS answers to one request, by which statement."""

from __future__ import annotations

import argparse

from bucketpass.cli import deciding
from bucketpass.cli.json_output import print_json
from bucketpass.deployment.grant_changes import explain_declared

EXIT_DENIED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    deciding.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Decide and print."""
    from bucketpass.cli.show_decision import as_object, show_path

    described = deciding.settle(arguments)
    found = explain_declared(described)
    if arguments.json:
        print_json("decide", as_object(found, described))
    else:
        show_path(found, described)
    return 0 if found.decision.allowed else EXIT_DENIED

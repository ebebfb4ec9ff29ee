"""`bucketpass learn LOGS`: a declaration for hand-made roles, from what they did and who assumed them."""

from __future__ import annotations

import argparse
import sys

from bucketpass.cli.json_output import print_json
from bucketpass.cli.logs import EXIT_UNREAD, add_logs, opened, report_counts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_logs(parser)
    parser.add_argument("--role", metavar="ROLE", help="only this role, by its name or ARN")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Read, learn and print the declaration; what it leaves out goes to standard error."""
    from bucketpass.usage.learn import learn
    from bucketpass.usage.report import counts_object

    with opened(arguments) as (engine, store):
        found = learn(engine, store, arguments.role)
        report_counts(store.counts)
        if arguments.json:
            print_json("learn", {"logs": counts_object(store.counts), "declaration": found.text, "remarks": list(found.remarks)})
        else:
            for remark in found.remarks:
                print(f"note: {remark}", file=sys.stderr)
            print(found.text, end="")
        return EXIT_UNREAD if arguments.strict and store.counts.faults else 0

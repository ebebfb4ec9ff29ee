"""`bucketpass learn LOGS`: a declaration for hand-made roles, from what they did and who assumed them."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from bucketpass.cli.declared import add_target, target_of
from bucketpass.cli.json_output import print_json
from bucketpass.cli.logs import EXIT_UNREAD, add_logs, opened, report_counts
from bucketpass.compile import compile_access
from bucketpass.deployment.resources import deployment_of
from bucketpass.model import parse_access

if TYPE_CHECKING:
    from bucketpass.usage.learn import Learned


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_logs(parser, redact=False)
    add_target(parser)
    parser.add_argument(
        "--deployed", metavar="WHERE", help="also look at what the roles' policies allow there: sandbox, aws, or the URL of an endpoint"
    )
    parser.add_argument("--role", metavar="ROLE", help="only this role, by its name or ARN")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _wider(found: Learned, arguments: argparse.Namespace) -> dict[str, str]:
    """The services that the proposal lets do more than the policies that are deployed, with an example each."""
    from bucketpass.deployment.endpoint import read_plan
    from bucketpass.prove.compare import Version
    from bucketpass.provision.clients import clients_of
    from bucketpass.usage.learn import wider_than

    access, target = parse_access(found.text), target_of(arguments)
    plan = compile_access(access, target)
    with clients_of(arguments.deployed, target.region, os.environ) as clients:
        deployed = read_plan(clients, plan)
    return wider_than(Version(access, deployment_of(plan)), Version(access, deployed))


def run(arguments: argparse.Namespace) -> int:
    """Read, learn and print the declaration; what it leaves out goes to standard error."""
    from bucketpass.usage.learn import learn
    from bucketpass.usage.report import counts_object

    with opened(arguments) as (engine, store):
        found = learn(engine, store, arguments.role)
        if arguments.deployed and (wider := _wider(found, arguments)):
            found = learn(engine, store, arguments.role, exact=tuple(wider))
            remarks = [
                f"role {name}: the grants allow more than its policies, such as {example}"
                for name, example in _wider(found, arguments).items()
            ]
            found = replace(found, remarks=(*found.remarks, *remarks))
        report_counts(store.counts)
        if arguments.json:
            print_json("learn", {"logs": counts_object(store.counts), "declaration": found.text, "remarks": list(found.remarks)})
        else:
            for remark in found.remarks:
                print(f"note: {remark}", file=sys.stderr)
            print(found.text, end="")
        return EXIT_UNREAD if arguments.strict and store.counts.unread else 0

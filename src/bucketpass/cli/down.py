"""`bucketpass down`: what `up` made is gone."""

from __future__ import annotations

import argparse
import sys

from bucketpass.cli import provisioning
from bucketpass.cli.act import Act
from bucketpass.errors import RequestError

HELP = "remove what `up` made"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    provisioning.add_arguments(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: argparse.Namespace) -> int:
    """Ask, and delete the stack's resources."""
    if arguments.to == "aws":
        from bucketpass.cli import on_aws

        return on_aws.down(arguments)
    order = provisioning.settle(arguments, Act.DOWN)
    if not arguments.yes and not _agreed(order):
        print("nothing was changed", file=sys.stderr)
        return 1
    return provisioning.perform(order, Act.DOWN, lambda engine, listener: engine.destroy(order.stack, listener))


def _agreed(order: provisioning.Run) -> bool:
    if not sys.stdin.isatty():
        raise RequestError("`down` deletes resources, and there is nobody to ask", remedy="say --yes")
    name = order.stack.name.stack
    return input(f"This deletes all resources of stack {name} at {order.endpoint.url}. Its name to confirm: ") == name

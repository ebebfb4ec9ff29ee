"""`bucketpass up`: the endpoint has what the program or the declaration asks for."""

from __future__ import annotations

import argparse

from bucketpass.cli import provisioning
from bucketpass.cli.act import Act


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    provisioning.add_arguments(parser)
    provisioning.add_refresh(parser)
    parser.add_argument(
        "--skip-preview", action="store_true", help="do not preview a changed program before anything is made, as `pulumi up` has it too"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the program and make what it asks for."""
    if arguments.to == "aws":
        from bucketpass.cli import on_aws

        return on_aws.up(arguments)
    order = provisioning.settle(arguments, Act.UP)
    return provisioning.perform(
        order,
        Act.UP,
        lambda engine, listener: engine.up(
            order.program, order.stack, listener, refreshed=arguments.refresh, preview_first=not arguments.skip_preview
        ),
    )

"""`bucketpass preview`: what `up` would do, and nothing is done."""

from __future__ import annotations

import argparse

from bucketpass.cli import provisioning
from bucketpass.cli.act import Act


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    provisioning.add_arguments(parser)
    provisioning.add_refresh(parser)
    provisioning.add_imports(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the program and tell what it asks for."""
    if arguments.to == "aws":
        provisioning.refuse_imports(arguments)
        from bucketpass.cli import on_aws

        return on_aws.preview(arguments)
    order, imports = provisioning.settle(arguments, Act.PREVIEW), provisioning.imported(arguments)
    return provisioning.perform(
        order,
        Act.PREVIEW,
        lambda engine, listener: engine.preview(
            order.program, order.stack, listener, refreshed=provisioning.looks_first(arguments, order), imports=imports
        ),
    )

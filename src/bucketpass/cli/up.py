"""`bucketpass up`: the endpoint has what the program or the declaration asks for."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from bucketpass.cli import provisioning
from bucketpass.cli.act import Act
from bucketpass.cli.declared import show_map_line
from bucketpass.cli.watch import add_watch, program_files, watched
from bucketpass.errors import RequestError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    provisioning.add_arguments(parser)
    provisioning.add_refresh(parser)
    provisioning.add_imports(parser)
    add_watch(parser)
    parser.add_argument(
        "--skip-preview", action="store_true", help="do not preview a changed program before anything is made, as `pulumi up` has it too"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the program and make what it asks for, with `--watch` again after each change."""
    if arguments.watch:
        if arguments.to == "aws":
            raise RequestError("`--watch` does not go with `--to aws`", remedy="Run `up` after each change: it asks before it changes AWS.")
        return watched(lambda: _files(arguments), lambda: _up(arguments))
    return _up(arguments)


def _files(arguments: argparse.Namespace) -> Iterable[Path]:
    return [arguments.access] if arguments.access is not None else program_files(arguments.program)


def _up(arguments: argparse.Namespace) -> int:
    if arguments.to == "aws":
        provisioning.refuse_imports(arguments)
        from bucketpass.cli import on_aws

        return on_aws.up(arguments)
    order, imports = provisioning.settle(arguments, Act.UP), provisioning.imported(arguments)
    code = provisioning.perform(
        order,
        Act.UP,
        lambda engine, listener: engine.up(
            order.program,
            order.stack,
            listener,
            refreshed=provisioning.looks_first(arguments, order),
            preview_first=not arguments.skip_preview,
            imports=imports,
        ),
    )
    if code == 0 and not order.as_json:
        # A program makes what it likes; its folder's declaration, if there is one, is what it is about.
        show_map_line(arguments.access or order.program.root / "access.yaml", order.endpoint.url if arguments.to == "rgw" else arguments.to)
    return code

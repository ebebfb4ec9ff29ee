"""`bucketpass down`: what `up` made is gone, and what others made stays."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from bucketpass.cli import provisioning
from bucketpass.cli.act import Act
from bucketpass.errors import RequestError
from bucketpass.provision.embedded import Consent, Engine, Listener, RunResult
from bucketpass.provision.embedded.engine import check_known

if TYPE_CHECKING:
    from bucketpass.cli.show_run import RunScreen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    provisioning.add_arguments(parser)
    parser.add_argument(
        "--force", action="append", default=[], metavar="BUCKET", help="delete this bucket's objects and versions too (repeat for more)"
    )
    parser.add_argument(
        "--detach-foreign",
        action="store_true",
        help="detach what others attached to the stack's roles and policies, delete inline policies, and delete providers that roles of "
        "others trust and keys with aliases of others",
    )
    parser.add_argument(
        "--statements",
        metavar="BUCKET",
        help="remove only the stack's statements, rules and tags from an adopted bucket, or a key (its ARN), and nothing else",
    )


def run(arguments: argparse.Namespace) -> int:
    """Show what goes and what stays, ask, and delete the stack's resources."""
    if arguments.statements is not None:
        from bucketpass.cli import statements

        return statements.run(arguments)
    if arguments.to == "aws":
        given = [option for option, value in (("--force", arguments.force), ("--detach-foreign", arguments.detach_foreign)) if value]
        if given:
            raise RequestError(
                f"`{given[0]}` does not go with `--to aws`, where AWS's own provider deletes",
                remedy="Say forceDestroy or forceDetachPolicies in the program, or empty and detach by hand.",
            )
        from bucketpass.cli import on_aws

        return on_aws.down(arguments)
    order = provisioning.settle(arguments, Act.DOWN)
    consent = Consent(frozenset(arguments.force), arguments.detach_foreign)
    if not arguments.yes and (arguments.json or not sys.stdin.isatty()):
        raise RequestError("`down` deletes resources, and there is nobody to ask", remedy="Say --yes.")

    def destroy(engine: Engine, listener: Listener, *, dry_run: bool = False) -> RunResult:
        check_known(order.stack)
        return engine.destroy(order.stack, listener, consent=consent, dry_run=dry_run, program=order.program)

    def ask(engine: Engine, screen: RunScreen) -> bool:
        planned = destroy(engine, screen, dry_run=True)
        screen.finish(planned)
        name = order.stack.name.stack
        return planned.ok and provisioning.agreed(f"Type the stack's name, {name}, to delete what is listed: ", name)

    return provisioning.perform(
        order,
        Act.DOWN,
        destroy,
        None if arguments.yes else ask,
    )

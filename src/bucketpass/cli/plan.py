"""`bucketpass plan`: the resources and documents that a declaration becomes; nothing is made."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

from bucketpass.cli.declared import add_access, add_target, declaration_of, target_of
from bucketpass.compile import Plan, compile_access
from bucketpass.model import load_access

HELP = "the resources and documents that a declaration becomes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_access(parser, positional=True)
    add_target(parser)
    parser.add_argument("--format", choices=FORMATS, default="table", help="table (default), json, cloudformation or terraform")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Compile and print."""
    FORMATS[arguments.format](compile_access(load_access(declaration_of(arguments)), target_of(arguments)))
    return 0


def _table(plan: Plan) -> None:
    from rich.console import Console
    from rich.table import Table

    from bucketpass.compile.summary import summary

    table = Table(title=f"account {plan.target.account}, {plan.target.region}", show_lines=True)
    for heading in ("kind", "name", "what it is there for"):
        table.add_column(heading, overflow="fold")
    for line in summary(plan):
        table.add_row(line.kind, line.name, "\n".join(line.words))
    Console().print(table)


def _json(plan: Plan) -> None:
    from bucketpass.compile.plan_json import plan_json

    print(json.dumps(plan_json(plan), indent=2, ensure_ascii=False))


def _cloudformation(plan: Plan) -> None:
    from bucketpass.compile.cloudformation import cloudformation

    print(json.dumps(cloudformation(plan), indent=2, ensure_ascii=False))


def _terraform(plan: Plan) -> None:
    from bucketpass.provision.terraform import terraform

    print(json.dumps(terraform(plan), indent=2, ensure_ascii=False))


FORMATS: dict[str, Callable[[Plan], None]] = {
    "table": _table,
    "json": _json,
    "cloudformation": _cloudformation,
    "terraform": _terraform,
}

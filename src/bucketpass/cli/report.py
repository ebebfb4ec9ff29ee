"""`bucketpass report`: the access map of a declaration as one HTML page, or as Mermaid, Markdown or JSON."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.declared import add_access, add_target, declaration_of, read_declared, target_of
from bucketpass.cli.json_output import print_json
from bucketpass.cli.policy_files import deployment_of_access
from bucketpass.cli.terminal import ProgressLine, line
from bucketpass.compile import Target, compile_access
from bucketpass.errors import InvalidInput, MissingExtra
from bucketpass.model import Access
from bucketpass.report import Report, as_markdown, as_mermaid, html_page, report_object, report_of
from bucketpass.report.content import compared

if TYPE_CHECKING:
    from bucketpass.prove.compare import Version

PAGE, STANDARD_OUTPUT = Path("report.html"), Path("-")
SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_access(parser, positional=True)
    add_target(parser)
    parser.add_argument(
        "--format", choices=("html", "markdown", "mermaid", "json"), default="html", help="html (default), markdown, mermaid or json"
    )
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=f"where to write it, - for standard output (default: {PAGE} for html, - for the others)"
    )
    parser.add_argument("--against", type=Path, metavar="FILE", help="an older declaration: what changed since is marked")
    parser.add_argument("--no-proofs", action="store_true", help="leave the guarantees out")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="N", help=f"time for each guarantee (default: {SECONDS:.0f})")
    parser.add_argument("--deployed", metavar="WHERE", help="also how what is deployed differs: sandbox, aws, or the URL of an endpoint")
    parser.add_argument(
        "--usage", action="append", default=[], metavar="LOG", help="also how often each grant was used, by these logs; repeat it"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make the report and write it."""
    target, declaration = target_of(arguments), read_declared(declaration_of(arguments))
    found = report_of(declaration, target)
    if arguments.against is not None:
        found = _compared(found, declaration.access, arguments.against, target)
    if not arguments.no_proofs:
        found = _proved(found, declaration.access, target, arguments.seconds)
    if arguments.deployed:
        found = _with_drift(found, declaration.access, target, arguments.deployed)
    if arguments.usage:
        found = _with_usage(found, declaration.access, target, arguments.usage)
    out = arguments.out or (PAGE if arguments.format == "html" else STANDARD_OUTPUT)
    if arguments.format == "json" and out == STANDARD_OUTPUT:
        print_json("report", report_object(found))
        return 0
    _write(_text(found, arguments.format), out)
    return 0


def _text(found: Report, form: str) -> str:
    match form:
        case "html":
            return html_page(found, datetime.now(UTC))
        case "mermaid":
            return as_mermaid(found)
        case "markdown":
            return as_markdown(found)
    import json

    from bucketpass.cli.json_output import with_schema

    return json.dumps(with_schema("report", report_object(found)), ensure_ascii=False) + "\n"


def _write(text: str, path: Path) -> None:
    if path == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"cannot write `{path}`: {error.strerror}", remedy="Name a file in a folder that exists with --out.") from error
    line(f"wrote {path}")


def _version(access: Access, target: Target) -> Version:
    from bucketpass.prove.compare import Version

    return Version(access, deployment_of_access(access, target))


def _compared(found: Report, access: Access, older: Path, target: Target) -> Report:
    if find_spec("z3") is None:
        raise MissingExtra("prove", "z3")
    from bucketpass.cli.diff import changes
    from bucketpass.prove.compare import differences

    old = read_declared(older)
    versions = _version(old.access, target), _version(access, target)
    rows = [
        {"kind": one.change.kind.value, "subject": one.change.owner, "description": one.change.description, "path": one.change.path}
        for one in changes(*versions, list(differences(*versions)))
    ]
    return compared(found, report_of(old, target), rows)


def _proved(found: Report, access: Access, target: Target, seconds: float) -> Report:
    if find_spec("z3") is None:
        return replace(found, notes=(*found.notes, "The guarantees are not proved here: the extra [prove] is not installed."))
    from bucketpass.prove.guarantees import guarantees
    from bucketpass.prove.never import declared_nevers
    from bucketpass.prove.proofs import Proofs, prove_all
    from bucketpass.prove.report import Result, as_object

    deployment = deployment_of_access(access, target)
    asked = [*guarantees(access, deployment), *declared_nevers(access, deployment)]
    results = []
    with ProgressLine() as progress:
        for guarantee, answer in prove_all(asked, seconds=seconds, proved=Proofs().proved):
            results.append(Result(guarantee, answer))
            progress.update(f"{len(results)}/{len(asked)} {guarantee.name}")
    rows = as_object(results)["guarantees"]
    return replace(found, guarantees=tuple(rows) if isinstance(rows, list) else ())


def _with_drift(found: Report, access: Access, target: Target, where: str) -> Report:
    if find_spec("z3") is None:
        raise MissingExtra("prove", "z3")
    from bucketpass.deployment.endpoint import read_plan
    from bucketpass.prove.compare import Relation, Version, differences
    from bucketpass.provision.clients import clients_of

    with clients_of(where, target.region, os.environ) as clients:
        deployed = read_plan(clients, compile_access(access, target))
    rows = [
        {"owner": one.owner, "subject": one.subject, "relation": f"deployed is {one.relation.value}", "reasons": list(one.reasons)}
        for one in differences(_version(access, target), Version(access, deployed))
        if one.relation is not Relation.EQUAL
    ]
    return replace(found, drift=tuple(rows))


def _with_usage(found: Report, access: Access, target: Target, logs: list[str]) -> Report:
    from bucketpass.cli.logs import opened, report_counts
    from bucketpass.usage.grants import usage_of
    from bucketpass.usage.period import day_text

    with opened(argparse.Namespace(logs=logs, engine="duckdb")) as (engine, store):
        usage = usage_of(access, target, engine, store)
        report_counts(store.counts)
    by_path = {one.path: one for one in usage.grants}
    grants = tuple(
        replace(one, used=by_path[one.path].requests, usage=by_path[one.path].status.value)
        if one.path in by_path and one.change != "removed"
        else one
        for one in found.grants
    )
    period = f"Requests are those of the logs from {day_text(usage.coverage.first)} to {day_text(usage.coverage.last)}."
    return replace(found, grants=grants, notes=(*found.notes, period))

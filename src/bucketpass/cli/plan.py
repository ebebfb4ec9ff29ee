"""`bucketpass plan`: the resources and documents that a declaration becomes; nothing is made."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bucketpass.cli.declared import add_access, add_target, compiled, declaration_of, read_declared, target_of
from bucketpass.cli.json_output import with_schema
from bucketpass.cli.terminal import bold, line, show_finding, table
from bucketpass.compile import Plan
from bucketpass.compile.check import worth_knowing
from bucketpass.errors import Diagnostic, RequestError, Severity

Findings = tuple[Diagnostic, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_access(parser, positional=True)
    add_target(parser)
    parser.add_argument("--format", choices=FORMATS, default="table", help=f"{', '.join(FORMATS)} (default: table)")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write files there, CloudFormation as several templates if one is not enough"
    )
    parser.add_argument(
        "--for-account", metavar="ACCOUNT", help="only what the administrators of this other account put on their buckets and keys"
    )


def run(arguments: argparse.Namespace) -> int:
    """Compile and print. The exit code is 1 for a template that CloudFormation would refuse."""
    declaration = read_declared(declaration_of(arguments))
    plan = compiled(declaration, target_of(arguments))
    over: Findings = ()
    if arguments.for_account is not None:
        files = _for_account(plan, arguments.for_account)
    elif arguments.format == "table":
        _table(plan)
        return 0
    else:
        found = worth_knowing(declaration.access, plan)
        files = FORMATS[arguments.format](plan, found, arguments.out is not None)
        if arguments.format in TEMPLATES and arguments.out is None:
            over = _over_limits(plan, found)
    for name, text in files.items():
        if arguments.out is None:
            print(text)
        else:
            arguments.out.mkdir(parents=True, exist_ok=True)
            (arguments.out / name).write_text(text + "\n")
            print(arguments.out / name)
    for finding in over:
        show_finding(finding, file=sys.stderr)
    return int(any(finding.severity is Severity.ERROR for finding in over))


def _table(plan: Plan) -> None:
    from bucketpass.compile.summary import summary

    line(f"account {plan.target.account}, {plan.target.region}")
    line()
    table([(one.kind, bold(one.name), "\n".join(one.words)) for one in summary(plan)], headings=("kind", "name", "what it is for"))


def _json(plan: Plan, _: Findings, __: bool) -> dict[str, str]:
    from bucketpass.compile.plan_json import plan_json

    return {"plan.json": _text(with_schema("plan", plan_json(plan)))}


def _cloudformation(plan: Plan, found: Findings, several: bool) -> dict[str, str]:
    return {f"{name}.json": _text(template) for name, template in _templates(plan, found, several).items()}


def _cloudformation_yaml(plan: Plan, found: Findings, several: bool) -> dict[str, str]:
    import yaml

    return {
        f"{name}.yaml": yaml.safe_dump(template, sort_keys=False, allow_unicode=True).rstrip()
        for name, template in _templates(plan, found, several).items()
    }


def _templates(plan: Plan, found: Findings, several: bool) -> Mapping[str, object]:
    from bucketpass.emit import blueprint_of, cloudformation_stacks, cloudformation_template

    blueprint = blueprint_of(plan, found)
    return cloudformation_stacks(blueprint) if several else {"template": cloudformation_template(blueprint)}


def _over_limits(plan: Plan, found: Findings) -> Findings:
    from bucketpass.emit import blueprint_of, over_limits

    return over_limits(blueprint_of(plan, found))


def _terraform(plan: Plan, found: Findings, _: bool) -> dict[str, str]:
    from bucketpass.emit import blueprint_of, terraform_configuration

    return {"main.tf.json": _text(terraform_configuration(blueprint_of(plan, found)))}


def _for_account(plan: Plan, account: str) -> dict[str, str]:
    from bucketpass.emit import blueprint_of

    accounts = blueprint_of(plan).other_accounts
    if account not in accounts:
        known = ", ".join(sorted(accounts)) or "no other account"
        message = f"no declared bucket or key is in account `{account}`, expected one of: {known}"
        raise RequestError(message, remedy="Name the account of a bucket or key.")
    return {f"account-{account}.json": _text(accounts[account])}


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


TEMPLATES = frozenset({"cloudformation", "cloudformation-yaml"})
FORMATS: dict[str, Callable[[Plan, Findings, bool], dict[str, str]]] = {
    "table": lambda plan, found, several: {},
    "json": _json,
    "cloudformation": _cloudformation,
    "cloudformation-yaml": _cloudformation_yaml,
    "terraform": _terraform,
}

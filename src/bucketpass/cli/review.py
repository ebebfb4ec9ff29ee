"""`bucketpass review`: all findings of a program, a template, a plan or an account at once."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bucketpass import __version__
from bucketpass.cli.declared import add_target, target_of
from bucketpass.cli.json_output import print_json
from bucketpass.cli.policy_files import catalogued
from bucketpass.cli.terminal import line, show_finding
from bucketpass.compile import Target
from bucketpass.errors import InvalidInput, RequestError, Severity
from bucketpass.findings import Finding, counts_line
from bucketpass.findings.formats import as_sarif, finding_object
from bucketpass.findings.text import counted
from bucketpass.review import Inventory, ReviewedResource, cloudformation_resources, inventory_of, pulumi_preview, review, terraform_plan
from bucketpass.review.inventory import with_managed
from bucketpass.review.resources import NO_DIGITS, compared
from bucketpass.review.review import PROOF_SECONDS

if TYPE_CHECKING:
    from bucketpass.provision.adoption import Account, AdoptionProposal

SOURCES = "a Pulumi program's folder, a CloudFormation template, a `terraform show -json` plan, or a `pulumi preview --json`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.add_argument(
        "source", nargs="?", metavar="SOURCE", help=f"{SOURCES}; or the name of a stack of this folder (default: this folder)"
    )
    parser.add_argument("--deployed", metavar="WHERE", help="review what is deployed: sandbox, aws, or the URL of an endpoint")
    parser.add_argument("--role", action="append", default=[], metavar="ROLE", help="with --deployed: only this role (repeat for more)")
    parser.add_argument("--bucket", action="append", default=[], metavar="NAME", help="with --deployed: only this bucket (repeat for more)")
    parser.add_argument("--stack", default="dev", metavar="NAME", help="whose configuration a program gets (default: dev)")
    add_target(parser)
    parser.add_argument(
        "--seconds", type=float, default=PROOF_SECONDS, metavar="N", help=f"time for proofs and examples (default: {PROOF_SECONDS:.0f})"
    )
    parser.add_argument("--format", choices=("terminal", "json", "sarif"), default="terminal", help="terminal (default), json or sarif")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument(
        "--fix", action="store_true", help="write an access.yaml of what can be declared, with imports that keep the resources"
    )
    parser.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where --fix writes (default: here)")
    parser.add_argument("--force", action="store_true", help="let --fix replace files")


def run(arguments: argparse.Namespace) -> int:
    """Review and print. The exit code is 1 if there is an error or a warning."""
    reviewed = _reviewed(arguments)
    inventory = reviewed.inventory
    limits = (role.boundary for role in inventory.roles if isinstance(role.boundary, str))
    managed = catalogued(chain(limits, *(role.unread for role in inventory.roles)))
    found = review(with_managed(inventory, managed), seconds=arguments.seconds)
    if arguments.format == "json":
        print_json("review", {"findings": [_as_object(finding) for finding in found]})
    elif arguments.format == "sarif":
        print(json.dumps(as_sarif(found, __version__, file=str(arguments.source or "account")), ensure_ascii=False))
    else:
        for finding in found:
            show_finding(finding)
        line(f"{counts_line(found)} in {counted(len(inventory.roles), 'role')} and {counted(len(inventory.buckets), 'bucket')}")
    if arguments.fix:
        from bucketpass.cli.import_ import write_proposal

        return write_proposal(_proposal(reviewed), arguments.directory, force=arguments.force)
    return 1 if any(finding.severity is not Severity.NOTE for finding in found) else 0


@dataclass(frozen=True, slots=True)
class _Reviewed:
    """What is reviewed. account: where one was read. planned: what a program would make; stack: what its stack has."""

    inventory: Inventory
    account: Account | None = None
    planned: Sequence[ReviewedResource] = ()
    stack: Sequence[ReviewedResource] = ()


def _proposal(reviewed: _Reviewed) -> AdoptionProposal:
    """What --fix writes."""
    from bucketpass.provision.adoption import propose
    from bucketpass.provision.adoption.reviewed import chosen, proposal_of

    inventory, target = reviewed.inventory, reviewed.inventory.target
    if reviewed.account is not None:
        return propose(chosen(reviewed.account, inventory), target.region)
    if reviewed.stack:
        # What is there keeps its names, whatever the program would make of it now.
        return proposal_of(inventory_of(reviewed.stack, target), exists=True)
    if reviewed.planned:
        bare = [replace(one, properties=_without_digits(one.properties)) for one in reviewed.planned]
        return proposal_of(inventory_of(bare, target), exists=False)
    return proposal_of(inventory, exists=True)


def _without_digits(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of what was never made: names without the random digits that they would get."""
    bare: dict[str, Any] = json.loads(json.dumps(dict(properties)).replace(f"-{NO_DIGITS}", ""))
    return bare


def _as_object(finding: Finding) -> dict[str, object]:
    return {**finding_object(finding), "details": list(finding.details)}


def _reviewed(arguments: argparse.Namespace) -> _Reviewed:
    """What is to be reviewed."""
    if arguments.deployed is not None:
        if arguments.source is not None:
            raise RequestError("got a SOURCE and --deployed", remedy="Review one of them at a time.")
        account, inventory = read_deployed(arguments.deployed, arguments.region, arguments.role, arguments.bucket)
        return _Reviewed(inventory, account)
    if arguments.role or arguments.bucket:
        raise RequestError("`--role` and `--bucket` go with --deployed", remedy="Add --deployed WHERE, or leave them out.")
    target, source = target_of(arguments), Path(arguments.source or ".")
    if source.is_file():
        return _Reviewed(inventory_of(resources_of_file(source, target), target))
    if source.is_dir():
        resources, stack = resources_of_program(source, arguments.stack, target)
        return _Reviewed(inventory_of(resources, target), planned=resources, stack=stack)
    return _Reviewed(inventory_of(_of_stack(arguments.source), target))


def resources_of_file(file: Path, target: Target) -> list[ReviewedResource]:
    """The resources of a template, a plan or a preview. Raises `InvalidInput` for a file that is none of these."""
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot read `{file}`: {error}", remedy=f"Name {SOURCES}.") from None
    if file.suffix == ".py":
        raise InvalidInput(f"`{file}` is a program's source, expected the program's folder", remedy=f"Name the folder, `{file.parent}`.")
    found: Any = None
    if file.suffix == ".json":
        try:
            found = json.loads(text)
        except ValueError as error:
            raise InvalidInput(f"`{file}` is not JSON: {error}", remedy=f"Name {SOURCES}.") from None
    if isinstance(found, Mapping) and (problem := _other_form(found)):
        raise InvalidInput(f"`{file}` is {problem[0]}", remedy=problem[1])
    if isinstance(found, Mapping) and "steps" in found:
        return list(pulumi_preview(found, str(file)))
    if isinstance(found, Mapping) and {"planned_values", "terraform_version"} & found.keys():
        return list(terraform_plan(found, str(file)))
    return list(cloudformation_resources(text, str(file), target))


def _other_form(found: Mapping[str, object]) -> tuple[str, str] | None:
    """What a file is that is easily taken for one of these, and what to name instead; None of others."""
    if str(found.get("schema", "")).startswith("bucketpass."):
        return "what bucketpass prints, expected Pulumi's own preview", "Name the program's folder, or the declaration."
    if "resource" in found and "planned_values" not in found:
        return "a Terraform configuration, expected a plan", "terraform plan -out=plan && terraform show -json plan > plan.json"
    return None


def resources_of_program(folder: Path, stack: str, target: Target) -> tuple[list[ReviewedResource], list[ReviewedResource]]:
    """The resources that the program or the declaration in a folder would make, compared with what its stack has; and the latter."""
    from bucketpass.provision.embedded import Program, find_passphrase
    from bucketpass.provision.embedded.engine import Stack, stack_resources
    from bucketpass.provision.embedded.planned import planned_resources

    passphrase = find_passphrase(os.environ)
    declared = not (folder / "Pulumi.yaml").is_file() and (folder / "access.yaml").is_file()
    program = Program.of_access(folder / "access.yaml") if declared else Program.load(folder, stack, passphrase)
    existing = stack_resources(Stack.of(program, stack, passphrase=passphrase), required=False)
    return list(compared(planned_resources(program, stack, target), existing)), existing


def _of_stack(name: str) -> list[ReviewedResource]:
    from bucketpass.provision.embedded import Program
    from bucketpass.provision.embedded.engine import Stack, stack_resources

    folder = Path()
    if "/" in name or name.startswith("."):
        raise InvalidInput(f"there is no file or folder `{name}`", remedy=f"Name {SOURCES}.")
    try:
        project = Program.project_of(folder)
    except InvalidInput:
        if not (folder / "access.yaml").is_file():
            raise InvalidInput(f"there is no `{name}`, neither a file nor a stack of this folder", remedy=f"Name {SOURCES}.") from None
        project = Program.of_access(folder / "access.yaml").project
    return stack_resources(Stack.named(project, name, folder))


def inventory_of_account(where: str, region: str | None) -> Inventory:
    """What is deployed there."""
    return read_deployed(where, region)[1]


def read_deployed(
    where: str, region: str | None, only_roles: Sequence[str] = (), only_buckets: Sequence[str] = ()
) -> tuple[Account, Inventory]:
    """The account there, and what is deployed; of the roles and buckets that are named, where any are."""
    from bucketpass.provision.adoption import read_account
    from bucketpass.provision.adoption.reviewed import resources_of
    from bucketpass.provision.clients import clients_of

    roles = [name.rpartition("/")[2] for name in only_roles]
    with clients_of(where, region, os.environ) as clients:
        account = read_account(clients.iam, clients.s3, clients.sts)
        target = Target(account.id, clients.region)
        for kind, names, known in (("role", roles, account.roles), ("bucket", only_buckets, account.buckets)):
            strange = sorted(set(names) - {one.name for one in known})
            if strange:
                raise InvalidInput(
                    f"there is no {kind} `{strange[0]}` there that could be reviewed", remedy=f"Name a {kind} of the account."
                )
        inventory = inventory_of(resources_of(account, clients.s3, roles=roles, buckets=only_buckets), target, whole=False)
        known_providers = {provider.arn for provider in account.providers}
        unread = tuple(Finding("not-reviewed", f"{place} could not be read: {why}") for place, why in account.unread)
        # All providers of the account were read, whatever roles and buckets were chosen.
        return account, replace(inventory, findings=(*inventory.findings, *unread), whole=bool(known_providers) or not roles)

"""`bucketpass down --statements BUCKET`: the stack's statements, rules and tags leave an adopted bucket or key, at AWS or any endpoint."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bucketpass.cli import provisioning
from bucketpass.cli.json_output import print_json
from bucketpass.cli.terminal import bold, line
from bucketpass.errors import RequestError
from bucketpass.policy.shared import mark_of
from bucketpass.provision.clients import clients_of
from bucketpass.provision.embedded import Program
from bucketpass.provision.statements import PartsOf, read_parts, remove_parts

__all__ = ["project", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Show which statements, rules and tags go and which stay, ask, and remove the stack's own."""
    owner: str = arguments.statements
    if not arguments.yes and (arguments.json or not sys.stdin.isatty()):
        raise RequestError("`down --statements` changes a policy, and there is nobody to ask", remedy="Say --yes.")
    stack = provisioning.stack_name(arguments)
    mark = mark_of(project(arguments), stack)
    kind = "key" if owner.startswith("arn:") else "bucket"
    with clients_of(arguments.to, None, os.environ) as clients:
        found = read_parts(clients, owner, mark)
        identity = clients.sts.get_caller_identity()
        target = provisioning.target_line(
            clients.s3.meta.endpoint_url, clients.region, {"Account": identity["Account"], "Arn": identity["Arn"]}
        )
        if not arguments.json:
            line("What stack ", bold(stack), f" has in {kind} {owner} at {target}")
            _show(found)
        own = [parts for parts in found if parts.own]
        if own and (arguments.yes or provisioning.agreed(f"Type the {kind}'s name, {owner}, to remove them: ", owner)):
            for parts in own:
                remove_parts(clients, owner, mark, parts)
        elif own:
            return 1
    if arguments.json:
        print_json(
            "remove-statements",
            {
                "bucket": owner,
                "removed": [name for parts in found for name in parts.own],
                "kept": [name for parts in found for name in parts.foreign],
            },
        )
    elif not own:
        line(f"none has a name that begins with `{mark}`: nothing was changed")
    return 0


def _show(found: Sequence[PartsOf]) -> None:
    for parts in found:
        for name in parts.own:
            line(f" -  {parts.setting.parts} {name} delete")
        for name in parts.foreign:
            line(f"    {parts.setting.parts} {name or '(no Sid)'} stays as it is")


def project(arguments: argparse.Namespace) -> str:
    """Return the name of the project whose stack the arguments name."""
    folder: Path = arguments.program
    if arguments.access is None and (folder / "Pulumi.yaml").is_file():
        return Program.project_of(folder)
    return Program.of_access(arguments.access or folder / "access.yaml").project

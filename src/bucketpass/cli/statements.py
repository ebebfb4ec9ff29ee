"""`bucketpass down --statements BUCKET`: the stack's statements leave the policy of an adopted bucket, at AWS or at any endpoint."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bucketpass.cli import provisioning
from bucketpass.cli.json_output import print_json
from bucketpass.cli.terminal import bold, line
from bucketpass.errors import RequestError
from bucketpass.policy.shared import mark_of
from bucketpass.provision.clients import clients_of
from bucketpass.provision.embedded import Program
from bucketpass.provision.statements import read_statements, remove_statements

__all__ = ["project", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Show which statements go and which stay, ask, and remove the stack's own."""
    bucket: str = arguments.statements
    if not arguments.yes and (arguments.json or not sys.stdin.isatty()):
        raise RequestError("`down --statements` changes a policy, and there is nobody to ask", remedy="Say --yes.")
    mark = mark_of(project(arguments), arguments.stack)
    with clients_of(arguments.to, None, os.environ) as clients:
        found = read_statements(clients.s3, bucket, mark)
        identity = clients.sts.get_caller_identity()
        target = provisioning.target_line(
            clients.s3.meta.endpoint_url, clients.region, {"Account": identity["Account"], "Arn": identity["Arn"]}
        )
        if not arguments.json:
            line("Statements of stack ", bold(arguments.stack), f" in the policy of bucket {bucket} at {target}")
            for sid in found.own:
                line(f" -  {sid} delete")
            for sid in found.foreign:
                line(f"    {sid or '(no Sid)'} stays as it is")
        if found.own and (arguments.yes or provisioning.agreed(f"Type the bucket's name, {bucket}, to remove them: ", bucket)):
            remove_statements(clients.s3, bucket, mark, found)
        elif found.own:
            return 1
    if arguments.json:
        print_json("remove-statements", {"bucket": bucket, "removed": list(found.own), "kept": list(found.foreign)})
    elif not found.own:
        line(f"none has a Sid that begins with `{mark}`: nothing was changed")
    return 0


def project(arguments: argparse.Namespace) -> str:
    """Return the name of the project whose stack the arguments name."""
    folder: Path = arguments.program
    if arguments.access is None and (folder / "Pulumi.yaml").is_file():
        return Program.project_of(folder)
    return Program.of_access(arguments.access or folder / "access.yaml").project

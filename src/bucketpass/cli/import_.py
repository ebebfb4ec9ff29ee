"""`bucketpass import`: a declaration of what an account has already, Pulumi's import IDs, and what cannot be declared."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.json_output import print_json
from bucketpass.cli.region import region_named
from bucketpass.errors import InvalidInput, MissingExtra
from bucketpass.findings.text import counted
from bucketpass.model.scaffold import project_files

if TYPE_CHECKING:
    from bucketpass.provision.adoption import AdoptionProposal

DECLARATION, IMPORTS = "access.yaml", "import.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.add_argument(
        "--from",
        dest="source",
        default="aws",
        metavar="SOURCE",
        help="aws (default), sandbox, or the URL of an endpoint that speaks the AWS API",
    )
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help=f"write {IMPORTS} alone: a stack of this folder that `up` made, for Pulumi's own engine to go on with",
    )
    parser.add_argument("--region", help="the Region of the buckets (default: as AWS's own tools find it)")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(),
        metavar="DIR",
        help=f"where {DECLARATION}, {IMPORTS} and the Pulumi project go (default: here)",
    )
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and write no files")


def run(arguments: argparse.Namespace) -> int:
    """Read, propose, write, and list what is not in the declaration."""
    folder: Path = arguments.directory
    if arguments.stack is not None:
        return _of_stack(arguments.stack, folder, force=arguments.force, as_json=arguments.json)
    there = [name for name in (DECLARATION, IMPORTS, *project_files("")) if (folder / name).exists()]
    if there and not arguments.force and not arguments.json:
        raise _exists(folder / there[0])
    proposal = _proposal(arguments.source, arguments.region)
    if arguments.json:
        remarks = [{"place": remark.place, "message": remark.words} for remark in proposal.remarks]
        print_json("import", {"access": proposal.text, "imports": proposal.imports, "remarks": remarks})
        return 0
    return write_proposal(proposal, folder, force=arguments.force)


def _of_stack(name: str, folder: Path, *, force: bool, as_json: bool) -> int:
    """Write the imports of a stack. Its program makes the same resources under the same names, whichever engine runs it."""
    from bucketpass.provision.embedded import Program, find_passphrase
    from bucketpass.provision.embedded.engine import Stack, stack_states
    from bucketpass.provision.embedded.imports import import_values

    here = Path()
    project = Program.project_of(here) if (here / "Pulumi.yaml").is_file() else Program.of_access(here / DECLARATION).project
    found = import_values(stack_states(replace(Stack.named(project, name, here), passphrase=find_passphrase(os.environ))))
    if as_json:
        print_json("import", {"access": "", "imports": found, "remarks": []})
        return 0
    if (folder / IMPORTS).exists() and not force:
        raise _exists(folder / IMPORTS)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / IMPORTS).write_text(json.dumps(found, indent=2) + "\n")
    print(f"wrote {folder / IMPORTS} ({counted(len(found['resources']), 'resource')})")
    print(f"next: pulumi stack init {name}, pulumi import --file {IMPORTS} --generate-code=false, and preview until nothing differs")
    return 0


def _exists(file: Path) -> InvalidInput:
    return InvalidInput(f"`{file}` already exists", remedy="Say --force to replace it, or --directory to write elsewhere.")


def write_proposal(proposal: AdoptionProposal, folder: Path, *, force: bool) -> int:
    """Write a project that runs, and list what is not in the declaration. Raises `InvalidInput` if a file of it exists."""
    files = proposal_files(proposal)
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        raise _exists(folder / there[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    for remark in proposal.remarks:
        print(remark)
    services = len(proposal.access.services)
    print(f"wrote {', '.join(str(folder / name) for name in files)} ({counted(services, 'service')})")
    print(f"{len(proposal.remarks)} remarks above: what is not in the declaration, or not as it was")
    imports = f"up --imports {IMPORTS} (at AWS: pulumi import --file {IMPORTS})" if IMPORTS in files else "up"
    print(f"next: bucketpass check, bucketpass prove, then {imports}, and preview until nothing differs")
    return 0


def proposal_files(proposal: AdoptionProposal) -> dict[str, str]:
    """Return the project's files by name: the declaration, Pulumi's import file if anything exists, and a program that makes it."""
    imports = {} if proposal.imports is None else {IMPORTS: json.dumps(proposal.imports, indent=2) + "\n"}
    return {DECLARATION: proposal.text, **imports, **project_files(proposal.access.name, proposal.component)}


def _proposal(source: str, region: str | None) -> AdoptionProposal:
    try:
        from bucketpass.provision.adoption import propose, read_account
        from bucketpass.provision.clients import clients_of
    except ModuleNotFoundError as missing:
        raise MissingExtra("pulumi", missing.name or "boto3") from None
    with clients_of(source, region_named(region) if source == "aws" else region, os.environ) as clients:
        return propose(read_account(clients.iam, clients.s3, clients.sts), clients.region)

"""A first access.yaml, Pulumi program and Pulumi.yaml, from a few answers. They run at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bucketpass.issuers import PRESETS
from bucketpass.model.access import AccessLevel
from bucketpass.model.reader import parse_access
from bucketpass.model.render import scalar_text

__all__ = ["Answers", "project_files", "scaffold"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody wants: one service of one issuer, with one grant on one bucket."""

    preset: str
    claims: Mapping[str, str]
    bucket: str
    service: str = "service"
    name: str = "bucketpass"
    url: str | None = None
    audience: tuple[str, ...] = ()
    prefix: str = ""
    access: tuple[AccessLevel, ...] = (AccessLevel.READ,)
    encryption: str = "s3"
    administrators: tuple[str, ...] = field(default=())


def scaffold(answers: Answers) -> dict[str, str]:
    """The files' texts by name. Raises `DeclarationError` where the answers make no declaration."""
    declaration = _declaration(answers)
    parse_access(declaration, "access.yaml")
    return {"access.yaml": declaration, **project_files(answers.name)}


def project_files(name: str, component: str = "ai") -> dict[str, str]:
    """Return the files of a Pulumi project beside an access.yaml, by name. component: what its component is called."""
    about = "description: Everything that access.yaml declares, and nothing more"
    return {
        "__main__.py": PROGRAM.replace("COMPONENT", component),
        "Pulumi.yaml": f"name: {scalar_text(name)}\nruntime: python\n{about}\n",
    }


def _declaration(answers: Answers) -> str:
    # The issuer's name in the declaration: nobody has to think of one.
    issuer = answers.preset
    known = PRESETS.get(answers.preset)
    about = f"  # {known.title}" if known else ""
    lines = [
        "# Who may touch what. `bucketpass check` explains it, `bucketpass plan` shows what it becomes, `bucketpass up` makes it.",
        *([f"name: {scalar_text(answers.name)}"] if answers.name != "bucketpass" else []),
        "issuers:",
        f"  {issuer}:{about}",
        f"    preset: {answers.preset}",
        *([f"    url: {scalar_text(answers.url)}"] if answers.url else []),
        *([f"    audience: {_scalars(answers.audience)}"] if answers.audience else []),
        "buckets:",
        f"  {scalar_text(answers.bucket)}:",
        f"    encryption: {answers.encryption}",
        *(
            ["    exclusive: true  # nobody else", f"    administrators: {_scalars(answers.administrators)}"]
            if answers.administrators
            else []
        ),
        "services:",
        f"  {scalar_text(answers.service)}:",
        "    identity:",
        f"      issuer: {issuer}",
        *(f"      {name}: {scalar_text(value)}" for name, value in answers.claims.items()),
        "    grants:",
        f"      - bucket: {scalar_text(answers.bucket)}",
        *([f"        prefix: {scalar_text(answers.prefix)}"] if answers.prefix else []),
        f"        access: {_scalars(tuple(level.value for level in answers.access))}",
    ]
    return "\n".join(lines) + "\n"


def _scalars(values: tuple[str, ...]) -> str:
    return scalar_text(values[0]) if len(values) == 1 else f"[{', '.join(map(scalar_text, values))}]"


PROGRAM = '''\
"""Makes everything that access.yaml declares: with the embedded engine (`bucketpass up`) or with Pulumi's own (`pulumi up`)."""

from pathlib import Path

import pulumi

import bucketpass
from bucketpass.provision import FederatedAccess

federated = FederatedAccess("COMPONENT", access=bucketpass.load(Path(__file__).with_name("access.yaml")))

pulumi.export("role_arns", federated.role_arns)
pulumi.export("bucket_names", federated.bucket_names)
'''

"""The peer: npm's `@cloud-copilot/iam-simulate`, asked in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.agreement.rows import Row, principal_text

from bucketpass.decide import NamedPolicy
from bucketpass.policy import render_policy

SCRIPT = Path(__file__).with_name("peer.mjs")


class Answers(NamedTuple):
    """`Allowed`, `ExplicitlyDenied`, `ImplicitlyDenied` or an error for each row, and the seconds of processor time spent deciding."""

    results: tuple[str, ...]
    seconds: float


def is_there(folder: Path) -> bool:
    """Whether node and the package can be used."""
    return shutil.which("node") is not None and (folder / "node_modules" / "@cloud-copilot" / "iam-simulate").is_dir()


def ask(rows: Sequence[Row], folder: Path) -> Answers:
    """What the peer, installed under `folder`, answers to each row."""
    lines = "\n".join(json.dumps(_simulation(row)) for row in rows) + "\n"
    command = [shutil.which("node") or "node", str(SCRIPT), str(folder.resolve())]
    run = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, encoding="utf-8")
    return Answers(tuple(json.loads(line) for line in run.stdout.splitlines()), json.loads(run.stderr)["seconds"])


def _simulation(row: Row) -> dict[str, object]:
    request, layers = row
    return {
        "request": {
            "principal": principal_text(request.principal),
            "action": request.action,
            "resource": {"resource": request.resource, "accountId": request.resource_account or request.principal.account},
            "contextVariables": {name: list(value) if isinstance(value, tuple) else value for name, value in request.context.items()},
        },
        "identityPolicies": _named(layers.identity),
        "serviceControlPolicies": [{"orgIdentifier": "o", "policies": _named(level)} for level in layers.scps],
        "resourceControlPolicies": [],
        **({"resourcePolicy": render_policy(layers.resource[0].document)} if layers.resource else {}),
        **({"permissionBoundaryPolicies": _named(layers.boundary)} if layers.boundary is not None else {}),
        **({"sessionPolicy": render_policy(layers.session[0].document)} if layers.session else {}),
    }


def _named(policies: tuple[NamedPolicy, ...]) -> list[dict[str, object]]:
    return [{"name": policy.name, "policy": render_policy(policy.document)} for policy in policies]

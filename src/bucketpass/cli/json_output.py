"""What `--json` prints: one object, which names its schema and version. The schemas are in docs/reference/json/.

A version counts up where a field goes or changes its meaning; a new field keeps the version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

__all__ = ["VERSIONS", "print_json", "with_schema"]

VERSIONS: dict[str, int] = {
    "error": 1,
    "init": 1,
    "check": 1,
    "plan": 2,
    "diff": 1,
    "report": 1,
    "import": 1,
    "decide": 1,
    "explain": 1,
    "code": 1,
    "prove": 1,
    "prove-differences": 1,
    "prove-findings": 1,
    "review": 1,
    "usage": 2,
    "replay": 2,
    "learn": 2,
    "usage-setup": 2,
    "run": 1,
    "remove-statements": 1,
    "demo": 1,
    "sandbox": 1,
    "sandbox-tail": 1,
    "configure": 1,
    "token": 1,
    "doctor": 1,
}


def with_schema(kind: str, value: Mapping[str, object]) -> dict[str, object]:
    """`value` as an object of the schema `bucketpass.KIND/VERSION`, which it names."""
    return {"schema": f"bucketpass.{kind}/{VERSIONS[kind]}", **value}


def print_json(kind: str, value: Mapping[str, object], *, indent: int | None = None) -> None:
    """Print `value` as an object of the schema `bucketpass.KIND/VERSION`."""
    print(json.dumps(with_schema(kind, value), indent=indent, ensure_ascii=False), flush=True)

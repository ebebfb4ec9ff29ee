"""AWS's own managed policies, as moto's catalogue has them: 1,582 in moto 5. AWS changes them at times, so that each has its version."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from bucketpass.decide import NamedPolicy
from bucketpass.policy import parse_policy

__all__ = ["aws_managed_policies", "catalogue"]

_ARN = "arn:aws:iam::aws:policy"


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Return the catalogue by the policies' names, each as moto has it."""
    found: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return found


def aws_managed_policies(arns: Iterable[str]) -> dict[str, NamedPolicy]:
    """Return those of `arns` that the catalogue has, by ARN. Other partitions have policies of their own, which it does not have."""
    found = {}
    for arn in arns:
        name = arn.rpartition("/")[2]
        entry = catalogue().get(name)
        if entry is not None and arn == f"{_ARN}{entry['Path']}{name}":
            version = f"{entry['DefaultVersionId']} of {entry['UpdateDate'][:10]}"
            found[arn] = NamedPolicy(f"managed policy {name} ({version})", parse_policy(json.dumps(entry["Document"])))
    return found

"""Administrators that a bucket's policy lets in, and that have to exist at the target: a role that does not exist lets nobody in."""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.aws.arn import Arn, split_arn
from bucketpass.compile.plan import Plan
from bucketpass.errors import DeclarationError, Place
from bucketpass.policy import Effect

__all__ = ["missing_administrator", "named_administrators"]


def named_administrators(plan: Plan, caller: str) -> Iterator[tuple[str, str]]:
    """Yield bucket and role name of each administrator that is one role of the target's account, and not the caller's own.

    Patterns, other accounts' roles and the account's root are left out: whether they match is not for this account to say.
    """
    made = {role.arn for role in plan.roles}
    own = caller.partition(":assumed-role/")[2].partition("/")[0]
    for bucket in plan.buckets:
        for statement in bucket.policy.document.statements:
            keys = (line for line in statement.conditions if line.key.lower() == "aws:principalarn" and "not" in line.operator.lower())
            for arn in (value for line in keys for value in line.values) if statement.effect is Effect.DENY else ():
                parts, parsed = split_arn(arn), Arn.parse(arn)
                if arn in made or set("*?$") & set(arn) or parts is None or parsed is None or parsed.account != plan.target.account:
                    continue
                kind, _, path = parsed.resource.partition("/")
                name = path.rpartition("/")[2]
                if kind == "role" and name != own:
                    yield bucket.name, name


def missing_administrator(plan: Plan, bucket: str, role: str) -> DeclarationError:
    """Return the error that an administrator of a bucket is a role that the account does not have."""
    return DeclarationError(
        f"the administrator `{role}` of bucket `{bucket}` is a role that account {plan.target.account} does not have",
        remedy="Correct the ARN, or create the role first.",
        place=Place(path=f"buckets.{bucket}.administrators"),
    )

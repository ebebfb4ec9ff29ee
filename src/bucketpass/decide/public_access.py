"""Whether a bucket policy is public, as S3 Block Public Access reads it.

A policy is public where an Allow statement means everyone and no condition fences it to fixed values of one of the keys
that S3 counts [D]: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of public".
A fixed value has no wildcard and no variable, a network is not wider than /8 (IPv4) or /32 (IPv6), and only operators that
need the key to be there count: a negated, IfExists or ForAllValues line does not count.
"""

from __future__ import annotations

from bucketpass.aws.arn import Arn
from bucketpass.policy.document import Condition, Effect, PolicyDocument, Statement
from bucketpass.policy.operators import Family, SetOperator, parse_operator
from bucketpass.policy.values import read_network

__all__ = ["is_public"]

_FENCES = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
_WIDEST_PREFIX = {4: 8, 6: 32}
# These may hold wildcards where the part that says whose they are is fixed [D].
_ARN_FENCES = frozenset({"aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn"})


def is_public(document: PolicyDocument) -> bool:
    """Whether S3 calls a bucket policy public."""
    return any(_means_everyone(statement) and not any(map(_is_fence, statement.conditions)) for statement in document.statements)


def _means_everyone(statement: Statement) -> bool:
    if statement.effect is not Effect.ALLOW:
        return False
    principal = statement.principal
    return statement.not_principal is not None or (principal is not None and (principal.everyone or "*" in principal.aws))


def _is_fence(condition: Condition) -> bool:
    operator = parse_operator(condition.operator)
    key = condition.key.lower()
    if operator is None or key not in _FENCES or operator.base.negated or operator.if_exists:
        return False
    if operator.set_operator is SetOperator.FOR_ALL_VALUES or operator.base.family is Family.NULL:
        return False
    return bool(condition.values) and all(_is_fixed(key, value) for value in condition.values)


def _is_fixed(key: str, value: str) -> bool:
    if key == "aws:sourceip":
        network = read_network(value)
        return network is not None and network.prefixlen >= _WIDEST_PREFIX[network.version]
    if key == "aws:userid":
        # A role's ID with any session name is as fixed as the role [D].
        return not _is_open(value.removesuffix(":*"))
    if key in _ARN_FENCES:
        arn = Arn.parse(value)
        return arn is not None and not _is_open(arn.account)
    return not _is_open(value)


def _is_open(text: str) -> bool:
    return not text or any(mark in text for mark in ("*", "?", "${"))

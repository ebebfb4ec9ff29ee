"""What can be seen of a policy without a proof: the usual faults by their signs, and what is beyond doubt.

A role or bucket that is beyond doubt is not put to the prover, which is what makes a review of many resources quick. The tests here
only ever answer "beyond doubt" where the prover would find nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bucketpass.aws.actions import ACTIONS, AccessKind, ResourceKind
from bucketpass.aws.arn import Arn, split_arn
from bucketpass.decide import NamedPolicy
from bucketpass.policy import Effect, Statement, parse_pattern
from bucketpass.policy.operators import parse_operator
from bucketpass.policy.pattern import compile_parts
from bucketpass.review.inventory import Inventory, ReviewedBucket, ReviewedRole

__all__ = [
    "bucket_is_beyond_doubt",
    "buckets_named",
    "demands_tls",
    "is_placeholder",
    "keys_with_scheme",
    "lists",
    "object_buckets",
    "role_is_beyond_doubt",
    "subject_is_demanded",
    "trusted_providers",
    "web_identity_statements",
]

WEB_IDENTITY = "sts:assumerolewithwebidentity"
EXACT = frozenset({"stringequals", "stringlike"})
PERMISSIONS = tuple(name for name, action in ACTIONS.items() if action.access is AccessKind.PERMISSIONS)
# What people and examples write where a value of their own belongs. 123456789012 is the account of AWS's documentation.
PLACEHOLDER = re.compile(
    r"(?i)(?:^|[^a-z0-9])(?:your|my|some)[-_ ]?(?:account|domain|issuer|oidc|provider|org|idp|bucket|company|tenant)|"
    r"example|placeholder|change[-_ ]?me|replace[-_ ]?(?:me|this|with)|todo|xxx+|[<>{}]|account[-_ ]?id|::(?:123456789012|0{12}|1{12}):"
)


def is_placeholder(arn: str, account: str) -> bool:
    """Return whether an ARN looks like one that was to be replaced. The account itself is not one, whatever its number."""
    return bool(PLACEHOLDER.search(arn.replace(f"::{account}:", "::")))


def web_identity_statements(trust: NamedPolicy) -> Iterator[Statement]:
    """Yield the statements that allow AssumeRoleWithWebIdentity."""
    for statement in trust.document.statements:
        matches = statement.actions is None or any(
            compile_parts(parse_pattern(action.lower()))(WEB_IDENTITY) for action in statement.actions
        )
        if statement.effect is Effect.ALLOW and matches:
            yield statement


def trusted_providers(trust: NamedPolicy) -> tuple[str, ...]:
    """Return the Federated principals of the trust policy."""
    found = [arn for one in web_identity_statements(trust) if one.principal is not None for arn in one.principal.federated]
    return tuple(dict.fromkeys(found))


def keys_with_scheme(trust: NamedPolicy) -> tuple[str, ...]:
    """Return the condition keys that contain a scheme."""
    found = [line.key for one in web_identity_statements(trust) for line in one.conditions if "://" in line.key]
    return tuple(dict.fromkeys(found))


def subject_is_demanded(statement: Statement) -> bool:
    """Return whether the statement names subjects, if only by a pattern with something literal in it."""
    return any(
        line.key.lower().endswith(":sub") and line.operator.lower() in EXACT and line.values and all(map(_has_literal, line.values))
        for line in statement.conditions
    )


def _has_literal(value: str) -> bool:
    return any(isinstance(part, str) and part.strip(":/") for part in parse_pattern(value))


def _is_exact(statement: Statement, claim: str) -> bool:
    """A claim is pinned to values without wildcards."""
    return any(
        line.key.lower().endswith(f":{claim}")
        and "://" not in line.key
        and line.values
        and (operator := parse_operator(line.operator)) is not None
        and operator.set_operator is None
        and not operator.if_exists
        and (
            line.operator.lower() == "stringequals"
            or (line.operator.lower() == "stringlike" and not any("*" in v or "?" in v for v in line.values))
        )
        for line in statement.conditions
    )


def role_is_beyond_doubt(role: ReviewedRole, inventory: Inventory) -> bool:
    """Return whether the trust policy pins issuer, audience and subject, and the policies name their buckets and change no permissions."""
    if role.trust is None:
        return False
    known = {provider.arn for provider in inventory.providers}
    for statement in role.trust.document.statements:
        if statement.effect is not Effect.ALLOW:
            continue
        principal = statement.principal
        only_federated = principal is not None and principal.federated and not (principal.aws or principal.service or principal.everyone)
        if not only_federated or statement.not_principal is not None or principal is None or not set(principal.federated) <= known:
            return False
        if not (_is_exact(statement, "sub") and _is_exact(statement, "aud")):
            return False
    return all(_names_its_buckets(statement) for policy in role.policies for statement in policy.named.document.statements)


def _names_its_buckets(statement: Statement) -> bool:
    if statement.effect is not Effect.ALLOW:
        return True
    if statement.actions is None or statement.resources is None:
        return False
    matchers = [compile_parts(parse_pattern(action.lower())) for action in statement.actions]
    if any(matches(name.lower()) for matches in matchers for name in PERMISSIONS):
        return False
    about_s3 = any(action.lower().startswith("s3:") or action == "*" for action in statement.actions)
    return not about_s3 or all(_bucket_of(resource) is not None for resource in statement.resources)


def _bucket_of(resource: str) -> str | None:
    """The bucket that an ARN names; None if it is a pattern, or of no bucket."""
    arn = Arn.parse(resource)
    name = arn.bucket if arn is not None and arn.service == "s3" else ""
    return name if name and not set("*?$") & set(name) else None


def _allowed(role: ReviewedRole) -> Iterator[tuple[Statement, str, str]]:
    """Statement, action and bucket of all that the role's policies allow on buckets that they name."""
    for policy in role.policies:
        for statement in policy.named.document.statements:
            if statement.effect is Effect.ALLOW:
                for action in statement.actions or ():
                    for resource in statement.resources or ():
                        bucket = _bucket_of(resource)
                        if bucket is not None:
                            yield statement, action.lower(), bucket


def buckets_named(role: ReviewedRole) -> tuple[str, ...]:
    """Return the buckets that the role's policies name."""
    return tuple(dict.fromkeys(bucket for _, action, bucket in _allowed(role) if action.startswith("s3:") or action == "*"))


def object_buckets(role: ReviewedRole) -> tuple[str, ...]:
    """Return the buckets whose objects the role may read."""
    objects = {name.lower() for name, action in ACTIONS.items() if action.resource is ResourceKind.OBJECT and name.endswith(":GetObject")}
    return tuple(
        dict.fromkeys(bucket for _, action, bucket in _allowed(role) if any(compile_parts(parse_pattern(action))(name) for name in objects))
    )


def lists(role: ReviewedRole, bucket: str) -> bool:
    """Return whether a policy of the role allows to list the bucket, under whatever conditions."""
    return any(named == bucket and compile_parts(parse_pattern(action))("s3:listbucket") for _, action, named in _allowed(role))


def demands_tls(policy: NamedPolicy | None, bucket: str) -> bool:
    """Return whether a statement denies everybody everything on the bucket that does not come over TLS."""
    return policy is not None and any(_denies_plain_http(statement, bucket) for statement in policy.document.statements)


def _denies_plain_http(statement: Statement, bucket: str) -> bool:
    principal = statement.principal
    if statement.effect is not Effect.DENY or principal is None or not (principal.everyone or "*" in principal.aws):
        return False
    everything = statement.actions is not None and bool({"s3:*", "*"} & set(statement.actions))
    resources = statement.resources or ()
    names = {arn.resource if (arn := Arn.parse(resource)) is not None else resource for resource in resources}
    whole = "*" in names or {bucket, f"{bucket}/*"} <= names or f"{bucket}*" in names
    lines = statement.conditions
    return everything and whole and len(lines) == 1 and _is_plain_http(lines[0].operator, lines[0].key, lines[0].values)


def _is_plain_http(operator: str, key: str, values: Sequence[str]) -> bool:
    return (
        operator.lower() in {"bool", "boolifexists"} and key.lower() == "aws:securetransport" and [v.lower() for v in values] == ["false"]
    )


def bucket_is_beyond_doubt(bucket: ReviewedBucket, account: str) -> bool:
    """Return whether the policy demands TLS and allows nothing but to principals of the account that it names."""
    if not demands_tls(bucket.policy, bucket.name) or bucket.policy is None:
        return False
    return all(_is_for_account(statement, account) for statement in bucket.policy.document.statements if statement.effect is Effect.ALLOW)


def _is_for_account(statement: Statement, account: str) -> bool:
    principal = statement.principal
    if principal is None or principal.everyone or principal.service or principal.federated or principal.canonical_user:
        return False
    return all(arn == account or _account_of(arn) == account for arn in principal.aws)


def _account_of(arn: str) -> str | None:
    parts = split_arn(arn)
    return None if parts is None else parts[4]

"""One statement in the words of Ceph's RADOS Gateway.

The gateway reads the same JSON, but some of it otherwise: each rule below says the same as on AWS, or notes what cannot be said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from bucketpass.compile.dialect import Findings
from bucketpass.compile.plan import TracedDocument, TracedStatement
from bucketpass.policy import Condition, Effect, Operator, PrincipalElement, Statement, parse_operator
from bucketpass.policy.operators import Family

__all__ = ["in_order", "translated_document"]

# A policy that names one of these is refused whole: those of the actions that we know which the gateway does not. [L]
UNKNOWN_ACTIONS = frozenset(
    [
        "s3:CreateBucketMetadataTableConfiguration",
        "s3:DeleteBucketMetadataTableConfiguration",
        "s3:DeleteObjectAnnotation",
        "s3:GetAnalyticsConfiguration",
        "s3:GetBucketAbac",
        "s3:GetBucketMetadataTableConfiguration",
        "s3:GetBucketOwnershipControls",
        "s3:GetEncryptionConfiguration",
        "s3:GetIntelligentTieringConfiguration",
        "s3:GetInventoryConfiguration",
        "s3:GetMetricsConfiguration",
        "s3:GetObjectAnnotation",
        "s3:GetObjectAttributes",
        "s3:GetObjectVersionAttributes",
        "s3:GetObjectVersionForReplication",
        "s3:ListObjectAnnotations",
        "s3:ObjectOwnerOverrideToBucketOwner",
        "s3:PutAnalyticsConfiguration",
        "s3:PutBucketAbac",
        "s3:PutBucketOwnershipControls",
        "s3:PutEncryptionConfiguration",
        "s3:PutIntelligentTieringConfiguration",
        "s3:PutInventoryConfiguration",
        "s3:PutMetricsConfiguration",
        "s3:PutObjectAnnotation",
        "s3:ReplicateDelete",
        "s3:ReplicateObject",
        "s3:ReplicateTags",
        "s3:UpdateBucketMetadataAnnotationTableConfiguration",
        "s3:UpdateBucketMetadataInventoryTableConfiguration",
        "s3:UpdateBucketMetadataJournalTableConfiguration",
        "s3:UpdateObjectEncryption",
        "sts:GetCallerIdentity",
        "sts:SetSourceIdentity",
    ]
)
# The condition keys that it sets for S3, lower case; one that ends with a slash stands for all that start with it. [L]
KNOWN_KEYS = (
    "aws:currenttime",
    "aws:principaltag/",
    "aws:requesttag/",
    "aws:securetransport",
    "aws:sourceip",
    "aws:tagkeys",
    "s3:delimiter",
    "s3:existingobjecttag/",
    "s3:max-keys",
    "s3:prefix",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
)
# Those that it never sets, with the difference that a statement meets which needs one. [L]
ABSENT_KEYS: Mapping[str, str] = {
    "aws:principalorgid": "organizations",
    "aws:sourcevpc": "networks-of-aws",
    "aws:sourcevpce": "networks-of-aws",
    "s3:dataaccesspointarn": "access-points",
    "s3:tlsversion": "tls-version",
    "s3:x-amz-server-side-encryption-customer-algorithm": "customer-keys",
}
# Those that it never sets, but whose value there is known: no caller is an AWS service.
CONSTANTS = {"aws:principalisawsservice": "false"}
WHOLE_VARIABLE = re.compile(r"\$\{[^${}*?]+\}")
TAKES_SET_OPERATORS = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike"})


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A condition in the gateway's words, None where it always holds there. `never`: it never holds. `codes`: differences met."""

    condition: Condition | None
    codes: tuple[str, ...] = ()
    never: bool = False


def translated_document(document: TracedDocument, findings: Findings) -> TracedDocument:
    """The document in the gateway's words, without statements that never apply there; `findings` gets what was met."""
    return TracedDocument(tuple(translated for traced in document.statements for translated in _statements(traced, findings)))


def in_order(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The conditions as compiled statements have them: by operator and key."""
    return tuple(sorted(conditions, key=lambda condition: (condition.operator, condition.key)))


def _statements(traced: TracedStatement, findings: Findings) -> Iterator[TracedStatement]:
    statement, codes = _principals(traced.statement)
    translated = [_condition(condition) for condition in statement.conditions]
    actions, more = _actions(statement)
    for code in dict.fromkeys((*codes, *more, *(code for each in translated for code in each.codes))):
        findings.note(code, (origin.path for origin in traced.origins))
    if actions == () or any(each.never for each in translated):
        return
    conditions = in_order(each.condition for each in translated if each.condition is not None)
    yield replace(traced, statement=replace(statement, actions=actions, conditions=conditions))
    if "batch-delete" in more:
        buckets = tuple(sorted({resource.split("/", 1)[0] for resource in statement.resources or ()}))
        yield replace(traced, statement=replace(statement, actions=("s3:DeleteObject",), resources=buckets, conditions=conditions))


def _principals(statement: Statement) -> tuple[Statement, tuple[str, ...]]:
    """A Deny that spares callers by aws:PrincipalArn spares them as NotPrincipal instead."""
    spared = [condition for condition in statement.conditions if condition.key.lower() == "aws:principalarn"]
    if not spared:
        return statement, ()
    negated = all(condition.operator.removesuffix("IfExists") in {"ArnNotLike", "ArnNotEquals"} for condition in spared)
    # SECURITY: NotPrincipal takes no wildcards, so that a pattern would spare nobody, and lock its administrators out.
    exact = not any(set("*?$") & set(value) for condition in spared for value in condition.values)
    everyone = statement.principal is not None and statement.principal.everyone
    if statement.effect is not Effect.DENY or len(spared) > 1 or not (negated and exact and everyone):
        return statement, ("condition-keys",)
    named = tuple(_without_path(arn) for arn in spared[0].values)
    rest = tuple(condition for condition in statement.conditions if condition not in spared)
    codes = ("not-principal", *(() if named == spared[0].values else ("role-paths",)))
    return replace(statement, principal=None, not_principal=PrincipalElement(aws=named), conditions=rest), codes


def _without_path(arn: str) -> str:
    """A principal as the gateway knows it: a role's name is unique, and its path no part of it."""
    kind, slash, path = arn.partition("/")
    return f"{kind}/{path.rpartition('/')[2]}" if slash and kind.endswith(":role") else arn


def _actions(statement: Statement) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The actions that are known there, and the differences met in what the statement is about."""
    codes = [] if statement.not_actions is None else ["not-action"]
    if any("${" in resource for resource in (*(statement.resources or ()), *(statement.not_resources or ()))):
        codes.append("variables-in-resources")
    if statement.actions is None:
        return None, tuple(codes)
    known = tuple(action for action in statement.actions if action not in UNKNOWN_ACTIONS and not action.startswith("kms:"))
    # What is not known is not asked for either; that a source identity is not kept is said of every issuer.
    dropped = {*statement.actions} - {*known} - {"sts:SetSourceIdentity"}
    codes += ["kms" if action.startswith("kms:") else "operations" for action in sorted(dropped)]
    if "s3:DeleteObject" in known and statement.effect is Effect.ALLOW:
        codes.append("batch-delete")
    return known, tuple(codes)


def _condition(condition: Condition) -> _Spoken:
    key = condition.key.lower()
    operator = parse_operator(condition.operator)
    if operator is None:
        return _Spoken(condition, ("condition-keys",))
    if key in CONSTANTS:
        holds = CONSTANTS[key] in condition.values
        return _Spoken(None) if holds else _Spoken(condition, never=True)
    if not _is_known(key):
        return _absent(condition, operator, ABSENT_KEYS.get(key, "condition-keys"))
    codes = []
    if operator.set_operator is not None and operator.base.name not in TAKES_SET_OPERATORS:
        codes.append("set-operators")
    if any("${" in value and not WHOLE_VARIABLE.fullmatch(value) for value in condition.values):
        codes.append("variables-in-values")
    written = _written(condition, operator)
    return replace(written, codes=(*written.codes, *codes))


def _is_known(key: str) -> bool:
    # Keys of tokens (`host/path:claim`) are those of a trust: every claim of a token is one there.
    service = key.split(":", 1)[0]
    return service not in {"aws", "s3", "kms", "sts"} or any(
        key.startswith(known) if known.endswith("/") else key == known for known in KNOWN_KEYS
    )


def _absent(condition: Condition, operator: Operator, code: str) -> _Spoken:
    """What a condition on a key that is never set comes to: it always holds, or the statement never applies."""
    is_null = operator.base.family is Family.NULL
    holds = condition.values == ("true",) if is_null else operator.if_exists or operator.base.negated
    # An Allow that never applies, and a Deny that always does, are not what was declared either.
    return _Spoken(None, (code,)) if holds else _Spoken(condition, (code,), never=True)


def _written(condition: Condition, operator: Operator) -> _Spoken:
    """A condition on a key that is set, such that absence means there what it means on AWS."""
    name = condition.operator
    if operator.base.family is Family.NULL and condition.values == ("false",):
        return _Spoken(replace(condition, operator="StringLike", values=("?*",)), ("null-false",))
    if operator.base.negated and not operator.if_exists:
        return _Spoken(replace(condition, operator=f"{name}IfExists"), ("negated-absent",))
    if condition.key.lower() == "aws:securetransport" and not operator.if_exists and condition.values == ("false",):
        return _Spoken(replace(condition, operator=f"{name}IfExists"), ("secure-transport",))
    return _Spoken(condition)

"""Shared hypothesis strategies: small worlds in which policies and requests meet often."""

from __future__ import annotations

from hypothesis import strategies as st

from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement, Version
from bucketpass.policy.operators import OPERATORS

VERSIONS: tuple[Version | None, ...] = ("2012-10-17", "2012-10-17", "2008-10-17", None)
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject")
ACTION_PATTERNS = (*ACTIONS, "s3:*", "*", "s3:Get*", "s3:?etObject", "S3:getobject", "kms:*")
RESOURCES = ("arn:aws:s3:::b", "arn:aws:s3:::b/raw/x", "arn:aws:s3:::b/raw/y/z", "arn:aws:s3:::c/raw/x")
RESOURCE_PATTERNS = (
    *RESOURCES,
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::*/raw/?",
    "arn:aws:s3:::b/raw/*",
    "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::b/${aws:PrincipalTag/team, 'raw'}/*",
    "arn:aws:s3:::b/${*}",
)
ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer/run"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
OTHER_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/other"
AWS_PRINCIPALS = ("*", ACCOUNT, OTHER_ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ROLE, SESSION, USER, OTHER_ROLE)

# Keys, and values that make its operators' edges: as policies hold them and as requests do.
KEY_VALUES: dict[str, tuple[str, ...]] = {
    "aws:PrincipalTag/team": ("raw", "RAW", "r*", "", "a\nb", "\U0001f600", "${aws:username}", "*"),
    "s3:prefix": ("raw/", "raw/*", "raw/x", "", "?"),
    "s3:max-keys": ("1", "10", "+10", "010", "10.0", "1e1", "x", ""),
    "aws:CurrentTime": ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z", "1767323045", "2026-01-02", "soon"),
    "aws:SecureTransport": ("true", "TRUE", "false", "yes"),
    "aws:SourceIp": ("10.0.0.1", "10.0.0.0/8", "10.1.2.3/8", "::ffff:10.0.0.1", "2001:db8::/32", "2001:db8::1/32", "2001:db8::5", "?"),
    "aws:PrincipalArn": (ROLE, f"arn:aws:iam::{ACCOUNT}:role/*", "arn:*:iam::*:role/tr?iner", "role/trainer", USER),
    "aws:TagKeys": ("team", "cost", "te*"),
}


def lists(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """One to three of `values`."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=3).map(tuple)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """One condition of any operator on any of the keys."""
    name = draw(st.sampled_from(sorted(OPERATORS)))
    prefix = draw(st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"]))
    suffix = "" if name == "Null" else draw(st.sampled_from(["", "", "IfExists"]))
    key = draw(st.sampled_from(sorted(KEY_VALUES)))
    values = ("true", "false") if name == "Null" else KEY_VALUES[key]
    return Condition(prefix + name + suffix, key, draw(st.lists(st.sampled_from(values), max_size=2).map(tuple)))


def principal_elements() -> st.SearchStrategy[PrincipalElement]:
    """A Principal that is everyone, or names some of the world's principals."""
    return st.just(PrincipalElement(everyone=True)) | lists(AWS_PRINCIPALS).map(lambda values: PrincipalElement(aws=values))


def _regrouped(found: list[Condition]) -> tuple[Condition, ...]:
    """In the order in which JSON can hold them: by operator, no operator and key twice."""
    operators = list(dict.fromkeys(condition.operator for condition in found))
    once = {(condition.operator, condition.key): condition for condition in found}
    return tuple(condition for operator in operators for condition in once.values() if condition.operator == operator)


@st.composite
def statements(draw: st.DrawFn, *, principals: bool = False) -> Statement:
    """One statement, with a Principal or NotPrincipal where `principals` says so."""
    negated_action, negated_resource = draw(st.booleans()), draw(st.sampled_from([False, False, True]))
    actions, resources = draw(lists(ACTION_PATTERNS)), draw(lists(RESOURCE_PATTERNS))
    principal = draw(principal_elements()) if principals else None
    negated_principal = principals and draw(st.sampled_from([False, False, True]))
    return Statement(
        effect=draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.DENY])),
        actions=None if negated_action else actions,
        not_actions=actions if negated_action else None,
        resources=None if negated_resource else resources,
        not_resources=resources if negated_resource else None,
        principal=None if negated_principal else principal,
        not_principal=principal if negated_principal else None,
        conditions=_regrouped(draw(st.lists(conditions(), max_size=2))),
    )


@st.composite
def documents(draw: st.DrawFn, *, principals: bool = False) -> PolicyDocument:
    """A document of one to four statements, in either version."""
    version: Version | None = draw(st.sampled_from(VERSIONS))
    found = draw(st.lists(statements(principals=principals), min_size=1, max_size=4))
    return PolicyDocument(tuple(found), version=version)

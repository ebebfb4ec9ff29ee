"""Shared hypothesis strategies: small worlds in which policies and requests meet often."""

from __future__ import annotations

from hypothesis import strategies as st

from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement, Version
from bucketpass.policy.operators import OPERATORS
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest, ContextValue

VERSIONS: tuple[Version | None, ...] = ("2012-10-17", "2012-10-17", "2008-10-17", None)
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject")
ACTION_PATTERNS = (*ACTIONS, "s3:*", "*", "s3:Get*", "s3:?etObject", "S3:getobject", "kms:*", "sts:AssumeRole")
RESOURCES = (
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/raw/x",
    "arn:aws:s3:::b/raw/y/z",
    "arn:aws:s3:::c/raw/x",
    KEY,
    f"arn:aws:iam::{ACCOUNT}:role/trainer",
)
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
OTHER_ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer/run"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
OTHER_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/other"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"
AWS_PRINCIPALS = ("*", ACCOUNT, OTHER_ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ROLE, SESSION, USER, OTHER_ROLE)

# Keys, and values that make its operators' edges: as policies hold them and as requests do.
KEY_VALUES: dict[str, tuple[str, ...]] = {
    "aws:PrincipalTag/team": ("raw", "RAW", "r*", "", "a\nb", "\U0001f600", "\U00010400", "\U00010428", "A\u03a3", "${aws:username}", "*"),
    "s3:prefix": ("raw/", "raw/*", "raw/x", "", "?"),
    "s3:max-keys": ("1", "10", "+10", "010", "10.0", "1e1", "x", ""),
    "aws:CurrentTime": ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z", "1767323045", "2026-01-02", "soon"),
    "aws:SecureTransport": ("true", "TRUE", "false", "yes"),
    "aws:SourceIp": (
        "10.0.0.1",
        "10.0.0.0/8",
        "10.1.2.3/8",
        "::ffff:10.0.0.1",
        "2001:db8::/32",
        "2001:db8::1/32",
        "2001:db8::5",
        "?",
        "010.0.00.1/+8",
        ":::5",
        "::10.0.0.1",
    ),
    "aws:PrincipalArn": (ROLE, f"arn:aws:iam::{ACCOUNT}:role/*", "arn:*:iam::*:role/tr?iner", "role/trainer", USER),
    "aws:TagKeys": ("team", "cost", "te*"),
}


RARELY = st.sampled_from([False, False, False, True])


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
    named = lists(AWS_PRINCIPALS).map(lambda values: PrincipalElement(aws=values))
    return named | st.sampled_from(
        [PrincipalElement(everyone=True), PrincipalElement(federated=(PROVIDER,)), PrincipalElement(service=("logging.s3.amazonaws.com",))]
    )


def _regrouped(found: list[Condition]) -> tuple[Condition, ...]:
    """In the order in which JSON can hold them: by operator, no operator and key twice."""
    operators = list(dict.fromkeys(condition.operator for condition in found))
    once = {(condition.operator, condition.key): condition for condition in found}
    return tuple(condition for operator in operators for condition in once.values() if condition.operator == operator)


@st.composite
def statements(draw: st.DrawFn, *, principals: bool = False) -> Statement:
    """One statement, with a Principal or NotPrincipal where `principals` says so."""
    negated_action, negated_resource = draw(RARELY), draw(RARELY)
    actions, resources = draw(lists(ACTION_PATTERNS)), draw(lists(RESOURCE_PATTERNS))
    principal = draw(principal_elements()) if principals else None
    negated_principal = principals and draw(RARELY)
    return Statement(
        effect=draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.ALLOW, Effect.DENY])),
        actions=None if negated_action else actions,
        not_actions=actions if negated_action else None,
        resources=None if negated_resource else resources,
        not_resources=resources if negated_resource else None,
        principal=None if negated_principal else principal,
        not_principal=principal if negated_principal else None,
        conditions=_regrouped(draw(st.lists(conditions(), max_size=2))) if draw(st.booleans()) else (),
    )


@st.composite
def documents(draw: st.DrawFn, *, principals: bool = False) -> PolicyDocument:
    """A document of one to four statements, in either version."""
    version: Version | None = draw(st.sampled_from(VERSIONS))
    found = draw(st.lists(statements(principals=principals), min_size=1, max_size=4))
    if draw(st.booleans()):
        # Wide, so that what the other statements and layers say is what counts.
        principal = draw(principal_elements()) if principals else None
        found.append(Statement(Effect.ALLOW, actions=("*",), resources=("*",), principal=principal))
    return PolicyDocument(tuple(found), version=version)


PRINCIPALS = (
    Principal(PrincipalKind.ROLE_SESSION, arn=ROLE, account=ACCOUNT, session_arn=SESSION),
    Principal(PrincipalKind.ROLE_SESSION, arn=OTHER_ROLE, account=OTHER_ACCOUNT),
    Principal(PrincipalKind.USER, arn=USER, account=ACCOUNT),
    Principal(PrincipalKind.ROOT, arn=f"arn:aws:iam::{ACCOUNT}:root", account=ACCOUNT),
    Principal(PrincipalKind.WEB_IDENTITY, arn=PROVIDER),
    Principal(PrincipalKind.SERVICE, arn="logging.s3.amazonaws.com"),
    Principal(PrincipalKind.ANONYMOUS),
)


@st.composite
def requests(draw: st.DrawFn) -> AuthorizationRequest:
    """A request whose keys are missing, of one value or of several."""
    context: dict[str, ContextValue] = {}
    for key in draw(st.sets(st.sampled_from(sorted(KEY_VALUES)), max_size=5)):
        written = key.upper() if draw(st.booleans()) else key
        values = st.sampled_from(KEY_VALUES[key])
        context[written] = draw(values if key != "aws:TagKeys" else st.lists(values, max_size=3).map(tuple) | values)
    return AuthorizationRequest(
        draw(st.sampled_from(PRINCIPALS)),
        draw(st.sampled_from((*ACTIONS, "S3:GETOBJECT", "kms:Decrypt", "sts:AssumeRole"))),
        draw(st.sampled_from(RESOURCES)),
        context,
        draw(st.sampled_from(["", ACCOUNT, OTHER_ACCOUNT])),
    )


def policies(*, principals: bool = False) -> st.SearchStrategy[tuple[NamedPolicy, ...]]:
    """Up to two policies of one layer."""
    return st.lists(documents(principals=principals), min_size=1, max_size=2).map(
        lambda found: tuple(NamedPolicy(f"policy {index}", document) for index, document in enumerate(found))
    )


@st.composite
def layers(draw: st.DrawFn) -> PolicySet:
    """Layers, of which most are often not there: then more requests come through."""

    def sometimes(principals: bool = False) -> tuple[NamedPolicy, ...] | None:
        return draw(policies(principals=principals)) if draw(RARELY) else None

    def levels(principals: bool = False) -> tuple[tuple[NamedPolicy, ...], ...]:
        return tuple(draw(policies(principals=principals)) for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 2]))))

    return PolicySet(
        identity=draw(policies()) if draw(st.booleans()) else (),
        resource=draw(policies(principals=True) | policies(principals=True) | st.none() | st.just(())),
        boundary=sometimes(),
        session=sometimes(),
        endpoint=sometimes(principals=True),
        scps=levels(),
        rcps=levels(principals=True),
    )

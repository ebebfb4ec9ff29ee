"""The table, the context that decide and the sandbox fill, and prove's symbolic request agree on every key, caller and action."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import bucketpass
from bucketpass.aws.actions import ACTIONS
from bucketpass.policy import Condition
from bucketpass.prove.keys import Absent, Fixed, KeyState, present
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE
from bucketpass.prove.vocabulary import Vocabulary
from bucketpass.requests import callers
from bucketpass.requests.callers import Caller, PrincipalKind
from bucketpass.requests.context import context_of, presence
from bucketpass.requests.key import Presence
from bucketpass.requests.keys import KEYS, no_value
from bucketpass.requests.request import Connection, RequestedSession, RequestFacts

ACCOUNT = "111122223333"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TAGS = {"team": "ml"}
CALLERS = (
    callers.ANONYMOUS,
    callers.root_user(ACCOUNT),
    callers.iam_user(f"arn:aws:iam::{ACCOUNT}:user/ann", "AIDAX", TAGS),
    callers.role_session(
        f"arn:aws:iam::{ACCOUNT}:role/trainer",
        "run",
        role_id="AROAX",
        role_tags=TAGS,
        federated_provider="accounts.google.com",
        claims={"accounts.google.com:sub": "1"},
        source_identity="ann",
        issued="2026-01-01T00:00:00Z",
    ),
    callers.web_identity(f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example", ACCOUNT),
    callers.aws_service("logging.s3.amazonaws.com"),
    callers.canonical_user("c0ffee"),
    callers.origin_access_identity("E1", "0a1b"),
)
ACTIONS_OF_CALLERS = sorted({*ACTIONS, "iam:CreateRole", "iam:AttachRolePolicy", "iam:PassRole"})
NAMES = [f"{key.name}team" if key.name.endswith(("/", ":")) else key.name for key in KEYS]
HEADERS = {row.name.removeprefix("s3:"): "x" for row in KEYS if row.name.startswith("s3:")} | {
    "x-amz-tagging": "team=ml",
    "x-amz-object-lock-mode": "GOVERNANCE",
    "x-amz-object-lock-retain-until-date": "2027-01-01T00:00:00Z",
    "x-amz-object-lock-legal-hold": "ON",
}


def everything(caller: Caller, action: str) -> RequestFacts:
    """A request that has whatever such a request can have."""
    return RequestFacts(
        caller,
        Connection(
            "us-east-1", True, "1.3", "10.0.0.1", NOW, "agent", "https://x.example", vpc_endpoint="vpce-1", vpc_source_ip="10.0.0.1"
        ),
        action,
        ACCOUNT,
        TAGS,
        "s3.us-east-1.amazonaws.com",
        HEADERS,
        {"prefix": "raw/", "delimiter": "/", "max-keys": "5"},
        TAGS,
        "v",
        True,
        TAGS,
        RequestedSession("run", TAGS, ("team",), "ann", "external", True),
        TAGS,
        "arn:aws:iam::111122223333:policy/boundary",
        "arn:aws:iam::aws:policy/x",
        "lambda.amazonaws.com",
        "eu-west-1",
        "arn:aws:s3:eu-west-1:111122223333:accesspoint/p",
    )


def nothing(caller: Caller, action: str) -> RequestFacts:
    """A request with no more than every such request has."""
    bare = Caller(caller.principal, caller.user_id, caller.user_name, issued=caller.issued)
    session = RequestedSession("run", authorized_by_idp=False)
    return RequestFacts(
        bare, Connection(time=NOW), action, ACCOUNT, version_id="v", session=session, policy_arn="arn:aws:iam::aws:policy/x"
    )


def symbolic(caller: Caller, action: str, name: str) -> KeyState:
    principal = SymbolicPrincipal(caller.principal.kind, caller.principal.arn, caller.principal.account)
    vocabulary = Vocabulary.of([], [Condition("Null", name, ("true",))])
    return SymbolicRequest.of(principal, (action,), vocabulary, {}).key(name)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.principal.kind.value)
def test_callers_keys_and_actions_agree_the_three_ways(caller: Caller) -> None:
    kind = caller.principal.kind
    valued = {row.name for row in KEYS if row.value is not no_value}
    for action in ACTIONS_OF_CALLERS:
        most, least = ({name.lower() for name in context_of(made(caller, action))} for made in (everything, nothing))
        for row, name in zip(KEYS, NAMES, strict=True):
            there, state = presence(name, kind, action), symbolic(caller, action, name)
            where = f"{name} of {kind.value} for {action}"
            match there:
                case Presence.NEVER:
                    assert name.lower() not in most, where
                    assert state == Absent(), where
                case Presence.ALWAYS:
                    assert name.lower() in least, where
                    assert isinstance(state, Fixed) or present(state) == TRUE, where
                case Presence.SOMETIMES:
                    if row.name in valued and not _is_missing(row.name, kind):
                        assert name.lower() in most, where
                    assert not isinstance(state, Absent) and present(state) != TRUE, where


def _is_missing(name: str, kind: PrincipalKind) -> bool:
    """True of keys that this test's callers happen not to have: credentials that do not end, no organization, an unknown account."""
    if kind in (PrincipalKind.CANONICAL_USER, PrincipalKind.ORIGIN_ACCESS_IDENTITY):
        return True
    return name == "aws:PrincipalOrgID" or (name == "aws:TokenIssueTime" and kind is not PrincipalKind.ROLE_SESSION)


# These have condition keys as keys of a dictionary, and set none in a request.
_SETS_NONE = {
    "prove/callers.py": "which values are known of the callers of a guarantee",
    "prove/web_identity.py": "the same of tokens",
    "prove/keys.py": "the values that some keys can have",
    "compile/dialect_rgw_statement.py": "the keys that another engine knows",
    "usage/statement_tests.py": "the column of a log that holds a key",
    "sandbox/api_request.py": "the header or parameter by which a request of a proof is sent",
}


def keys_set_by(source: str) -> set[str]:
    """The condition keys of the table that a module's text puts into a mapping: in a literal, by assignment or by `setdefault`."""
    tree = ast.parse(source)
    values = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    keys: list[ast.expr | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.Dict():
                keys += node.keys
            case ast.Subscript(ctx=ast.Store()):
                keys.append(node.slice)
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[first, *_]):
                keys.append(first)
    found = {key.value if isinstance(key, ast.Constant) else values.get(key.id) if isinstance(key, ast.Name) else None for key in keys}
    return {key.lower() for key in found if isinstance(key, str)} & {row.name.lower() for row in KEYS}


def test_nothing_but_the_table_sets_a_condition_key() -> None:
    source = Path(bucketpass.__file__).parent
    setting = {path.relative_to(source).as_posix() for path in source.rglob("*.py") if keys_set_by(path.read_text())}
    assert {path for path in setting if not path.startswith("requests/")} == _SETS_NONE.keys()


@pytest.mark.parametrize(
    "source",
    [
        'context = {"aws:SourceIp": address}',
        'context = {**known, "aws:sourceip": address}',
        'context["aws:SourceIp"] = address',
        'context["aws:SourceIp"] += address',
        'context.setdefault("aws:SourceIp", address)',
        'KEY = "aws:SourceIp"\ncontext[KEY] = address',
    ],
)
def test_a_module_that_sets_a_key_is_found(source: str) -> None:
    assert keys_set_by(source) == {"aws:sourceip"}
    assert keys_set_by(source.replace("aws:", "my:").replace("sourceip", "x").replace("SourceIp", "x")) == set()

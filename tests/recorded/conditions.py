"""iam:TagUser asked by a role session whose session policy has the row's condition: through `decide`, and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.credentials import Credentials
from tests.recorded.wire import ACCOUNT, Wire

from bucketpass.decide import NamedPolicy, PolicySet, decide
from bucketpass.policy import parse_policy
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest, ContextValue

Row = Mapping[str, Any]

_USER = "recorded-user"
_ROLE = "recorded-role"
_ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_TRUST = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}


def document(*statements: Mapping[str, object]) -> str:
    """A policy of these statements, characters beyond ASCII as JSON escapes."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Conditions:
    """One user and one role, asked once a row."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        wire.iam("CreateUser", UserName=_USER)
        self._role = wire.iam("CreateRole", RoleName=_ROLE, AssumeRolePolicyDocument=document(_TRUST)).element("Arn")
        wire.iam("PutRolePolicy", RoleName=_ROLE, PolicyName="all", PolicyDocument=document(_ANYTHING))

    @staticmethod
    def takes(row: Row) -> bool:
        return {"condition", "request_tags", "allowed"} <= set(row)

    def expected(self, row: Row) -> str:
        return _word(row["allowed"])

    def asked(self, row: Row) -> str:
        beside = " beside an Allow" if row.get("beside_an_allow") else ""
        return f"{row.get('effect', 'Allow')}{beside} {json.dumps(row['condition'])} tags {json.dumps(row['request_tags'])}"

    def answers(self, row: Row) -> Iterator[tuple[str, str]]:
        statement = {**_ANYTHING, "Effect": row.get("effect", "Allow"), "Condition": row["condition"]}
        policy = document(*([_ANYTHING] if row.get("beside_an_allow") else []), statement)
        yield "decide", _word(self._decide(policy, row["request_tags"]))
        yield "http", self._over_http(policy, row["request_tags"])

    def _decide(self, policy: str, tags: list[tuple[str, str]]) -> bool:
        principal = Principal(PrincipalKind.ROLE_SESSION, self._role, ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/{_ROLE}/recorded")
        keys = {f"aws:RequestTag/{key}": value for key, value in tags}
        context: dict[str, ContextValue] = dict(keys)
        if tags:
            context["aws:TagKeys"] = tuple(key for key, _ in tags)
        request = AuthorizationRequest(principal, "iam:TagUser", f"arn:aws:iam::{ACCOUNT}:user/{_USER}", context)
        allowed = NamedPolicy("role", parse_policy(document(_ANYTHING)))
        return decide(request, PolicySet(identity=(allowed,), session=(NamedPolicy("session", parse_policy(policy)),))).allowed

    def _over_http(self, policy: str, tags: list[tuple[str, str]]) -> str:
        session = self._wire.session(self._role, policy)
        if not isinstance(session, Credentials):
            return f"session policy refused: {session.code}"
        parameters = {"UserName": _USER}
        for number, (key, value) in enumerate(tags, 1):
            parameters |= {f"Tags.member.{number}.Key": key, f"Tags.member.{number}.Value": value}
        code = self._wire.call("iam", "TagUser", parameters, session).code
        return _word(code is None) if code in (None, "AccessDenied") else str(code)


def _word(allowed: bool) -> str:
    return "allowed" if allowed else "denied"

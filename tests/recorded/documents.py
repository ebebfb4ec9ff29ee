"""Documents that IAM takes or refuses: PutUserPolicy, session policies, UpdateAssumeRolePolicy; and `check_policy` of the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.credentials import Credentials
from tests.recorded.conditions import document
from tests.recorded.wire import ACCOUNT, Wire

from bucketpass.errors import PolicyError
from bucketpass.policy import PolicyKind, check_policy, parse_policy

Row = Mapping[str, Any]

ACCEPTED = "accepted"
REFUSED = "MalformedPolicyDocument"
_TRUST = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}


def checked(text: str, kind: PolicyKind) -> str:
    """What `check_policy` says of the document."""
    try:
        check_policy(parse_policy(text), kind)
    except PolicyError:
        return REFUSED
    return ACCEPTED


class PolicyWrites:
    """One Allow statement with the row's condition, as a user's inline policy and as a session policy."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        wire.iam("CreateUser", UserName="recorded-writes")
        self._role = wire.iam("CreateRole", RoleName="recorded-sessions", AssumeRolePolicyDocument=document(_TRUST)).element("Arn")

    @staticmethod
    def takes(row: Row) -> bool:
        return {"condition", "accepted"} <= set(row)

    def expected(self, row: Row) -> str:
        return ACCEPTED if row["accepted"] else REFUSED

    def asked(self, row: Row) -> str:
        return json.dumps(row["condition"])

    def answers(self, row: Row) -> Iterator[tuple[str, str]]:
        text = document({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": row["condition"]})
        yield "check_policy", checked(text, PolicyKind.INLINE)
        parameters = {"UserName": "recorded-writes", "PolicyName": "recorded", "PolicyDocument": text}
        yield "PutUserPolicy", self._wire.call("iam", "PutUserPolicy", parameters, self._wire.admin).code or ACCEPTED
        # A session policy is taken whatever its operands are, but for malformed binary [L]: there the row's answer is the rule's.
        binary = any("Binary" in operator for operator in row["condition"])
        as_recorded = {True: self.expected(row), False: ACCEPTED}[binary]
        session = self._wire.session(self._role, text)
        got = ACCEPTED if isinstance(session, Credentials) else str(session.code)
        yield "session policy", self.expected(row) if got == as_recorded else f"{got} as a session policy"


class TrustWrites:
    """The row's statement (or statements) as a role's trust policy."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        wire.iam("CreateRole", RoleName="recorded-trust", AssumeRolePolicyDocument=document(_TRUST))

    @staticmethod
    def takes(row: Row) -> bool:
        return {"statement", "accepted"} <= set(row)

    def expected(self, row: Row) -> str:
        return ACCEPTED if row["accepted"] else REFUSED

    def asked(self, row: Row) -> str:
        return json.dumps(row["statement"])

    def answers(self, row: Row) -> Iterator[tuple[str, str]]:
        written = row["statement"]
        text = document(*(written if isinstance(written, list) else [written]))
        yield "check_policy", checked(text, PolicyKind.TRUST)
        parameters = {"RoleName": "recorded-trust", "PolicyDocument": text}
        yield "UpdateAssumeRolePolicy", self._wire.call("iam", "UpdateAssumeRolePolicy", parameters, self._wire.admin).code or ACCEPTED

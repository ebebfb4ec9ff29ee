"""STS: who may assume a role, and which tokens are taken.

AWS's answers: IAM User Guide, "Cross account policy evaluation" and "Using an external ID"; STS API reference; answers to tokens as
recorded on live AWS [L].
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from tests.emulators.case import ALLOWED, Call, case
from tests.emulators.lab import Lab, statement
from tests.sandboxes import Keys

DENIED = "AccessDenied"


def _assume(lab: Lab, keys: Keys, role: str, **options: Any) -> Call:
    sts = lab.sts(keys)
    return lambda: sts.assume_role(RoleArn=role, RoleSessionName="case", **options)


def _trusting(principal: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more}


def _assumes(role: str) -> Any:
    return statement("sts:AssumeRole", role)


@case("STS", "AssumeRole where trust and identity policy allow", ALLOWED)
def _(lab: Lab) -> Call:
    role = lab.role()
    return _assume(lab, lab.user(_assumes(role)), role)


@case("STS", "AssumeRole where only a trust in the account allows", DENIED)
def _(lab: Lab) -> Call:
    role = lab.role()
    return _assume(lab, lab.user(), role)


def _arn(lab: Lab, keys: Keys) -> str:
    return str(lab.sts(keys).get_caller_identity()["Arn"])


@case("STS", "AssumeRole by a user that the trust names, without a policy", ALLOWED)
def _(lab: Lab) -> Call:
    user = lab.user()
    return _assume(lab, user, lab.role(trust=_trusting(_arn(lab, user))))


@case("STS", "AssumeRole by another user than the trust names", DENIED)
def _(lab: Lab) -> Call:
    role = lab.role(trust=_trusting(_arn(lab, lab.user())))
    return _assume(lab, lab.user(_assumes(role)), role)


def _with_external_id(lab: Lab) -> tuple[Keys, str]:
    condition = {"StringEquals": {"sts:ExternalId": "secret"}}
    role = lab.role(trust=_trusting(f"arn:aws:iam::{lab.account}:root", Condition=condition))
    return lab.user(_assumes(role)), role


@case("STS", "AssumeRole without the external ID", DENIED)
def _(lab: Lab) -> Call:
    return _assume(lab, *_with_external_id(lab))


@case("STS", "AssumeRole with the external ID", ALLOWED)
def _(lab: Lab) -> Call:
    return _assume(lab, *_with_external_id(lab), ExternalId="secret")


@case("STS", "AssumeRole of a role that does not exist", DENIED)
def _(lab: Lab) -> Call:
    role = f"arn:aws:iam::{lab.account}:role/nobody"
    return _assume(lab, lab.user(_assumes(role)), role)


@case("STS", "session tags where the trust has no sts:TagSession", DENIED)
def _(lab: Lab) -> Call:
    user = lab.user(statement(["sts:AssumeRole", "sts:TagSession"]))
    role = lab.role(trust=_trusting(f"arn:aws:iam::{lab.account}:root"))
    return _assume(lab, user, role, Tags=[{"Key": "team", "Value": "ml"}])


@case("STS", "GetSessionToken by a role's session", DENIED)
def _(lab: Lab) -> Call:
    sts = lab.sts(lab.session(lab.role(statement("sts:*"))))
    return lambda: sts.get_session_token(DurationSeconds=900)


@case("STS", "a good token", ALLOWED)
def _(lab: Lab) -> Call:
    role = lab.federated_role()
    return lambda: lab.federate(role, lab.issuer.token())


@case("STS", "a token that another key signed", "InvalidIdentityToken")
def _(lab: Lab) -> Call:
    role = lab.federated_role()
    return lambda: lab.federate(role, lab.issuer.token(key=lab.issuer.other_key))


@case("STS", "a token without a signature (alg none)", "InvalidIdentityToken")
def _(lab: Lab) -> Call:
    role, payload = lab.federated_role(), lab.issuer.token().split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "one"}).encode()).decode().rstrip("=")
    return lambda: lab.federate(role, f"{header}.{payload}.")


@case("STS", "an expired token", "ExpiredTokenException")
def _(lab: Lab) -> Call:
    role, now = lab.federated_role(), int(time.time())
    return lambda: lab.federate(role, lab.issuer.token(iat=now - 7200, exp=now - 3600))


@case("STS", "a token for another audience", "InvalidIdentityToken")
def _(lab: Lab) -> Call:
    role = lab.federated_role()
    return lambda: lab.federate(role, lab.issuer.token(aud="another"))


@case("STS", "a token of another subject", DENIED)
def _(lab: Lab) -> Call:
    role = lab.federated_role()
    return lambda: lab.federate(role, lab.issuer.token(sub="another"))

"""Tokens of odd shapes: the sandbox answers as AWS was recorded to, the gateway refuses them or is listed as weaker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from tests.engines.issuer import Issuer, issuer
from tests.engines.lab import Lab, document
from tests.engines.site import Site
from tests.identity_providers.tls import Authority

from bucketpass.compile.dialect import DifferenceKind, dialect_named
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines")]

Claims = Mapping[str, Any]
INVALID, EXPIRED, TAKEN = "InvalidIdentityToken", "ExpiredTokenException", ""


class Odd(NamedTuple):
    """A token that differs from a good one; AWS's code (empty where AWS takes it), a part of its message, and the listed difference.

    The difference is that of a gateway which takes what AWS refuses.
    """

    name: str
    claims: Callable[[], Claims]
    code: str
    message: str
    difference: str = ""


def changed(**claims: object) -> Callable[[], Claims]:
    return lambda: claims


ODD = (
    Odd("null subject", changed(sub=None), "InternalFailure", ""),
    Odd("number as subject", changed(sub=7), TAKEN, ""),
    Odd("empty subject", changed(sub=""), TAKEN, ""),
    Odd("two audiences without azp", changed(aud=["s3-data", "other"]), INVALID, "audience", "several-audiences"),
    Odd("azp of another client", changed(azp="other"), INVALID, "audience", "authorized-party"),
    Odd("null audience", changed(aud=None), INVALID, "aud"),
    Odd("no audience in a list", changed(aud=[]), INVALID, "aud"),
    Odd("number as audience", changed(aud=7), INVALID, "aud"),
    Odd("fraction of a second in exp", lambda: {"exp": time.time() + 300.5}, INVALID, "exp"),
    Odd("fraction of a second in iat", lambda: {"iat": time.time() - 0.5}, INVALID, "iat"),
    Odd("text as exp", lambda: {"exp": str(int(time.time()) + 300)}, TAKEN, ""),
    Odd("null exp", changed(exp=None), INVALID, "exp"),
    Odd("truth as exp", changed(exp=True), INVALID, "exp"),
    Odd("issued tomorrow", lambda: {"iat": int(time.time()) + 86400}, INVALID, ""),
    Odd("expired", lambda: {"exp": int(time.time()) - 3600}, EXPIRED, "expired"),
)


@pytest.fixture(scope="module")
def sandbox(authority: Authority) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority.bundle))
        with Sandbox(SandboxOptions()) as running:
            yield Site(running.http_url, running.https_url, running.ca_file, running.admin.access_key_id, running.admin.secret)


@pytest.fixture(scope="module")
def tokens(authority: Authority) -> Iterator[Issuer]:
    with issuer(authority, path="/odd") as running:
        yield running


@pytest.fixture(scope="module")
def role(sandbox: Site, tokens: Issuer) -> str:
    """The ARN of a role in the sandbox that trusts every token of the issuer."""
    iam = sandbox.client("iam")
    provider = iam.create_open_id_connect_provider(Url=tokens.url, ClientIDList=["s3-data"])["OpenIDConnectProviderArn"]
    audience = {"StringEquals": {f"{tokens.url.removeprefix('https://')}:aud": "s3-data"}}
    trust = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": audience}
    arn: str = iam.create_role(RoleName="odd", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    return arn


@pytest.mark.parametrize("odd", ODD, ids=[odd.name for odd in ODD])
def test_the_sandbox_answers_as_aws_does(odd: Odd, sandbox: Site, role: str, tokens: Issuer) -> None:
    token = tokens.signed({**tokens.claims(), **odd.claims()})
    sts = sandbox.client("sts", credentials={})
    if odd.code == TAKEN:
        assert sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="odd", WebIdentityToken=token)["Credentials"]
        return
    with pytest.raises(ClientError) as caught:
        sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="odd", WebIdentityToken=token)
    error = caught.value.response["Error"]
    assert error["Code"] == odd.code
    assert odd.message in error["Message"]


def test_a_token_of_usual_shape_is_taken(sandbox: Site, role: str, tokens: Issuer) -> None:
    taken = sandbox.client("sts", credentials={}).assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="usual", WebIdentityToken=tokens.token()
    )
    assert taken["SubjectFromWebIdentityToken"] == "trainer"


@pytest.mark.parametrize("odd", ODD, ids=[odd.name for odd in ODD])
def test_the_gateway_refuses_it_or_is_listed_as_weaker(odd: Odd, lab: Lab) -> None:
    audience = {"StringEquals": {f"{lab.host}:aud": "s3-data"}}
    role = lab.role(trust=lab.trust(audience))
    status = lab.assume(role, lab.tokens.signed({**lab.tokens.claims(), **odd.claims()}))
    if status == 200 and odd.code != TAKEN:
        assert dialect_named("rgw").difference(odd.difference).kind in {DifferenceKind.WEAKER, DifferenceKind.WORDING}
    else:
        assert status in {200, 400, 403}

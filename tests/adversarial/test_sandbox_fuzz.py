"""Parsers and the guard under random changes, for as long as BUCKETPASS_FUZZ_SECONDS says (each test; default 2).

What must hold, whatever is sent: no internal error, nothing done that the caller may not do, no token taken that was changed.
"""

import base64
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from botocore.credentials import Credentials
from tests.unit.sandbox.inside import HOST, ISSUER, Inside, between, inside, request, signed, text_of

from bucketpass.sandbox.discovery import IssuerKeys
from bucketpass.sandbox.objects.xml import parse_body
from bucketpass.sandbox.state import StoredProvider
from bucketpass.sandbox.tokens import verify_token
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.secret import Secret
from bucketpass.wire.server import ServerRequest, ServerResponse, body_of
from bucketpass.wire.syntax import HttpError

SECONDS = float(os.environ.get("BUCKETPASS_FUZZ_SECONDS", "2"))
SEED = int(os.environ.get("BUCKETPASS_FUZZ_SEED", "0")) or random.SystemRandom().randrange(2**32)

WORDS = (
    *(
        "acl",
        "policy",
        "tagging",
        "uploads",
        "uploadId",
        "partNumber",
        "versionId",
        "versions",
        "delete",
        "list-type",
        "prefix",
        "location",
    ),
    *(
        "X-Amz-Signature",
        "X-Amz-Credential",
        "response-content-type",
        "Action",
        "%00",
        "%2F",
        "..",
        "//",
        "\u00e9",
        "*",
        "?",
        "${aws:userid}",
    ),
)
HEADERS = (
    *("x-amz-acl", "x-amz-copy-source", "x-amz-tagging", "x-amz-server-side-encryption", "x-amz-content-sha256", "x-amz-trailer"),
    *("x-amz-decoded-content-length", "x-amz-security-token", "x-moto-account-id", "range", "if-match", "content-md5", "expect", "host"),
)
VALUES = ("", "*", "public-read", "secret/k", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "UNSIGNED-PAYLOAD", "bytes=0-", "-1", "x" * 3000, "a,b")


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        for bucket in ("open", "secret"):
            world.s3("PUT", f"/{bucket}-bucket")
            world.s3("PUT", f"/{bucket}-bucket/k", {"x-amz-tagging": "a=1"}, b"body")
        yield world


@pytest.fixture
def dice(record_property: Callable[[str, object], None]) -> random.Random:
    record_property("seed", SEED)
    print(f"BUCKETPASS_FUZZ_SEED={SEED}")
    return random.Random(SEED)


def rounds() -> Iterator[int]:
    end, number = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        yield number
        number += 1


def changed_text(dice: random.Random, text: str) -> str:
    at = dice.randrange(len(text) + 1)
    kind = dice.randrange(4)
    if kind == 0:
        return text[:at] + dice.choice(WORDS) + text[at:]
    if kind == 1:
        return text[:at] + text[at + dice.randrange(1, 6) :]
    if kind == 2:
        return text[:at] + chr(dice.randrange(33, 127)) + text[at + 1 :]
    return text + dice.choice(("?", "&", "/")) + dice.choice(WORDS) + dice.choice(("", "=1", "=%2F"))


def changed(dice: random.Random, made: ServerRequest, body: bytes) -> ServerRequest:
    for _ in range(dice.randrange(1, 4)):
        headers = list(made.headers)
        match dice.randrange(6):
            case 0:
                target = changed_text(dice, made.target)
                made = replace(made, target=target if target.startswith("/") and target.isascii() and " " not in target else "/")
            case 1:
                made = replace(made, method=dice.choice(("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH")))
            case 2:
                headers.append((dice.choice(HEADERS), dice.choice(VALUES)))
            case 3 if headers:
                headers.pop(dice.randrange(len(headers)))
            case 4 if headers:
                at = dice.randrange(len(headers))
                headers[at] = headers[at][0], changed_text(dice, headers[at][1])
            case _:
                data = bytearray(body or b"x")
                data[dice.randrange(len(data))] = dice.randrange(256)
                body = bytes(data)
        made = replace(made, headers=tuple((name, value.encode("latin-1", "ignore").decode("latin-1")) for name, value in headers))
    return replace(made, body=body_of(body))


def sent(world: Inside, made: ServerRequest) -> ServerResponse | None:
    try:
        response = world.front(made)
    except HttpError:
        return None
    assert response.status != 500, (made.method, made.target, made.headers)
    return response


def corpus(world: Inside, keys: Credentials) -> list[tuple[ServerRequest, bytes]]:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    raw: list[tuple[str, str, dict[str, str], bytes, str]] = [
        ("GET", "/open-bucket/k", {}, b"", "s3"),
        ("PUT", "/open-bucket/n", {"x-amz-tagging": "a=1"}, b"new", "s3"),
        ("PUT", "/open-bucket/n", {"x-amz-copy-source": "open-bucket/k"}, b"", "s3"),
        ("GET", "/open-bucket?list-type=2&prefix=k", {}, b"", "s3"),
        ("DELETE", "/open-bucket/n", {}, b"", "s3"),
        ("POST", "/open-bucket/k?uploads", {}, b"", "s3"),
        ("POST", "/", form, b"Action=GetCallerIdentity", "sts"),
        ("POST", "/", form, b"Action=ListRoles", "iam"),
        ("POST", "/", {"X-Amz-Target": "TrentService.ListKeys"}, b"{}", "kms"),
    ]
    return [(signed(keys, method, target, headers, body, service=service), body) for method, target, headers, body, service in raw]


def test_no_change_of_a_request_does_what_its_signer_may_not(world: Inside, dice: random.Random) -> None:
    keys = world.user("u", {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::open-bucket", "arn:aws:s3:::open-bucket/*"]})
    requests = corpus(world, keys)
    for _ in rounds():
        made, body = dice.choice(requests)
        sent(world, changed(dice, made, body))
    for event in world.events.since():
        for result in event.authorizations:
            if event.principal.endswith(":user/u") and "secret" in result.resource:
                assert not result.decision.allowed
    secret = world.objects.find("secret-bucket", "k")
    assert secret is not None
    assert [found.key for found in world.objects.scan("secret-bucket", b"", 10)] == ["k"]
    assert world.state.bucket("secret-bucket") is not None
    assert world.state.user_policies("u") is not None


def test_requests_that_are_validly_signed_and_senseless_are_answered(world: Inside, dice: random.Random) -> None:
    for _ in rounds():
        target = "/" + "/".join(dice.choice(("open-bucket", "k", "x%2Fy", "%E2%82%AC", "a+b", "")) for _ in range(dice.randrange(4)))
        names = [dice.choice(WORDS[:12]) + dice.choice(("", "=", "=1", "=%2F", "=x")) for _ in range(dice.randrange(4))]
        headers = {dice.choice(HEADERS[:6]): dice.choice(VALUES) for _ in range(dice.randrange(3))}
        headers.pop("x-amz-content-sha256", None)
        body = bytes(dice.randrange(256) for _ in range(dice.randrange(40)))
        method = dice.choice(("GET", "PUT", "POST", "DELETE", "HEAD"))
        made = signed(world.admin, method, target + ("?" + "&".join(names) if names else ""), headers, body)
        sent(world, replace(made, target=made.target))


def test_forms_of_any_kind_are_answered(world: Inside, dice: random.Random) -> None:
    words = (
        "Action",
        "RoleArn",
        "RoleSessionName",
        "WebIdentityToken",
        "PolicyDocument",
        "RoleName",
        "Url",
        "ClientIDList.member.1",
        "Policy",
    )
    values = (
        "AssumeRoleWithWebIdentity",
        "CreateRole",
        "{}",
        "[]",
        "a.b.c",
        "%",
        "x" * 300,
        "\u20ac",
        "arn:aws:iam::111122223333:role/r",
        "",
    )
    for _ in rounds():
        form = "&".join(f"{dice.choice(words)}={dice.choice(values)}" for _ in range(dice.randrange(6))).encode()
        headers = {"Host": HOST, "Content-Type": "application/x-www-form-urlencoded"}
        sent(world, request("POST", "/", headers, form))
        if dice.random() < 0.3:
            sent(world, signed(world.admin, "POST", "/", headers, form, service=dice.choice(("iam", "sts"))))


def test_a_token_that_was_changed_is_never_another_token(world: Inside, dice: random.Random) -> None:
    world.form("iam", "CreateOpenIDConnectProvider", Url=ISSUER, ClientIDList__member__1="data")
    provider = world.state.provider(between(text_of(world.form("iam", "ListOpenIDConnectProviders")), "Arn"))
    keys = IssuerKeys(lambda url: b"", world.issuers.page, world.clock)
    claims = {"sub": "me", "aud": "data"}
    tokens = [world.issuers.mint("idp", claims, algorithm=algorithm).reveal() for algorithm in ("RS256", "ES256")]

    def check(text: str) -> None:
        try:
            found = verify_token(Secret(text), provider_of=lambda _: provider, keys=keys, now=world.clock.now())
        except AwsError:
            return
        assert (found.subject, found.audience) == ("me", "data")

    for _ in rounds():
        token = dice.choice(tokens)
        if dice.random() < 0.5:
            header, payload, signature = token.split(".")
            part = json.loads(base64.urlsafe_b64decode(header + "=="))
            part[dice.choice(("alg", "kid", "typ", "crit", "jwk", "b64"))] = dice.choice(
                ("none", "HS256", "RS256", "ES256", 1, None, [], {})
            )
            header = base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
            check(f"{header}.{payload}.{signature}")
        else:
            at = dice.randrange(len(token))
            check(token[:at] + dice.choice("abcXYZ019-_.=%") + token[at + dice.randrange(2) :])


def test_any_xml_is_read_or_cleanly_refused(dice: random.Random) -> None:
    pieces = (
        b"<Delete>",
        b"</Delete>",
        b"<Object>",
        b"</Object>",
        b"<Key>",
        b"</Key>",
        b"k",
        b"&amp;",
        b"&x;",
        b"<!DOCTYPE a>",
        b"\xff",
        b"<?x?>",
    )
    for _ in rounds():
        try:
            parse_body(b"".join(dice.choice(pieces) for _ in range(dice.randrange(12))), "Delete")
        except AwsError as refused:
            assert refused.code == "MalformedXML"


def test_no_key_set_but_the_issuers_makes_a_token_good(world: Inside, dice: random.Random) -> None:
    token = world.issuers.mint("idp", {"sub": "me", "aud": "data"}, algorithm="ES256")
    kid = json.loads(base64.urlsafe_b64decode(token.reveal().partition(".")[0] + "=="))["kid"]
    provider = StoredProvider("arn", ISSUER.removeprefix("https://"), ("data",))
    members = ("kty", "n", "e", "crv", "x", "y", "use", "alg")
    values: tuple[object, ...] = ("RSA", "EC", "P-256", "AQAB", "sig", "ES256", "A" * 43, 1, None, [], {})
    for _ in rounds():
        jwks = [
            {"kid": kid, **{member: dice.choice(values) for member in members if dice.random() < 0.8}} for _ in range(dice.randrange(1, 3))
        ]
        document = json.dumps({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", "keys": jwks}).encode()
        keys = IssuerKeys(Everywhere(document), lambda url: None, world.clock)
        with pytest.raises(AwsError):
            verify_token(token, provider_of=lambda _: provider, keys=keys, now=world.clock.now())


class Everywhere:
    """A web whose every page is the same."""

    def __init__(self, document: bytes) -> None:
        self.document = document

    def __call__(self, url: str) -> bytes:
        return self.document

"""The chain whole: a healthy service, each way in which one link breaks, and what hangs on a broken link."""

import socket
import ssl
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.examined import DATE, DECLARATION, ISSUER, LISTING, NOW, STS, findings, server, token
from tests.integration.fake_sts import ROLE, granted, refused

from bucketpass.credentials.doctor import CheckVerdict
from bucketpass.wire.client import HttpResponse
from bucketpass.wire.network import UnreadableAuthorities

DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
PROFILE_KEYS = "[default]\naws_access_key_id = AKIA\n"
CERTIFICATE = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate (_ssl.c:1006)")
CERTIFICATE.verify_message = "self-signed certificate"


def sts_answers(code: str, status: int = 400, message: str = "no") -> dict[str, object]:
    return {STS: [HttpResponse(302, DATE, b""), *[HttpResponse(status, DATE, refused(code, message).encode())] * 99]}


def s3_answers(code: str, status: int = 403, message: str = "no") -> dict[str, object]:
    return {LISTING: HttpResponse(status, {}, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())}


class SetUp(NamedTuple):
    """A service with one fault: what is changed, which check finds it, and parts of what that says and of its remedy."""

    name: str
    check: str
    seen: str
    remedy: str
    variables: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default
    answers: dict[str, object] = {}  # noqa: RUF012
    files: dict[str, str] = {}  # noqa: RUF012
    declared: str = ""
    verdict: CheckVerdict = CheckVerdict.BAD


NOTE = CheckVerdict.NOTE
BROKEN = (
    SetUp("static keys in the environment", "environment", "`AWS_ACCESS_KEY_ID` set", "unset them", {"AWS_ACCESS_KEY_ID": "AKIA"}),
    SetUp(
        "a workflow that holds a session already",
        "environment",
        "`AWS_SESSION_TOKEN` set",
        "output-env-credentials: false",
        {"GITHUB_ACTIONS": "true", "AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "y"},
    ),
    SetUp("another profile in force", "environment", "`AWS_PROFILE` set", "unset", {"AWS_PROFILE": "admin", "HOME": "/h"}),
    SetUp("the task's own role", "environment", "RELATIVE_URI` set", "unset", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2"}),
    SetUp(
        "keys in the default profile",
        "profile",
        "`/h/.aws/credentials` has",
        "move",
        {"HOME": "/h"},
        {},
        {"/h/.aws/credentials": PROFILE_KEYS},
    ),
    SetUp(
        "a login in the default profile", "profile", "/h/c", "move", {"AWS_CONFIG_FILE": "/h/c"}, {}, {"/h/c": "[default]\nsso_session=x\n"}
    ),
    SetUp("the cache turned off", "cache", "turned off", "", {"BUCKETPASS_CACHE": "off"}, verdict=NOTE),
    SetUp("a cache that cannot be made", "cache", "`/proc/x` cannot be used", "Remove it", {"BUCKETPASS_CACHE": "/proc/x"}),
    SetUp("no role", "role", "no role", "AWS_ROLE_ARN", {"AWS_ROLE_ARN": ""}),
    SetUp("a name for a role", "role", "`trainer` is not a role ARN", "AWS_ROLE_ARN", {"AWS_ROLE_ARN": "trainer"}),
    SetUp("a session for a role", "role", "not a role ARN", "ARN", {"AWS_ROLE_ARN": "arn:aws:sts::111122223333:assumed-role/x/y"}),
    SetUp(
        "a role of China, a Region of the rest",
        "role",
        "partition `aws-cn`",
        "AWS_REGION",
        {"AWS_ROLE_ARN": ROLE.replace("arn:aws:", "arn:aws-cn:"), "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_STS": ""},
    ),
    SetUp("a duration in words", "role", "got the duration `an hour`", "the option", {"BUCKETPASS_DURATION": "an hour"}),
    SetUp("a session policy that is gone", "role", "cannot read the session policy", "the option", {"BUCKETPASS_POLICY_FILE": "/nope"}),
    SetUp("STS over http", "role", "in clear text", "the option", {"AWS_ENDPOINT_URL_STS": "http://sts.test"}),
    SetUp("no token", "source", "no token source", "set BUCKETPASS_TOKEN_FILE", {"BUCKETPASS_TOKEN": ""}),
    SetUp("a source of no kind", "source", "`gihub` is not a kind", "correct", {"BUCKETPASS_TOKEN_SOURCE": "gihub"}),
    SetUp(
        "a job without permission",
        "source",
        "may not ask for tokens",
        "id-token: write",
        {"BUCKETPASS_TOKEN": "", "GITHUB_ACTIONS": "true"},
    ),
    SetUp("a job without id_tokens", "source", "`GITLAB_CI` is set", "gitlab", {"BUCKETPASS_TOKEN": "", "GITLAB_CI": "true"}),
    SetUp("a token file that is not there", "token", "cannot read the token file `/t`", "", {"BUCKETPASS_TOKEN_FILE": "/t"}),
    SetUp("an empty token file", "token", "empty", "agent", {"BUCKETPASS_TOKEN_FILE": "/t"}, {}, {"/t": "\n"}),
    SetUp("an opaque token", "token", "opaque", "id_token", {"BUCKETPASS_TOKEN": "gho_x"}),
    SetUp("two tokens in one file", "token", "white space", "one line", {"BUCKETPASS_TOKEN_FILE": "/t"}, {}, {"/t": "a.b.c\na.b.c\n"}),
    SetUp("an encrypted token", "token", "JWE", "id_token", {"BUCKETPASS_TOKEN": "a.b.c.d.e"}),
    SetUp("a token of HS256", "token", "`HS256`", "signing key", {"BUCKETPASS_TOKEN": "eyJhbGciOiJIUzI1NiJ9.e30.x"}),
    SetUp("a token without subject", "token", "no `sub`", "another kind", {"BUCKETPASS_TOKEN": token(sub=None)}),
    SetUp("a token that has expired", "claims", "expired 301 s ago", "renews", {"BUCKETPASS_TOKEN": token(exp=int(NOW) - 301)}),
    SetUp("a token of tomorrow", "claims", "not valid before 301 s", "clock", {"BUCKETPASS_TOKEN": token(nbf=int(NOW) + 301)}),
    SetUp("a token without end", "claims", "no `exp`", "another kind", {"BUCKETPASS_TOKEN": token(exp=None)}),
    SetUp("a token for two", "claims", "2 audiences", "exactly one", {"BUCKETPASS_TOKEN": token(aud=["a", "b"])}),
    SetUp("a token for another", "claims", "`s3-data`, expected `x`", "ask the issuer", {"BUCKETPASS_AUDIENCE": "x"}),
    SetUp(
        "CircleCI's token for its organisation",
        "claims",
        "expected `s3`",
        """run oidc get --claims {"aud":"s3"}""",
        {"BUCKETPASS_TOKEN": "", "CIRCLECI": "true", "CIRCLE_OIDC_TOKEN_V2": token(aud="b1e0"), "BUCKETPASS_AUDIENCE": "s3"},
    ),
    SetUp(
        "GitLab's token for another than the declared audience",
        "trust",
        "audience",
        "{aud: s3-data}",
        {"BUCKETPASS_TOKEN": "", "GITLAB_CI": "true", "GITLAB_OIDC_TOKEN": token(aud="vault")},
        declared="trainer",
    ),
    SetUp("a name that does not resolve", "endpoint", "not known", "DNS", {}, {STS: socket.gaierror(-2, "Name or service not known")}),
    SetUp(
        "nobody at the address", "endpoint", "Connection refused", "address", {}, {STS: ConnectionRefusedError(111, "Connection refused")}
    ),
    SetUp("a firewall", "endpoint", "no answer in time", "firewalls", {}, {STS: TimeoutError("no answer in time")}),
    SetUp("an unknown authority", "endpoint", "self-signed certificate", "AWS_CA_BUNDLE", {}, {STS: CERTIFICATE}),
    SetUp("authorities that cannot be read", "endpoint", "cannot read", "PEM", {}, {STS: UnreadableAuthorities("cannot read `/ca`")}),
    SetUp("http where TLS is spoken", "endpoint", "wrong version", "TLS", {}, {STS: ssl.SSLError(1, "wrong version number")}),
    SetUp(
        "a clock that is 20 minutes late",
        "clock",
        "1,200 s behind",
        "NTP",
        {},
        {STS: [HttpResponse(302, {"date": "Tue, 24 Nov 2026 12:20:00 GMT"}, b""), HttpResponse(200, {}, granted(1, NOW + 3600).encode())]},
    ),
    SetUp("an issuer over http", "issuer", "is not https", "https", {"BUCKETPASS_TOKEN": token(iss="http://issuer.test")}),
    SetUp(
        "an issuer that only AWS reaches",
        "issuer",
        "no answer in time",
        "",
        {},
        {DISCOVERY: TimeoutError("no answer in time")},
        verdict=NOTE,
    ),
    SetUp("an issuer with a slash", "issuer", "discovery is of `https://issuer.test/`", "slash", {}, {DISCOVERY: {"issuer": f"{ISSUER}/"}}),
    SetUp("a key that is not published", "issuer", "the key `1`", "new token", {}, {f"{ISSUER}/keys": {"keys": [{"kid": "2"}]}}),
    SetUp("a subject that is not declared", "trust", "subject is `trainer`", "`trainer` in the declaration", declared="other"),
    SetUp(
        "a role that is not declared",
        "trust",
        "no role `arn:aws:iam::1",
        "it has",
        {"AWS_ROLE_ARN": ROLE.replace("trainer", "x")},
        declared="trainer",
    ),
    SetUp(
        "another account's role",
        "exchange",
        "AccessDenied",
        "account `111122223333`",
        {},
        sts_answers("AccessDenied", 403),
        declared="trainer",
    ),
    SetUp("a trust without the token", "exchange", "AccessDenied", "trust policy", {}, sts_answers("AccessDenied", 403)),
    SetUp("no provider in IAM", "exchange", "InvalidIdentityToken", "provider in IAM", {}, sts_answers("InvalidIdentityToken")),
    SetUp("an issuer that AWS cannot reach", "exchange", "IDPCommunicationError", "internet", {}, sts_answers("IDPCommunicationError")),
    SetUp("a duration beyond the role's", "exchange", "ValidationError", "maximum", {}, sts_answers("ValidationError")),
    SetUp("a Region that is turned off", "exchange", "RegionDisabled", "AWS_REGION", {}, sts_answers("RegionDisabledException", 403)),
    SetUp("a portal in place of STS", "exchange", "unreadable-answer", "portal", {}, {STS: HttpResponse(200, DATE, b"<html>")}),
    SetUp(
        "S3 that is not reached",
        "data",
        "Connection refused",
        "AWS_ENDPOINT_URL_S3",
        {},
        {LISTING: ConnectionRefusedError(111, "Connection refused")},
    ),
    SetUp(
        "a prefix that is not granted",
        "data",
        "AccessDenied",
        "read s3://datasets/raw/",
        {},
        s3_answers("AccessDenied"),
        declared="trainer",
    ),
    SetUp("a bucket that is not there", "data", "NoSuchBucket", "`name:`", {}, s3_answers("NoSuchBucket", 404)),
    SetUp("a bucket of another Region", "data", "PermanentRedirect", "AWS_REGION", {}, s3_answers("PermanentRedirect", 301)),
    SetUp("S3's clock", "data", "RequestTimeTooSkewed", "NTP", {}, s3_answers("RequestTimeTooSkewed")),
)


def test_a_healthy_service_is_good_in_every_check(tmp_path: Path) -> None:
    found = findings(tmp_path)
    assert {name: finding.verdict for name, finding in found.items() if finding.verdict is not CheckVerdict.GOOD} == {
        "trust": CheckVerdict.SKIPPED
    }


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name.replace(" ", "-"))
def test_each_broken_set_up_is_found_where_it_is_with_its_remedy(tmp_path: Path, broken: SetUp) -> None:
    declared = DECLARATION.replace("SUBJECT", broken.declared) if broken.declared else None
    found = findings(tmp_path, server(**broken.answers), None, declared, files=broken.files, **broken.variables)
    finding = found[broken.check]
    assert (finding.verdict, finding.code != "") == (broken.verdict, True)
    assert broken.seen in finding.seen
    assert broken.remedy in finding.remedy
    assert finding.remedy
    # The links before it hold, so that whoever begins with the first that is wrong begins here.
    before = list(found)[: list(found).index(broken.check)]
    assert [name for name in before if found[name].verdict is CheckVerdict.BAD] == []


def test_what_hangs_on_a_broken_link_is_skipped(tmp_path: Path) -> None:
    found = findings(tmp_path, BUCKETPASS_TOKEN="opaque")
    assert [found[name].verdict for name in ("claims", "issuer", "exchange", "data")] == [CheckVerdict.SKIPPED] * 4


@pytest.mark.parametrize(
    ("changes", "answers", "cause"),
    [
        ({"BUCKETPASS_TOKEN": token(exp=int(NOW) - 301)}, {}, "claims"),
        ({}, {STS: ConnectionRefusedError(111, "Connection refused")}, "endpoint"),
    ],
)
def test_one_cause_is_told_once(tmp_path: Path, changes: dict[str, str], answers: dict[str, object], cause: str) -> None:
    found = findings(tmp_path, server(**answers), files={}, **changes)
    assert [name for name, finding in found.items() if finding.verdict is CheckVerdict.BAD] == [cause]
    assert found["exchange"].verdict is CheckVerdict.SKIPPED


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    text = token()
    shown = " ".join(finding.seen + finding.remedy for finding in findings(tmp_path, text=text).values())
    assert text.rpartition(".")[2] not in shown
    assert "secret/1" not in shown

"""What the doctor sees."""

import ssl
from pathlib import Path

import pytest
from tests.fake_machine import NOON, Server, fake_machine
from tests.integration.fake_sts import ROLE, granted, refused
from tests.tokens import unsigned_token

from bucketpass.credentials.address import parse_address
from bucketpass.credentials.cache import HostCache
from bucketpass.credentials.claims import identity_of
from bucketpass.credentials.doctor import CheckResult, CheckVerdict, Patient, examine
from bucketpass.credentials.entry import encode_entry, encode_refusal
from bucketpass.credentials.host import entry_name, failure_names
from bucketpass.credentials.rules import rule_for
from bucketpass.credentials.values import Credentials, Refusal, RoleToAssume
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.model import parse_access
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpResponse
from bucketpass.wire.network import UnreadableAuthorities

NOW = NOON.timestamp()
STS = "https://sts.test/"
ISSUER = "https://issuer.test"
DATE = {"date": "Tue, 24 Nov 2026 12:00:00 GMT"}
LISTING = "http://s3.test/datasets"


def token(**changes: object) -> str:
    return unsigned_token(claims={"iat": int(NOW), "exp": int(NOW) + 300, **changes})


def server(**changes: object) -> Server:
    answers: dict[str, object] = {
        STS: [HttpResponse(302, DATE, b""), HttpResponse(200, DATE, granted(1, NOW + 3600).encode())],
        f"{ISSUER}/.well-known/openid-configuration": {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"},
        f"{ISSUER}/keys": {"keys": [{"kid": "1"}]},
        LISTING: b"<ListBucketResult/>",
    }
    return Server(answers | changes)


def findings(
    tmp_path: Path,
    answers: Server | None = None,
    text: str | None = None,
    access: str | None = None,
    address: str = "s3://datasets/raw/",
    **variables: str,
) -> dict[str, CheckResult]:
    own = {
        "AWS_ROLE_ARN": ROLE,
        "BUCKETPASS_TOKEN": text or token(),
        "AWS_ENDPOINT_URL_STS": STS,
        "BUCKETPASS_CACHE": str(tmp_path / "cache"),
        **variables,
    }
    machine = fake_machine(own, server=answers or server())
    values = {"role-arn": own["AWS_ROLE_ARN"], "endpoint-url": STS, "cache": own["BUCKETPASS_CACHE"]}
    patient = Patient(
        values, machine, parse_access(access, "access.yaml") if access else None, None, parse_address(address), "http://s3.test"
    )
    return {finding.check: finding for finding in examine(patient)}


def certificate_refused() -> OSError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate (_ssl.c:1006)")
    error.verify_message = "self-signed certificate"
    return error


def test_a_healthy_service_is_good_in_every_check(tmp_path: Path) -> None:
    found = findings(tmp_path)
    assert {name: finding.verdict for name, finding in found.items() if finding.verdict is not CheckVerdict.GOOD} == {
        "trust": CheckVerdict.SKIPPED
    }


@pytest.mark.parametrize(
    ("check", "answers", "changes", "says"),
    [
        ("environment", {}, {"AWS_ACCESS_KEY_ID": "AKIA"}, "`AWS_ACCESS_KEY_ID` set"),
        ("role", {}, {"AWS_ROLE_ARN": "trainer"}, "not a role ARN"),
        ("source", {}, {"BUCKETPASS_TOKEN": ""}, "no token source"),
        ("token", {}, {"BUCKETPASS_TOKEN": "opaque"}, "opaque"),
        ("endpoint", {STS: ConnectionRefusedError(111, "Connection refused")}, {}, "Connection refused"),
        ("claims", {}, {"BUCKETPASS_TOKEN": token(exp=int(NOW) - 301)}, "expired 301 s ago"),
        ("issuer", {f"{ISSUER}/.well-known/openid-configuration": {"issuer": f"{ISSUER}/"}}, {}, "discovery is of `https://issuer.test/`"),
        ("issuer", {f"{ISSUER}/keys": {"keys": [{"kid": "2"}]}}, {}, "does not publish the key `1`"),
        (
            "exchange",
            {STS: [HttpResponse(302, DATE, b""), HttpResponse(403, DATE, refused("AccessDenied").encode())]},
            {},
            "AccessDenied",
        ),
        (
            "data",
            {LISTING: HttpResponse(403, {}, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")},
            {},
            "was not listed: AccessDenied",
        ),
    ],
)
def test_each_broken_link_is_found_with_its_remedy(
    tmp_path: Path, check: str, answers: dict[str, object], changes: dict[str, str], says: str
) -> None:
    finding = run(tmp_path, server(**answers), changes)[check]
    assert finding.verdict is CheckVerdict.BAD
    assert says in finding.seen
    assert finding.remedy


def run(tmp_path: Path, answers: Server, changes: dict[str, str]) -> dict[str, CheckResult]:
    return findings(tmp_path, answers, None, None, **changes)


def test_keys_in_the_default_profile_are_seen(tmp_path: Path) -> None:
    machine = fake_machine({"HOME": "/home/x"}, {"/home/x/.aws/credentials": "[default]\naws_access_key_id = AKIA\n"})
    finding = next(finding for finding in examine(Patient({}, machine)) if finding.check == "profile")
    assert finding.verdict is CheckVerdict.BAD
    assert "/home/x/.aws/credentials" in finding.seen


def test_a_profile_that_asks_bucketpass_is_no_fault() -> None:
    config = "[profile trainer]\ncredential_process = bucketpass credential-process\n"
    finding = next(examine(Patient({}, fake_machine({"HOME": "/h", "AWS_PROFILE": "trainer"}, {"/h/.aws/config": config}))))
    assert (finding.verdict, finding.seen) == (CheckVerdict.GOOD, "the profile `trainer` asks bucketpass")


def test_what_hangs_on_a_broken_link_is_skipped(tmp_path: Path) -> None:
    found = run(tmp_path, server(), {"BUCKETPASS_TOKEN": "opaque"})
    assert [found[name].verdict for name in ("claims", "issuer", "exchange", "data")] == [CheckVerdict.SKIPPED] * 4


@pytest.mark.parametrize(
    ("date", "verdict"), [("Tue, 24 Nov 2026 12:09:00 GMT", CheckVerdict.NOTE), ("Tue, 24 Nov 2026 12:20:00 GMT", CheckVerdict.BAD)]
)
def test_a_wrong_clock_is_seen(tmp_path: Path, date: str, verdict: CheckVerdict) -> None:
    answer = HttpResponse(302, {"date": date}, b"")
    found = run(tmp_path, server(**{STS: [answer, HttpResponse(200, {}, granted(1, NOW + 3600).encode())]}), {})
    assert found["clock"].verdict is verdict
    assert "behind STS" in found["clock"].seen


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_a_clock_that_could_not_be_compared_is_not_called_right(tmp_path: Path, headers: dict[str, str]) -> None:
    answers = [HttpResponse(302, headers, b""), HttpResponse(200, DATE, granted(1, NOW + 3600).encode())]
    assert run(tmp_path, server(**{STS: answers}), {})["clock"].verdict is CheckVerdict.NOTE


@pytest.mark.parametrize(
    ("answer", "bundle", "seen", "remedy"),
    [
        (certificate_refused(), "/ca.pem", "the certificate cannot be checked: self-signed certificate", "set AWS_CA_BUNDLE to the"),
        (UnreadableAuthorities("cannot read the authorities in `/nope`"), "/nope", "cannot read the authorities", "correct AWS_CA_BUNDLE"),
        (ssl.SSLError(1, "wrong version number"), "/ca.pem", "wrong version number", "who answers at this address"),
        (TimeoutError("no answer in time"), "/ca.pem", "no answer in time", "DNS, HTTPS_PROXY"),
        (PermissionError(1, "Operation not permitted"), "/ca.pem", "Operation not permitted", "firewalls"),
    ],
)
def test_why_sts_cannot_be_asked_is_told_apart(answer: OSError, bundle: str, seen: str, remedy: str) -> None:
    values = {"role-arn": ROLE, "endpoint-url": STS, "ca-bundle": bundle}
    patient = Patient(values, fake_machine({}, {"/ca.pem": "authorities"}, server=server(**{STS: answer})))
    finding = next(finding for finding in examine(patient) if finding.check == "endpoint")
    assert finding.verdict is CheckVerdict.BAD
    assert seen in finding.seen
    assert remedy in finding.remedy


def test_s3s_word_on_the_clock_has_its_remedy(tmp_path: Path) -> None:
    answer = HttpResponse(403, {}, b"<Error><Code>RequestTimeTooSkewed</Code><Message>too large</Message></Error>")
    assert run(tmp_path, server(**{LISTING: answer}), {})["data"].remedy == "Set this machine's clock; run an NTP client."


def test_an_issuer_that_only_aws_can_reach_is_no_fault(tmp_path: Path) -> None:
    answers = server(**{f"{ISSUER}/.well-known/openid-configuration": TimeoutError("no answer in time")})
    assert run(tmp_path, answers, {})["issuer"].verdict is CheckVerdict.NOTE


DECLARATION = """
issuers:
  okta: {preset: generic, url: "https://issuer.test", audience: s3-data}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: okta, subject: SUBJECT}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
"""


@pytest.mark.parametrize(("subject", "verdict"), [("trainer", CheckVerdict.GOOD), ("other", CheckVerdict.BAD)])
def test_the_token_is_compared_with_the_declaration(tmp_path: Path, subject: str, verdict: CheckVerdict) -> None:
    found = findings(tmp_path, access=DECLARATION.replace("SUBJECT", subject))
    assert found["trust"].verdict is verdict


DENIED = "User: x is not authorized to perform: s3:{} on resource: y because no identity-based policy allows it"


def denied(action: str) -> HttpResponse:
    return HttpResponse(403, {}, f"<Error><Code>AccessDenied</Code><Message>{DENIED.format(action)}</Message></Error>".encode())


def test_where_the_data_is_denied_the_declared_grants_are_named(tmp_path: Path) -> None:
    found = findings(tmp_path, server(**{LISTING: denied("ListBucket")}), access=DECLARATION.replace("SUBJECT", "trainer"))
    assert "a grant for, or add one: read s3://datasets/raw/" in found["data"].remedy


@pytest.mark.parametrize(("action", "absent"), [("ListBucket", True), ("GetObject", False)])
def test_a_key_that_is_not_there_is_thought_of_where_s3_hides_it(tmp_path: Path, action: str, absent: bool) -> None:
    found = findings(tmp_path, server(**{f"{LISTING}/raw/x": denied(action)}), address="s3://datasets/raw/x")
    assert ("see first that the key is there" in found["data"].remedy) is absent


@pytest.mark.parametrize(
    ("changes", "answers", "cause"),
    [
        ({"BUCKETPASS_TOKEN": token(exp=int(NOW) - 301)}, {}, "claims"),
        ({}, {STS: ConnectionRefusedError(111, "Connection refused")}, "endpoint"),
    ],
)
def test_one_cause_is_told_once(tmp_path: Path, changes: dict[str, str], answers: dict[str, object], cause: str) -> None:
    found = run(tmp_path, server(**answers), changes)
    assert [name for name, finding in found.items() if finding.verdict is CheckVerdict.BAD] == [cause]
    assert found["exchange"].verdict is CheckVerdict.SKIPPED


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    text = token()
    shown = " ".join(finding.seen + finding.remedy for finding in findings(tmp_path, text=text).values())
    assert text.rpartition(".")[2] not in shown
    assert "secret/1" not in shown


def test_a_workflow_that_holds_a_session_already_is_told_where_it_came_from(tmp_path: Path) -> None:
    held: dict[str, str] = {"GITHUB_ACTIONS": "true", "AWS_ACCESS_KEY_ID": "ASIA1", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "y"}
    finding = findings(tmp_path, None, **held)["environment"]
    assert (finding.verdict, "aws-actions/configure-aws-credentials" in finding.remedy) == (CheckVerdict.BAD, True)


class Cached:
    """A service whose session is in the host's cache."""

    def __init__(self, directory: Path, instance: str = "") -> None:
        self.directory = directory
        self.role = RoleToAssume(ROLE, endpoint_url=STS)
        read = read_token(token())
        assert isinstance(read, UnverifiedToken)
        self.identity = identity_of(read)
        self.store = HostCache(str(directory / "cache"))
        self.name = entry_name(self.role, self.identity)
        held = Credentials("ASIA1", Secret("s"), Secret("t"), NOW - 600, NOW + 3000, ROLE, self.identity, 0.0, instance)
        self.store.write(self.name, encode_entry(held, NOW + 1000))

    def finding(self) -> CheckResult:
        return findings(self.directory)["session"]


def test_what_exec_would_use_from_the_cache_is_said(tmp_path: Path) -> None:
    assert "has none" in findings(tmp_path / "other")["session"].seen
    assert Cached(tmp_path).finding().seen == "the cache has one that is good for 2,970 s: `exec` uses it"


def test_a_renewal_that_fails_unseen_is_a_finding(tmp_path: Path) -> None:
    cached = Cached(tmp_path)
    refusal = Refusal("AccessDenied", "no", rule_for("AccessDenied", 403), 403)
    for file in failure_names(cached.name):
        cached.store.write(file, encode_refusal(refusal, NOW))
        finding = cached.finding()
        assert (finding.verdict, finding.code, "AccessDenied: no" in finding.seen) == (CheckVerdict.NOTE, "renewal-fails", True)
        cached.store.remove(file)


def test_a_session_of_a_sandbox_that_has_ended_is_not_taken_for_good(tmp_path: Path) -> None:
    assert Cached(tmp_path, instance="ended").finding().code == "session-of-another-sandbox"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"CIRCLECI": "true", "CIRCLE_OIDC_TOKEN_V2": token()}, "circleci run oidc get"),
        ({"GITLAB_CI": "true", "GITLAB_OIDC_TOKEN": token()}, "aud: s3"),
    ],
)
def test_a_source_that_gives_another_audience_is_told_how_to_give_this_one(tmp_path: Path, variables: dict[str, str], says: str) -> None:
    machine = fake_machine({"AWS_ROLE_ARN": ROLE, **variables}, server=server())
    results = {each.check: each for each in examine(Patient({"role-arn": ROLE, "audience": "s3", "cache": "off"}, machine))}
    assert results["claims"].verdict is CheckVerdict.BAD
    assert says in results["claims"].remedy


def test_where_the_declaration_admits_what_sts_denies_the_account_is_in_doubt(tmp_path: Path) -> None:
    answers = server(**{STS: [HttpResponse(302, DATE, b""), HttpResponse(403, DATE, refused("AccessDenied").encode())]})
    declared = DECLARATION.replace("SUBJECT", "trainer")
    finding = findings(tmp_path, answers, access=declared)["exchange"]
    assert "account `111122223333`" in finding.remedy

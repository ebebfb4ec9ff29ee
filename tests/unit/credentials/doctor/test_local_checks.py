"""What the doctor sees on the machine itself."""

import ssl
from pathlib import Path

from tests.examined import DATE, NOW, STS, findings, server, token
from tests.fake_machine import fake_machine
from tests.integration.fake_sts import ROLE, refused

from bucketpass.credentials.cache import HostCache
from bucketpass.credentials.claims import identity_of
from bucketpass.credentials.doctor import CheckResult, CheckVerdict, ExaminedService, examine
from bucketpass.credentials.doctor.local_checks import audience_remedy
from bucketpass.credentials.entry import encode_entry, encode_refusal
from bucketpass.credentials.host import entry_name, failure_names
from bucketpass.credentials.rules import rule_for
from bucketpass.credentials.sts import INSTANCE_PATH
from bucketpass.credentials.values import Credentials, Refusal, RoleToAssume
from bucketpass.identity.oauth import ClientCredentialsSource
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpResponse


def test_a_profile_that_asks_bucketpass_is_no_fault() -> None:
    config = "[profile trainer]\ncredential_process = bucketpass credential-process\n"
    finding = next(examine(ExaminedService({}, fake_machine({"HOME": "/h", "AWS_PROFILE": "trainer"}, {"/h/.aws/config": config}))))
    assert (finding.verdict, finding.seen) == (CheckVerdict.GOOD, "the profile `trainer` asks bucketpass")


def test_what_is_to_be_set_for_an_audience_keeps_the_name_of_its_variable() -> None:
    machine = fake_machine({})
    source = ClientCredentialsSource(machine, "batch", Secret("s"), "https://hydra.example.org/", None, None, None)
    remedy = audience_remedy(ExaminedService({}, machine, source=source), "s3-data")
    assert "set BUCKETPASS_OAUTH_AUDIENCE=s3-data," in remedy


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


def test_what_exec_would_use_is_looked_up_by_the_same_options(tmp_path: Path) -> None:
    Cached(tmp_path)
    assert "has none" in findings(tmp_path, BUCKETPASS_DURATION="900")["session"].seen
    assert "has none" in findings(tmp_path, text=token(sub="other"))["session"].seen


def test_a_session_in_the_cache_is_no_sign_that_sts_still_gives_one(tmp_path: Path) -> None:
    Cached(tmp_path)
    answers = server(**{STS: [HttpResponse(302, DATE, b""), HttpResponse(403, DATE, refused("AccessDenied").encode())]})
    found = findings(tmp_path, answers)
    assert (found["session"].verdict, found["exchange"].verdict) == (CheckVerdict.GOOD, CheckVerdict.BAD)


def test_a_sandbox_that_cannot_be_asked_is_not_said_to_have_ended(tmp_path: Path) -> None:
    Cached(tmp_path, instance="this")
    untrusted = server(**{STS + INSTANCE_PATH: ssl.SSLCertVerificationError("no authority")})
    found = findings(tmp_path, untrusted)["session"]
    assert (found.verdict, "cannot be asked" in found.seen) == (CheckVerdict.SKIPPED, True)

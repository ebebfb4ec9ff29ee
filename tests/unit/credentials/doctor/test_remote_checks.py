"""What the doctor hears from STS, the issuer and S3."""

from pathlib import Path

import pytest
from tests.examined import DATE, DECLARATION, LISTING, NOW, STS, findings, server
from tests.integration.fake_sts import granted, refused

from bucketpass.credentials.doctor import CheckVerdict
from bucketpass.wire.client import HttpResponse


@pytest.mark.parametrize(
    ("date", "verdict"), [("Tue, 24 Nov 2026 12:09:00 GMT", CheckVerdict.NOTE), ("Tue, 24 Nov 2026 12:20:00 GMT", CheckVerdict.BAD)]
)
def test_a_wrong_clock_is_seen(tmp_path: Path, date: str, verdict: CheckVerdict) -> None:
    answer = HttpResponse(302, {"date": date}, b"")
    found = findings(tmp_path, server(**{STS: [answer, HttpResponse(200, {}, granted(1, NOW + 3600).encode())]}))
    assert found["clock"].verdict is verdict
    assert "behind STS" in found["clock"].seen


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_a_clock_that_could_not_be_compared_is_not_called_right(tmp_path: Path, headers: dict[str, str]) -> None:
    answers = [HttpResponse(302, headers, b""), HttpResponse(200, DATE, granted(1, NOW + 3600).encode())]
    assert findings(tmp_path, server(**{STS: answers}))["clock"].verdict is CheckVerdict.NOTE


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


def test_who_reads_a_prefix_without_its_slash_learns_how_it_is_listed(tmp_path: Path) -> None:
    found = findings(tmp_path, server(**{f"{LISTING}/raw": denied("GetObject")}), address="s3://datasets/raw")
    assert found["data"].remedy.startswith("to list a prefix, end it with a slash: `s3://datasets/raw/`.")


def test_the_doctor_does_not_send_people_to_itself(tmp_path: Path) -> None:
    body = refused("InvalidIdentityToken").encode()
    answers = [HttpResponse(302, DATE, b""), *[HttpResponse(400, DATE, body)] * 3]
    found = findings(tmp_path, server(**{STS: answers}))["exchange"]
    assert found.verdict is CheckVerdict.BAD
    assert "doctor" not in found.remedy

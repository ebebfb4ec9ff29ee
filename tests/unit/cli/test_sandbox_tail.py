from datetime import UTC, datetime
from typing import Any

import pytest

from bucketpass.cli.sandbox_tail import selected, show, since_time
from bucketpass.errors import RequestError

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TRAINER = {"arn": "arn:aws:sts::111122223333:assumed-role/bucketpass-trainer/x", "accessKeyId": "ASIA"}
ADMINISTRATOR = {"arn": "arn:aws:iam::111122223333:role/platform-admin", "accessKeyId": "AKIAADMIN"}
READ = {"userIdentity": TRAINER, "eventTime": "2026-01-31T11:00:00Z"}
DENIED = {"userIdentity": TRAINER, "eventTime": "2026-01-31T11:58:00Z", "errorCode": "AccessDenied"}
MADE = {"userIdentity": ADMINISTRATOR, "eventTime": "2026-01-31T10:00:00Z"}
UNSIGNED = {"userIdentity": {"accountId": "anonymous"}, "eventTime": "2026-01-31T11:59:00Z", "errorCode": "AccessDenied"}
NOT_ADMITTED = UNSIGNED | {"requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/bucketpass-trainer"}}
RECORDS: list[dict[str, Any]] = [MADE, READ, DENIED, UNSIGNED]


def shown(*, denied: bool = False, service: str | None = None, since: str | None = None, everything: bool = False) -> list[object]:
    moment = since_time(since, NOW) if since else None
    choose = selected(denied=denied, service=service, since=moment, administrator=None if everything else "AKIAADMIN")
    return [record for record in RECORDS if choose(record)]


def test_the_administrators_requests_are_left_out_unless_asked_for() -> None:
    assert shown() == [READ, DENIED, UNSIGNED]
    assert shown(everything=True) == RECORDS


def test_records_are_chosen_by_result_service_and_time() -> None:
    assert shown(denied=True) == [DENIED, UNSIGNED]
    assert shown(service="trainer") == [READ, DENIED]
    assert shown(service="train") == []
    assert shown(since="5m") == [DENIED, UNSIGNED]
    assert shown(since="2026-01-31T11:59:00", denied=True) == [UNSIGNED]


def test_who_asks_for_a_services_role_is_that_services() -> None:
    assert selected(denied=True, service="trainer", since=None, administrator=None)(NOT_ADMITTED)
    assert not selected(denied=True, service="train", since=None, administrator=None)(NOT_ADMITTED)


@pytest.mark.parametrize("text", ["", "5", "m", "5w", "²m", "yesterday", "2026-13-01"])
def test_another_time_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="--since"):
        since_time(text, NOW)


def test_requests_stand_in_columns_with_the_prefix_of_a_listing_and_the_role_of_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    role = "arn:aws:iam::111122223333:role/bucketpass-trainer"
    more = {"path": "/datasets", "decisions": []}
    show(READ | {"eventName": "ListObjects", "requestParameters": {"prefix": "raw/"}, "additionalEventData": more})
    noted = more | {"note": "the token's audience is `x`"}
    identity = {"userIdentity": {"userName": "repo:acme/x"}, "requestParameters": {"roleArn": role}, "additionalEventData": noted}
    show(DENIED | identity | {"eventName": "AssumeRoleWithWebIdentity", "errorMessage": "no"})
    listed, refused = capsys.readouterr().out.splitlines()
    assert listed.endswith("/datasets?prefix=raw/  assumed-role/bucketpass-trainer/x")
    assert refused.endswith(f"{role}  repo:acme/x  no (the token's audience is `x`)")
    assert listed.index("/datasets") == refused.index(role)

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.unit.sandbox.inside import ACCOUNT, HOST, Inside, inside, request, text_of

from bucketpass.decide import Decision, StatementRef
from bucketpass.sandbox.events import AuthorizationResult, Event
from bucketpass.sandbox.trail import cloudtrail_record

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DENIED = AuthorizationResult(
    "s3:GetObject", "arn:aws:s3:::b/k", Decision(False, True, "explicitly denied by x", (StatementRef("bucket policy of b", 1, "Tls"),))
)


def record(principal: str, **changes: object) -> dict[str, object]:
    event = Event(
        7, NOW, "s3", "GetObject", "GET", "/b/k", True, principal, "ASIA", 403, "AccessDenied", "no", (DENIED,), "127.0.0.1", "boto3", "1.3"
    )
    return cloudtrail_record(event, account=ACCOUNT)


def test_a_refusal_is_recorded_with_its_decision() -> None:
    found = record(f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s")
    assert (found["eventName"], found["eventSource"], found["errorCode"], found["readOnly"]) == (
        "GetObject",
        "s3.amazonaws.com",
        "AccessDenied",
        True,
    )
    assert found["tlsDetails"] == {"tlsVersion": "TLSv1.3"}
    extra = found["additionalEventData"]
    assert isinstance(extra, dict)
    assert extra["decisions"] == [
        {
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::b/k",
            "allowed": False,
            "explicitDeny": True,
            "reason": "explicitly denied by x",
            "statements": [{"policy": "bucket policy of b", "index": 1, "sid": "Tls"}],
        }
    ]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("principal", "kind"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", "AssumedRole"),
        (f"arn:aws:iam::{ACCOUNT}:user/u", "IAMUser"),
        (f"arn:aws:iam::{ACCOUNT}:root", "Root"),
        ("", "AWSAccount"),
    ],
)
def test_who_asked_is_recorded_by_kind(principal: str, kind: str) -> None:
    identity = record(principal)["userIdentity"]
    assert isinstance(identity, dict)
    assert identity["type"] == kind


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def test_the_administrator_alone_reads_the_events(world: Inside) -> None:
    world.s3("PUT", "/bucket")
    path = "/_bucketpass/events"
    found = json.loads(text_of(world.s3("GET", f"{path}?since=0")))
    assert ([one["eventName"] for one in found["records"]], found["latest"]) == (["CreateBucket"], 1)
    assert json.loads(text_of(world.s3("GET", f"{path}?since=1"))) == {"latest": 1, "records": []}
    assert world.s3("GET", path, {}, b"", world.user("u", {"Effect": "Allow", "Action": "*", "Resource": "*"})).status == 403
    assert world.front(request("GET", path, {"Host": HOST})).status in (400, 403)

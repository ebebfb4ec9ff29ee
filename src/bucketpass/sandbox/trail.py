"""Events in the form of CloudTrail's records and files, with what CloudTrail does not have: each decision and its statement.

Source: AWS CloudTrail User Guide, "CloudTrail record contents" (version 1.11) and "CloudTrail log file examples"; S3 User Guide,
"CloudTrail events" [A]. `additionalEventData.decisions` is ours.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from secrets import choice
from string import ascii_letters, digits
from uuid import NAMESPACE_URL, uuid5

from bucketpass.aws.arn import object_arn
from bucketpass.requests.s3 import S3Call
from bucketpass.sandbox.events import AssumedSession, AuthorizationResult, Event, EventLog

__all__ = ["TrailWriter", "cloudtrail_record", "request_parameters"]

_READING = ("Get", "Head", "List", "Describe")
# CloudTrail records both listings under one name.
_EVENT_NAMES = {"ListObjectsV2": "ListObjects"}
# Headers that CloudTrail keeps beside the query's parameters: those that say what is done, none that says who does it.
_KEPT_HEADERS = frozenset({"if-match", "if-none-match"})
_KEPT_HEADER_PREFIX = "x-amz-"
_LEFT_OUT = frozenset(
    {"x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent", "x-amz-trailer", "x-amz-sdk-checksum-algorithm"}
)
_RECORDS_A_FILE = 5_000
_SECONDS_A_FILE = 5.0


def request_parameters(call: S3Call) -> dict[str, str]:
    """The parameters of an S3 call as CloudTrail has them: bucket, key, query and headers side by side, without what signs it."""
    found = {name: value for name, value in call.headers.items() if _is_kept(name)}
    if call.parameters:
        found |= {name: value for name, value in call.parameters.items() if not name.lower().startswith(_KEPT_HEADER_PREFIX)}
    if call.bucket:
        found["bucketName"] = call.bucket
    if call.key:
        found["key"] = call.key
    return found


@lru_cache(maxsize=1024)
def _is_kept(name: str) -> bool:
    of_call = name.startswith(_KEPT_HEADER_PREFIX) and name not in _LEFT_OUT and not name.startswith(("x-amz-meta-", "x-amz-checksum-"))
    return of_call or name in _KEPT_HEADERS


def cloudtrail_record(event: Event, *, account: str, partition: str = "aws") -> dict[str, object]:
    """`event` as CloudTrail would have recorded it."""
    ours: dict[str, object] = {
        "sequence": event.number,
        "method": event.method,
        "path": event.path,
        "status": event.status,
        "decisions": [_decision(one) for one in event.authorizations],
    }
    record: dict[str, object] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(event, account),
        "eventTime": event.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{event.service}.amazonaws.com",
        "eventName": _EVENT_NAMES.get(event.operation, event.operation),
        "awsRegion": event.region,
        "sourceIPAddress": event.source_ip,
        "userAgent": event.user_agent,
        "requestParameters": _parameters(event),
        "responseElements": _response(event.assumed) if event.assumed is not None else None,
        "additionalEventData": ours,
        "resources": _resources(event, account, partition),
        "eventID": str(uuid5(NAMESPACE_URL, f"{account}/{event.time.isoformat()}/{event.number}")),
        "requestID": f"{event.number:016X}",
        "readOnly": event.operation.startswith(_READING),
        "eventType": "AwsApiCall",
        "managementEvent": event.service != "s3",
        "eventCategory": "Data" if event.service == "s3" else "Management",
        "recipientAccountId": account,
    }
    if event.tls_version:
        record["tlsDetails"] = {"tlsVersion": f"TLSv{event.tls_version}"}
    if event.error:
        record |= {"errorCode": event.error, "errorMessage": event.message}
    if event.note:
        ours["note"] = event.note
    return record


def _parameters(event: Event) -> dict[str, object]:
    asked = event.assumed
    if asked is None:
        return dict(event.parameters)
    found: dict[str, object] = {"roleArn": asked.role_arn, "roleSessionName": asked.session_name, "durationSeconds": asked.seconds}
    return found | ({"principalTags": dict(asked.tags)} if asked.tags else {})


def _response(asked: AssumedSession) -> dict[str, object]:
    return {
        "credentials": {"accessKeyId": asked.access_key_id},
        "audience": asked.audience,
        "provider": asked.provider,
        "subjectFromWebIdentityToken": asked.subject,
        "sourceIdentity": asked.source_identity,
    }


def _resources(event: Event, account: str, partition: str) -> list[dict[str, object]]:
    bucket, key = event.parameters.get("bucketName"), event.parameters.get("key")
    if not bucket:
        return []
    found: list[dict[str, object]] = [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:{partition}:s3:::{bucket}"}]
    if key is not None:
        found.insert(0, {"type": "AWS::S3::Object", "ARN": object_arn(partition, bucket, key)})
    elif event.operation.startswith("ListObjects"):
        found.insert(0, {"type": "AWS::S3::Object", "ARNPrefix": f"arn:{partition}:s3:::{bucket}/{event.parameters.get('prefix', '')}"})
    return found


def _identity(event: Event, account: str) -> dict[str, object]:
    asked = event.assumed
    if asked is not None:
        return {
            "type": "WebIdentityUser",
            "principalId": f"{asked.provider}:{asked.audience}:{asked.subject}",
            "userName": asked.subject,
            "identityProvider": asked.provider,
        }
    if not event.principal:
        return {"type": "AWSAccount", "accountId": "anonymous", "principalId": "anonymous"}
    kinds = {":assumed-role/": "AssumedRole", ":user/": "IAMUser", ":root": "Root"}
    kind = next((name for mark, name in kinds.items() if mark in event.principal), "AWSAccount")
    identity: dict[str, object] = {"type": kind, "arn": event.principal, "accountId": account, "accessKeyId": event.access_key_id}
    if event.role_arn:
        issuer = {"type": "Role", "arn": event.role_arn, "accountId": account, "userName": event.role_arn.rpartition("/")[2]}
        identity["sessionContext"] = {"sessionIssuer": issuer, "webIdFederationData": {}}
    return identity


def _decision(result: AuthorizationResult) -> dict[str, object]:
    decision = result.decision
    return {
        "action": result.action,
        "resource": result.resource,
        "allowed": decision.allowed,
        "explicitDeny": decision.explicit_deny,
        "reason": decision.reason,
        "statements": [{"policy": ref.policy, "index": ref.index, "sid": ref.sid} for ref in decision.statements],
    }


class TrailWriter:
    """Writes the events of a log as CloudTrail's files below `directory`, in CloudTrail's layout.

    A file is written when it has 5,000 records, five seconds after its first, and at the end: whole, or not at all.
    """

    def __init__(self, directory: Path, account: str, partition: str) -> None:
        self._folder = directory / "AWSLogs" / account / "CloudTrail"
        self._account, self._partition = account, partition
        self._waiting: list[Event] = []
        self._changed = threading.Condition()
        self._ended = False

    @contextmanager
    def following(self, events: EventLog) -> Iterator[None]:
        """Every event of the block is in a file when it ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        thread = threading.Thread(target=self._write_until_the_end, name="trail", daemon=True)
        thread.start()
        try:
            with events.subscribe(self._add):
                yield
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()
            thread.join()

    def _add(self, event: Event) -> None:
        with self._changed:
            self._waiting.append(event)
            if len(self._waiting) in (1, _RECORDS_A_FILE):
                self._changed.notify()

    def _write_until_the_end(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                self._changed.wait_for(lambda: len(self._waiting) >= _RECORDS_A_FILE or self._ended, timeout=_SECONDS_A_FILE)
                events, self._waiting = self._waiting, []
                ended = self._ended
            for region in dict.fromkeys(event.region for event in events):
                self._write(region, [event for event in events if event.region == region])
            if ended and not events:
                return

    def _write(self, region: str, events: list[Event]) -> None:
        records = [cloudtrail_record(event, account=self._account, partition=self._partition) for event in events]
        delivered = events[-1].time
        folder = self._folder / region / delivered.strftime("%Y/%m/%d")
        folder.mkdir(parents=True, exist_ok=True)
        unique = "".join(choice(ascii_letters + digits) for _ in range(16))
        path = folder / f"{self._account}_CloudTrail_{region}_{delivered.strftime('%Y%m%dT%H%MZ')}_{unique}.json.gz"
        being_written = path.with_suffix(".part")
        with gzip.open(being_written, "wb") as file:
            file.write(json.dumps({"Records": records}, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
        being_written.replace(path)

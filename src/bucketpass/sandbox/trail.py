"""The event log in the form of CloudTrail records, with what CloudTrail has not: each decision and its statement.

Source: AWS CloudTrail user guide, "CloudTrail record contents" (version 1.11) [A]. `additionalEventData.decisions` is ours.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from bucketpass.sandbox.events import AuthorizationResult, Event

__all__ = ["cloudtrail_record"]

_READING = ("Get", "Head", "List", "Describe")


def cloudtrail_record(event: Event, *, account: str, region: str) -> dict[str, object]:
    """`event` as CloudTrail would have recorded it."""
    record: dict[str, object] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(event, account),
        "eventTime": event.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{event.service}.amazonaws.com",
        "eventName": event.operation,
        "awsRegion": region,
        "sourceIPAddress": event.source_ip,
        "userAgent": event.user_agent,
        "requestParameters": {"method": event.method, "path": event.path},
        "responseElements": None,
        "additionalEventData": {
            "sequence": event.number,
            "status": event.status,
            "decisions": [_decision(one) for one in event.authorizations],
        },
        "eventID": str(uuid5(NAMESPACE_URL, f"{account}/{event.time.isoformat()}/{event.number}")),
        "readOnly": event.operation.startswith(_READING),
        "eventType": "AwsApiCall",
        "managementEvent": event.service != "s3",
        "recipientAccountId": account,
    }
    if event.tls_version:
        record["tlsDetails"] = {"tlsVersion": f"TLSv{event.tls_version}"}
    if event.error:
        record |= {"errorCode": event.error, "errorMessage": event.message}
    return record


def _identity(event: Event, account: str) -> dict[str, object]:
    if not event.principal:
        return {"type": "AWSAccount", "accountId": "anonymous"}
    kinds = {":assumed-role/": "AssumedRole", ":user/": "IAMUser", ":root": "Root"}
    kind = next((name for mark, name in kinds.items() if mark in event.principal), "AWSAccount")
    return {"type": kind, "arn": event.principal, "accountId": account, "accessKeyId": event.access_key_id}


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

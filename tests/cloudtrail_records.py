"""CloudTrail records as S3 and STS write them, for tests."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import uuid4

ACCOUNT = "111122223333"


def s3_record(
    operation: str,
    bucket: str = "datasets",
    *,
    role: str = "bucketpass-trainer",
    time: str = "2026-11-30T10:00:00Z",
    error: str = "",
    access_key_id: str = "ASIAEXAMPLE",
    event_id: str | None = None,
    parameters: Mapping[str, object] | None = None,
    more: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """An event of a role session; `parameters` are those of the request beside the bucket, `more` further fields."""
    record: dict[str, object] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROAEXAMPLE:{role}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session",
            "accountId": ACCOUNT,
            "accessKeyId": access_key_id,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAEXAMPLE",
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/path/{role}",
                    "accountId": ACCOUNT,
                    "userName": role,
                },
                "webIdFederationData": {},
            },
        },
        "eventTime": time,
        "eventSource": "s3.amazonaws.com",
        "eventName": operation,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "requestParameters": {"bucketName": bucket, "Host": f"{bucket}.s3.us-east-1.amazonaws.com", **(parameters or {})},
        "responseElements": None,
        "additionalEventData": {"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader"},
        "requestID": uuid4().hex[:16].upper(),
        "eventID": event_id or str(uuid4()),
        "readOnly": operation.startswith(("Get", "Head", "List")),
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "eventCategory": "Data",
        "recipientAccountId": ACCOUNT,
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
    }
    if error:
        record |= {"errorCode": error, "errorMessage": "Access Denied"}
    return {**record, **(more or {})}


def web_identity_record(
    role: str,
    access_key_id: str,
    *,
    subject: str = "0oa1trainer",
    audience: str = "s3-data",
    provider: str = f"arn:aws:iam::{ACCOUNT}:oidc-provider/acme.okta.com/oauth2/default",
    tags: dict[str, str] | None = None,
    time: str = "2026-11-30T09:59:00Z",
) -> dict[str, object]:
    """The event of AssumeRoleWithWebIdentity that gave a session."""
    return {
        "userIdentity": {
            "type": "WebIdentityUser",
            "principalId": f"{provider}:{audience}:{subject}",
            "userName": subject,
            "identityProvider": provider,
        },
        "eventTime": time,
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithWebIdentity",
        "requestParameters": {
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/path/{role}",
            "roleSessionName": "session",
            "durationSeconds": 3600,
            **({"principalTags": tags} if tags else {}),
        },
        "responseElements": {
            "credentials": {"accessKeyId": access_key_id, "expiration": "Nov 30, 2026, 11:00:00 AM"},
            "audience": audience,
            "provider": provider,
            "subjectFromWebIdentityToken": subject,
        },
        "eventID": str(uuid4()),
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }


def write_trail(folder: Path, records: Iterable[dict[str, object]], name: str = "trail.json.gz") -> Path:
    """A file of CloudTrail."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with gzip.open(path, "wb") as file:
        file.write(json.dumps({"Records": list(records)}).encode())
    return path

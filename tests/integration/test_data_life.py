"""Lifecycle rules, CORS and events of a declared bucket, made by `up` at the sandbox and read by real boto3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.integration.test_adopted_bucket import aws  # noqa: F401 - the fixture

from bucketpass.cli.main import main
from bucketpass.provision.embedded.endpoint import RegionClients

pytestmark = pytest.mark.slow
ACCESS = """
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets:
  labels:
    lifecycle:
      keep_old_versions: 3
      expire_old_versions_days: 30
      rules:
        - {prefix: raw/, transitions: {GLACIER_IR: 90, DEEP_ARCHIVE: 200}, old_transitions: {STANDARD_IA: 30}, expire_days: 250}
        - {prefix: tmp/, tags: {keep_for: short, class: a}, expire_days: 3}
        - {tags: {class: b}, expire_days: 5}
    cors: [{origins: ["https://studio.example.com"], methods: [GET, PUT], headers: ["*"], expose: [ETag], max_age_seconds: 600}]
    event_bridge: true
    transfer_acceleration: true
  secret: {encryption: kms, dsse: true}
services:
  studio:
    identity: {issuer: okta, subject: 0oa1studio}
    grants: [{bucket: labels, prefix: raw/, access: [read, write]}, {bucket: secret, access: [read, write]}]
"""


def rules(s3: Any) -> dict[str, Any]:
    return {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket="labels")["Rules"]}


def test_the_settings_are_made_as_declared_and_once(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    Path("access.yaml").write_text(ACCESS)
    code = main(["up", "--yes"])
    assert code == 0, f"{capsys.readouterr().out}"
    found = rules(aws.s3)
    assert found["rule-1"]["Filter"] == {"Prefix": "raw/"}
    moves = [{"Days": 90, "StorageClass": "GLACIER_IR"}, {"Days": 200, "StorageClass": "DEEP_ARCHIVE"}]
    assert (found["rule-1"]["Transitions"], found["rule-1"]["Expiration"]) == (moves, {"Days": 250})
    assert found["rule-1"]["NoncurrentVersionTransitions"] == [{"NoncurrentDays": 30, "StorageClass": "STANDARD_IA"}]
    both = found["rule-2"]["Filter"]["And"]
    assert (both["Prefix"], {tag["Key"]: tag["Value"] for tag in both["Tags"]}) == ("tmp/", {"keep_for": "short", "class": "a"})
    assert found["expire-old-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3}
    (rule,) = aws.s3.get_bucket_cors(Bucket="labels")["CORSRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"], rule["ExposeHeaders"]) == (
        ["https://studio.example.com"],
        ["GET", "PUT"],
        ["ETag"],
    )
    assert aws.s3.get_bucket_accelerate_configuration(Bucket="labels")["Status"] == "Enabled"
    assert "EventBridgeConfiguration" in aws.s3.get_bucket_notification_configuration(Bucket="labels")
    # Uploads are encrypted in two layers, and may not ask for less.
    assert aws.s3.put_object(Bucket="secret", Key="1", Body=b"x")["ServerSideEncryption"] == "aws:kms:dsse"
    for asked in ("aws:kms", "AES256"):
        with pytest.raises(ClientError, match="AccessDenied"):
            aws.s3.put_object(Bucket="secret", Key="2", Body=b"x", ServerSideEncryption=asked)
    capsys.readouterr()
    assert main(["up", "--yes"]) == 0
    assert "updated" not in capsys.readouterr().out.replace("0 updated", "")
    later = ACCESS.replace("expire_days: 250", "expire_days: 300")
    Path("access.yaml").write_text(later.replace("    event_bridge: true\n    transfer_acceleration: true\n", ""))
    assert main(["up", "--yes"]) == 0
    assert rules(aws.s3)["rule-1"]["Expiration"] == {"Days": 300}
    assert "EventBridgeConfiguration" not in aws.s3.get_bucket_notification_configuration(Bucket="labels")
    assert aws.s3.get_bucket_accelerate_configuration(Bucket="labels")["Status"] == "Suspended"

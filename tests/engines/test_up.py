"""`bucketpass up --to rgw`: what a person sees, and what is there afterwards."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.engines.issuer import Issuer
from tests.engines.lab import answer
from tests.engines.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("engines")]

DECLARED = """\
name: command
issuers:
  own: {{preset: generic, url: "{url}", audience: s3-data}}
buckets:
  up-data:
    exclusive: true
    administrators: ["arn:aws:iam:::user/admin"]
services:
  trainer:
    identity: {{issuer: own, subject: trainer}}
    session: {{duration: {duration}}}
    grants:
      - {{bucket: up-data, prefix: raw data/, access: read}}
      - {{bucket: up-data, prefix: out/, access: [write, delete]}}
"""
WAIVERS = ("token-checks", "ownership", "encryption", "tls-version")
ROLE = "arn:aws:iam:::role/command-trainer"


def bucketpass(folder: Path, gateway: Site, command: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": gateway.access_key_id,
        "AWS_SECRET_ACCESS_KEY": gateway.secret_access_key.reveal(),
        "AWS_CA_BUNDLE": str(gateway.ca_bundle),
    }
    return subprocess.run(
        [sys.executable, "-m", "bucketpass", command, "--to", "rgw", "--endpoint", gateway.https_url, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def operations(done: subprocess.CompletedProcess[str]) -> dict[str, set[str]]:
    """By operation, the types of the resources."""
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, set[str]] = {}
    for step in json.loads(done.stdout)["steps"]:
        found.setdefault(step["operation"], set()).add(step["urn"].split("::")[2].rpartition("$")[2])
    return found


def session(gateway: Site, tokens: Issuer) -> Any:
    answered = gateway.client("sts", credentials={}).assume_role_with_web_identity(
        RoleArn=ROLE, RoleSessionName="trainer", WebIdentityToken=tokens.token()
    )
    return gateway.client("s3", credentials=answered["Credentials"])


def test_from_a_declaration_to_a_gateway_that_refuses_and_back(gateway: Site, tokens: Issuer, tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text(DECLARED.format(url=tokens.url, duration="2h"))
    waived = [word for name in WAIVERS for word in ("--waive", name)]

    refused = bucketpass(tmp_path, gateway, "up")
    assert refused.returncode == 3
    assert all(f"--waive {name}" in refused.stdout + refused.stderr for name in WAIVERS)

    assert "aws:iam/rolePolicy:RolePolicy" in operations(bucketpass(tmp_path, gateway, "up", "--json", *waived))["create"]
    assert operations(bucketpass(tmp_path, gateway, "up", "--json", *waived)).keys() == {"same"}

    administrator = gateway.client("s3")
    administrator.put_object(Bucket="up-data", Key="raw data/1", Body=b"body")
    trainer = session(gateway, tokens)
    asked = {
        ("get_object", "raw data/1"): 200,
        ("get_object", "raw+data/1"): 403,
        ("get_object", "out/1"): 403,
        ("put_object", "out/1"): 200,
        ("put_object", "raw data/1"): 403,
        ("delete_object", "out/1"): 204,
    }
    assert {(call, key): answer(getattr(trainer, call), Bucket="up-data", Key=key) for call, key in asked} == asked

    (tmp_path / "access.yaml").write_text(DECLARED.format(url=tokens.url, duration="3h"))
    changed = operations(bucketpass(tmp_path, gateway, "up", "--json", *waived))
    assert changed["replace"] == {"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"}
    assert answer(session(gateway, tokens).get_object, Bucket="up-data", Key="raw data/1") == 200

    for version in administrator.list_object_versions(Bucket="up-data")["Versions"]:
        administrator.delete_object(Bucket="up-data", Key=version["Key"], VersionId=version["VersionId"])
    for marker in administrator.list_object_versions(Bucket="up-data").get("DeleteMarkers", ()):
        administrator.delete_object(Bucket="up-data", Key=marker["Key"], VersionId=marker["VersionId"])
    down = bucketpass(tmp_path, gateway, "down", "--yes")
    assert down.returncode == 0, down.stdout
    assert answer(gateway.client("iam").get_role, RoleName="command-trainer") == 404

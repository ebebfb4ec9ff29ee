"""bucketpass's own credentials at Ceph's gateway: its dates, its ARNs and its forms are not AWS's to the letter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engines.lab import NUMBERS, Lab, allow, answer, document

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines")]


@pytest.mark.parametrize("path", ["/", "/ai/team/"])
def test_a_credential_process_gets_a_session_that_its_policy_narrows(path: str, lab: Lab, tmp_path: Path) -> None:
    name = f"service-{next(NUMBERS)}"
    lab.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=lab.trust())
    lab.roles.append(name)
    lab.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(allow("s3:GetObject", f"{lab.arn}/*")))
    for key in ("a folder/k", "raw/k"):
        lab.s3.put_object(Bucket=lab.bucket, Key=key, Body=b"body")
    (tmp_path / "token").write_text(lab.tokens.token())
    (tmp_path / "policy.json").write_text(json.dumps(json.loads(document(allow("s3:GetObject", f"{lab.arn}/a folder/*"))), indent=2))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BUCKETPASS_"))}
    options = {
        "--role-arn": f"arn:aws:iam:::role{path}{name}",
        "--token-file": str(tmp_path / "token"),
        "--policy-file": str(tmp_path / "policy.json"),
        "--endpoint-url": lab.gateway.https_url,
        "--ca-bundle": str(lab.gateway.ca_bundle),
        "--region": lab.gateway.region,
        "--cache": "off",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bucketpass", "credential-process", *(word for option in options.items() for word in option)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    session = lab.gateway.client("s3", credentials=json.loads(done.stdout))
    assert answer(session.get_object, Bucket=lab.bucket, Key="a folder/k") == 200
    assert answer(session.get_object, Bucket=lab.bucket, Key="raw/k") == 403

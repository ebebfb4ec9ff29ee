"""Every fault that the doctor is for, made by hand at a service of the sandbox: its link says so, and no other is blamed."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from tests.json_outputs import validated

from bucketpass.compile import Target, compile_access
from bucketpass.model import parse_access
from bucketpass.policy import policy_json
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]

DECLARATION = """
issuers:
  okta: {preset: generic, url: "https://issuer.test/oauth2", audience: s3-data}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: okta, subject: trainer}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
  other:
    identity: {issuer: okta, subject: other}
    grants: [{bucket: datasets, prefix: other/, access: read}]
"""
ISSUER = "https://issuer.test/oauth2"


class Service:
    """The trainer as it is deployed, and what the doctor sees of it."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox, self.directory = sandbox, directory
        access = parse_access(DECLARATION, "access.yaml")
        plan = compile_access(access, Target(account=sandbox.account, region="us-east-1"))
        admin = boto3.Session(sandbox.admin.access_key_id, sandbox.admin.secret.reveal(), region_name="us-east-1")
        iam = admin.client("iam", endpoint_url=sandbox.https_url, verify=str(sandbox.ca_file))
        s3 = admin.client("s3", endpoint_url=sandbox.https_url, verify=str(sandbox.ca_file))
        iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["s3-data"])
        role = next(role for role in plan.roles if role.service == "trainer")
        iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=policy_json(role.trust.document))
        iam.put_role_policy(RoleName=role.name, PolicyName="data", PolicyDocument=policy_json(role.policies[0].document.document))
        s3.create_bucket(Bucket="datasets")
        self.role = role.arn
        (directory / "access.yaml").write_text(DECLARATION)
        (directory / "trust.json").write_text(policy_json(role.trust.document).replace('"trainer"', '"somebody"'))
        self.write("token", sandbox.mint("trainer").reveal())
        self.write("of-another", sandbox.mint("other").reveal())
        self.write("expired", sandbox.mint("trainer", lifetime_seconds=-360).reveal())
        self.write("for-another", sandbox.mint("trainer", claims={"aud": "another"}).reveal())

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text)

    def doctor(self, *words: str, address: str = "s3://datasets/raw/", **changes: str) -> tuple[int, dict[str, dict[str, str]]]:
        variables = {
            "PATH": os.environ["PATH"],
            "AWS_ROLE_ARN": self.role,
            "AWS_WEB_IDENTITY_TOKEN_FILE": "token",
            "AWS_ENDPOINT_URL": self.sandbox.https_url,
            "AWS_CA_BUNDLE": str(self.sandbox.ca_file),
            "AWS_REGION": "us-east-1",
            "BUCKETPASS_CACHE": "off",
            **changes,
        }
        command = [sys.executable, "-m", "bucketpass", "doctor", address, *words, "--json"]
        done = subprocess.run(command, env=variables, cwd=self.directory, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, {finding["check"]: finding for finding in validated(done.stdout)["checks"]}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Sandbox(SandboxOptions(access=parse_access(DECLARATION, "access.yaml"))) as sandbox:
        yield Service(sandbox, tmp_path_factory.mktemp("service"))


def blamed(findings: dict[str, dict[str, str]]) -> list[str]:
    return [name for name, finding in findings.items() if finding["verdict"] == "bad"]


def test_a_healthy_service_has_no_fault_and_the_issuer_is_the_sandboxs_own(service: Service) -> None:
    code, findings = service.doctor()
    assert (code, blamed(findings)) == (0, [])
    assert {name for name, finding in findings.items() if finding["verdict"] != "good"} == {"cache"}
    assert "this sandbox stands in for" in findings["issuer"]["seen"]


def test_a_token_of_the_real_issuer_is_told_from_those_of_the_sandbox(service: Service) -> None:
    """As the issuer itself would sign it, with a key that the sandbox never had."""
    claims = json.loads(base64.urlsafe_b64decode((service.directory / "token").read_text().split(".")[1] + "==="))
    key = ECKey.generate_key("P-256")
    service.write("real", jwt.encode({"alg": "ES256", "kid": "real"}, claims, key, algorithms=["ES256"]))
    code, findings = service.doctor(AWS_WEB_IDENTITY_TOKEN_FILE="real")
    assert (code, blamed(findings)) == (1, ["issuer", "exchange"])
    assert "stands in for" in findings["issuer"]["seen"]
    assert "--real-issuer" in findings["issuer"]["remedy"]


@pytest.mark.parametrize(
    ("words", "changes", "check", "says"),
    [
        ((), {"AWS_WEB_IDENTITY_TOKEN_FILE": ""}, "source", "no token source: "),
        ((), {"AWS_WEB_IDENTITY_TOKEN_FILE": "nowhere"}, "token", "cannot read the token file `nowhere`"),
        ((), {"AWS_WEB_IDENTITY_TOKEN_FILE": "expired"}, "claims", "the token expired "),
        (("--audience", "another"), {}, "claims", "audience is `s3-data`, expected `another`"),
        ((), {"AWS_ENDPOINT_URL_STS": "https://127.0.0.1:9"}, "endpoint", "Connection refused"),
        ((), {"AWS_CA_BUNDLE": "access.yaml"}, "endpoint", "cannot read the authorities in `access.yaml`"),
        ((), {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}, "environment", "`AWS_ACCESS_KEY_ID` set"),
        (("--trust-policy", "trust.json"), {}, "trust", "the token's subject is `trainer`, the trust expects `somebody`"),
        (("--duration", "60"), {}, "exchange", "ValidationError"),
    ],
)
def test_one_fault_is_blamed_once_with_its_remedy(
    service: Service, words: tuple[str, ...], changes: dict[str, str], check: str, says: str
) -> None:
    code, findings = service.doctor(*words, **changes)
    assert (code, blamed(findings)) == (1, [check])
    assert says in findings[check]["seen"]
    assert findings[check]["remedy"]


@pytest.mark.parametrize(
    ("token", "says", "answer"),
    [
        ("of-another", "the token's subject is `other`, the trust expects `trainer`", "AccessDenied"),
        ("for-another", "audience in the token is `another`, the provider allows `s3-data`", "InvalidIdentityToken"),
    ],
)
def test_a_token_that_the_trust_does_not_admit_is_told_before_sts_refuses_it(service: Service, token: str, says: str, answer: str) -> None:
    code, findings = service.doctor(AWS_WEB_IDENTITY_TOKEN_FILE=token)
    assert (code, blamed(findings)) == (1, ["trust", "exchange"])
    assert says in findings["trust"]["seen"]
    assert answer in findings["exchange"]["seen"]


def test_data_that_is_not_granted_is_told_with_what_is(service: Service) -> None:
    code, findings = service.doctor(address="s3://datasets/secret/")
    assert (code, blamed(findings)) == (1, ["data"])
    assert "AccessDenied" in findings["data"]["seen"]
    assert findings["data"]["remedy"].endswith("a grant for, or add one: read s3://datasets/raw/")

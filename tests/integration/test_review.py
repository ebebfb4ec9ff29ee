"""`bucketpass review`: every fault in one run, from a program, a template, plans, a stack and an account."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sandboxes import SandboxWorld, sandbox_world

from bucketpass.cli.main import main
from bucketpass.model import load_access

pytestmark = pytest.mark.slow
CLASSIC = Path(__file__).parents[2] / "examples" / "classic"
TRUST = """json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/YOUR_PROVIDER"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {"https://acme.okta.com/oauth2/default:aud": "s3-data"}},
                }
            ],
        }
    ),
)
"""
TEN_FAULTS = {
    "provider-placeholder",
    "no-oidc-provider",
    "scheme-in-key",
    "trust-without-subject",
    "policy-for-other-bucket",
    "objects-without-list",
    "obsolete-acl",
    "no-bucket-policy",
    "plain-http",
    "no-public-access-block",
}


@pytest.fixture
def classic(tmp_path: Path) -> Path:
    """The classic program as its author first wrote it, with all its faults."""
    text = (CLASSIC / "__main__.py").read_text()
    issuer = next(line for line in text.splitlines() if line.startswith("issuer = "))
    head, _, rest = text.partition("    assume_role_policy=")
    _, _, tail = rest.partition("    ),\n)\n")
    faulty = f"{head}    assume_role_policy={TRUST}{tail}".replace(issuer, "").replace('[f"{arn}/*"]', '["arn:aws:s3:::my-ai-data/*"]')
    folder = tmp_path / "classic"
    folder.mkdir()
    (folder / "__main__.py").write_text(faulty)
    (folder / "Pulumi.yaml").write_text((CLASSIC / "Pulumi.yaml").read_text())
    return folder


def reviewed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    code = main(["review", *words, "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert code == (1 if any(one["severity"] != "note" for one in printed["findings"]) else 0)
    found: list[dict[str, Any]] = printed["findings"]
    return found


def test_all_faults_of_the_classic_program_are_told_in_one_run(classic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = reviewed(capsys, str(classic))
    assert {one["code"] for one in found} >= TEN_FAULTS
    for one in found:
        assert one["message"]
        assert one["remedy"]
        assert str(one["file"]).endswith("classic/__main__.py")
        lines = (classic / "__main__.py").read_text().splitlines()
        assert "aws." in lines[one["line"] - 1]
    by_code = {one["code"]: one for one in found}
    assert "YOUR_PROVIDER" in by_code["provider-placeholder"]["message"]
    assert by_code["scheme-in-key"]["remedy"] == "Write the key as `acme.okta.com/oauth2/default:aud`."
    # The trust as it would be with the key put right: a token of anybody enters.
    assert any("for example" in line for line in by_code["trust-without-subject"]["details"])
    assert by_code["policy-for-other-bucket"]["message"].count("my-ai-data") == 1


def test_text_and_sarif_say_the_same(classic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = [one["code"] for one in reviewed(capsys, str(classic))]
    assert main(["review", str(classic)]) == 1
    text = capsys.readouterr().out
    assert main(["review", str(classic), "--format", "sarif"]) == 1
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == codes
    assert all(f" {code}" in text for code in codes)
    assert "1 role and 1 bucket" in text


def test_a_folder_with_a_declaration_has_none_of_these_faults(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CLASSIC.parent)
    assert [one for one in reviewed(capsys) if one["severity"] == "error"] == []


TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Data:
    Type: AWS::S3::Bucket
    Properties: {AccessControl: Private}
  Trainer:
    Type: AWS::IAM::Role
    Properties:
      RoleName: trainer
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Federated: !Sub "arn:aws:iam::${AWS::AccountId}:oidc-provider/token.actions.githubusercontent.com"}
            Action: sts:AssumeRoleWithWebIdentity
            Condition: {StringLike: {"token.actions.githubusercontent.com:sub": "*"}}
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: !Sub "${Data.Arn}/*"}]
"""


def test_a_template_is_reviewed_with_its_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    found = {one["code"]: one for one in reviewed(capsys, str(file))}
    assert set(found) >= {"trust-without-subject", "no-oidc-provider", "objects-without-list", "no-bucket-policy", "obsolete-acl"}
    assert (found["obsolete-acl"]["line"], found["trust-without-subject"]["line"]) == (4, 7)
    assert "policy-for-other-bucket" not in found


def test_managed_policies_of_aws_are_read_in_a_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "template.yaml"
    attached = ", ".join(f'"arn:aws:iam::aws:policy/{name}"' for name in ("AmazonS3FullAccess", "NoSuchPolicy"))
    file.write_text(TEMPLATE.replace("RoleName: trainer", f"RoleName: trainer\n      ManagedPolicyArns: [{attached}]"))
    found = {one["code"]: one["message"] for one in reviewed(capsys, str(file))}
    assert set(found) >= {"every-bucket", "changes-permissions"}
    assert "policy/NoSuchPolicy`, whose document is not known" in found["not-reviewed"]


def test_plans_of_terraform_and_pulumi_are_reviewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/acme.okta.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {"acme.okta.com:aud": "s3-data"}},
                }
            ],
        }
    )
    resources = [
        {"address": "aws_iam_role.t", "type": "aws_iam_role", "values": {"name": "t", "assume_role_policy": trust}},
        {"address": "aws_s3_bucket.b", "type": "aws_s3_bucket", "values": {"bucket": "b"}},
        {"address": "aws_s3_bucket_policy.b", "type": "aws_s3_bucket_policy", "values": {"bucket": "b"}},
    ]
    changes = [{"address": "aws_s3_bucket_policy.b", "change": {"after_unknown": {"policy": True}}}]
    plan = {
        "terraform_version": "1.9",
        "planned_values": {"root_module": {"child_modules": [{"resources": resources}]}},
        "resource_changes": changes,
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    found = reviewed(capsys, str(tmp_path / "plan.json"))
    assert {"trust-without-subject", "no-public-access-block", "not-reviewed"} <= {one["code"] for one in found}
    assert "no-bucket-policy" not in {one["code"] for one in found}
    assert {one["path"] for one in found} >= {"aws_iam_role.t", "aws_s3_bucket.b"}
    steps = [
        {
            "op": "create",
            "newState": {
                "type": "aws:iam/role:Role",
                "urn": "urn:pulumi:dev::p::aws:iam/role:Role::t",
                "inputs": {"name": "t", "assumeRolePolicy": trust},
            },
        },
        {
            "op": "delete",
            "newState": {"type": "aws:s3/bucket:Bucket", "urn": "urn:pulumi:dev::p::aws:s3/bucket:Bucket::gone", "inputs": {}},
        },
    ]
    (tmp_path / "preview.json").write_text(json.dumps({"steps": steps}))
    assert {"trust-without-subject"} <= {one["code"] for one in reviewed(capsys, str(tmp_path / "preview.json"))}


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world() as world:
        provider = f"arn:aws:iam::{world.account}:oidc-provider/acme.okta.com/oauth2/default"
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"acme.okta.com/oauth2/default:aud": "s3-data"}},
        }
        world.allow("open", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, trust=trust)
        world.s3().create_bucket(Bucket="bare")
        yield world


@pytest.fixture
def keys(world: SandboxWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name, value in world.administrator_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_account_is_reviewed_whole_or_by_name(world: SandboxWorld, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = world.sandbox.https_url
    found = {(one["path"], one["code"]) for one in reviewed(capsys, "--deployed", url)}
    assert {("role open", "trust-without-subject"), ("role open", "every-bucket"), ("bucket bare", "no-bucket-policy")} <= found
    assert [code for path, code in found if path == "role bucketpass-trainer"] == []
    named = reviewed(capsys, "--deployed", url, "--role", "bucketpass-trainer", "--bucket", "datasets", "--bucket", "bare")
    assert {one["path"] for one in named} <= {"bucket datasets", "bucket bare"}
    assert main(["review", "--deployed", url, "--role", "nobody"]) == 3
    assert "there is no role `nobody`" in capsys.readouterr().err


def test_a_declaration_that_would_replace_the_stacks_bucket_is_a_finding(
    world: SandboxWorld, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declaration = "issuers: {}\nservices: {}\nbuckets: {locked-later: {}}\n"
    (keys / "access.yaml").write_text(declaration)
    assert "bucket-replaced" not in {one["code"] for one in reviewed(capsys)}
    assert main(["up", "--to", world.sandbox.https_url, "--yes"]) == 0
    (keys / "access.yaml").write_text(declaration.replace("{}}", "{object_lock: {days: 3}}}"))
    capsys.readouterr()
    (found,) = (one for one in reviewed(capsys) if one["code"] == "bucket-replaced")
    assert "bucket `locked-later` is deleted and another one made, for `objectLockEnabled`" in found["message"]


def test_fix_writes_a_declaration_that_keeps_the_resources(world: SandboxWorld, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["review", "--deployed", world.sandbox.https_url, "--role", "bucketpass-trainer", "--bucket", "datasets", "--fix"]
    assert main(words) == 0
    access = load_access(keys / "access.yaml")
    assert list(access.services) == ["bucketpass-trainer"]
    imported = json.loads((keys / "import.json").read_text())["resources"]
    assert {"aws:iam/role:Role", "aws:iam/policy:Policy"} <= {one["type"] for one in imported}
    assert main(words) == 3
    assert "already exists" in capsys.readouterr().err


def test_fix_declares_what_the_classic_program_was_meant_to_be(
    classic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", str(classic), "--fix", "--directory", str(tmp_path / "fixed")]) == 0
    printed = capsys.readouterr().out
    assert all(words in printed for words in ("in place of `YOUR-SUBJECT`", "without the scheme", "YOUR_PROVIDER", "`my-ai-data`: `data`"))
    assert not (tmp_path / "fixed" / "import.json").exists()  # nothing of it was ever made
    access = load_access(tmp_path / "fixed" / "access.yaml")
    (service,) = access.services.values()
    assert [(one.issuer, dict(one.claims)) for one in service.identity] == [("okta", {"client_id": "YOUR-SUBJECT"})]
    assert (list(access.buckets), access.buckets["data"].create) == (["data"], True)
    monkeypatch.chdir(tmp_path / "fixed")
    assert main(["check"]) == 0
    assert "trust-without-subject" not in {one["code"] for one in reviewed(capsys)}


def test_fix_of_a_deployed_program_imports_what_its_stack_has_under_its_names(
    world: SandboxWorld, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = keys / "program"
    program.mkdir()
    for name in ("__main__.py", "Pulumi.yaml"):
        (program / name).write_text((CLASSIC / name).read_text().replace("acme.okta", "classic.okta"))
    words = ["--program", str(program), "--to", world.sandbox.https_url, "--yes"]
    assert main(["up", *words]) == 0
    (role,) = (one["RoleName"] for one in world.iam().list_roles()["Roles"] if one["RoleName"].startswith("trainer-"))
    assert main(["review", str(program), "--fix", "--directory", str(keys / "fixed")]) == 0
    imported = json.loads((keys / "fixed" / "import.json").read_text())["resources"]
    assert role in [one.get("id") for one in imported]
    assert all("0000000" not in str(one.get("id")) for one in imported)
    assert main(["down", *words]) == 0


def test_a_thousand_resources_are_reviewed_within_three_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resources: list[dict[str, Any]] = [
        {
            "address": "aws_iam_openid_connect_provider.i",
            "type": "aws_iam_openid_connect_provider",
            "values": {
                "url": "https://acme.okta.com",
                "client_id_list": ["a"],
                "arn": "arn:aws:iam::111122223333:oidc-provider/acme.okta.com",
            },
        }
    ]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    for number in range(250):
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/acme.okta.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"acme.okta.com:aud": "a", "acme.okta.com:sub": f"job-{number}"}},
        }
        allow = {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::b{number}", f"arn:aws:s3:::b{number}/*"],
        }
        where = {"Resource": [f"arn:aws:s3:::b{number}", f"arn:aws:s3:::b{number}/*"]}
        document = {"Version": "2012-10-17"}
        resources += [
            {
                "address": f"r{number}",
                "type": "aws_iam_role",
                "values": {"name": f"r{number}", "assume_role_policy": json.dumps({**document, "Statement": [trust]})},
            },
            {
                "address": f"p{number}",
                "type": "aws_iam_role_policy",
                "values": {"role": f"r{number}", "name": "p", "policy": json.dumps({**document, "Statement": [allow]})},
            },
            {"address": f"b{number}", "type": "aws_s3_bucket", "values": {"bucket": f"b{number}"}},
            {
                "address": f"bp{number}",
                "type": "aws_s3_bucket_policy",
                "values": {"bucket": f"b{number}", "policy": json.dumps({**document, "Statement": [{**deny, **where}]})},
            },
        ]
    (tmp_path / "plan.json").write_text(json.dumps({"terraform_version": "1", "planned_values": {"root_module": {"resources": resources}}}))
    began = time.process_time()
    found = reviewed(capsys, str(tmp_path / "plan.json"))
    assert time.process_time() - began < 3
    assert {one["code"] for one in found} == {"no-public-access-block"}
    assert len(found) == 250


def test_a_program_that_fails_is_named_with_its_line_and_its_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: failing\nruntime: python\n")
    program = tmp_path / "__main__.py"
    program.write_text("def make():\n    raise ValueError('nothing here')\n\nmake()\n")
    assert main(["review", str(tmp_path)]) == 1
    assert f"exit code 1: {program}:2: ValueError: nothing here\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["../nope"], ("there is no file or folder `../nope`", "Name a Pulumi program's folder")),
        (["nope"], ("there is no `nope`, neither a file nor a stack of this folder", "Name a Pulumi program's folder")),
        (["."], ("there is no `Pulumi.yaml`", "name the folder of a Pulumi program")),
        (["main.py"], ("`main.py` is a program's source, expected the program's folder", "Name the folder, `.`")),
        (["--deployed", "sandbox"], ("no sandbox is running in", "or name the URL of an endpoint")),
    ],
)
def test_what_is_not_there_is_named_with_what_review_takes(
    words: list[str], said: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").touch()
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert main(["review", *words]) != 0
    error = capsys.readouterr().err
    assert all(part in error for part in said) and "--program" not in error and "--to" not in error


def test_without_the_extra_the_review_of_a_program_says_which(
    classic: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bucketpass.provision.embedded.monitor", None)
    assert main(["review", str(classic)]) == 3
    assert ".[pulumi]" in capsys.readouterr().err

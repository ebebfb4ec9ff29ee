"""Targets, drift, and `down`: what a person sees and agrees to before anything changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from tests.engine_project import endpoint_of

from bucketpass.cli.main import main
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
ACCESS = """
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets: {data: {}}
services:
  trainer: {identity: {issuer: okta, subject: 0oa1trainer}, grants: [{bucket: data, prefix: raw/, access: read}]}
"""
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})


def trusting(provider: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    condition = {"StringEquals": {"acme.okta.com/oauth2/default:aud": "s3-data", "acme.okta.com/oauth2/default:sub": "0oa1other"}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Condition": condition}]})


class Person(StringIO):
    """Standard input with a person behind it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions()) as sandbox:
        yield sandbox


@pytest.fixture
def aws(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RegionClients]:
    """Clients of the sandbox, whose key and URL are only in the environment of a folder with a declaration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.yaml").write_text(ACCESS)
    admin, region = sandbox.admin, sandbox.options.region
    settings = {
        "AWS_ACCESS_KEY_ID": admin.access_key_id,
        "AWS_SECRET_ACCESS_KEY": admin.secret.reveal(),
        "AWS_CA_BUNDLE": str(sandbox.ca_file),
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL": sandbox.https_url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    clients = RegionClients(endpoint_of(sandbox), region)
    yield clients
    if "data" in [bucket["Name"] for bucket in clients.s3.list_buckets()["Buckets"]]:
        assert main(["down", "--yes", "--force", "data", "--detach-foreign"]) == 0
    clients.close()


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_an_endpoint_that_only_the_environment_names_is_shown_and_asked_for(
    verb: str, aws: RegionClients, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb]) == 3
    told = capsys.readouterr().err
    target = f"account {sandbox.account}, {sandbox.options.region}, {sandbox.https_url}, as arn:aws:"
    assert target in told
    assert f"--to {sandbox.https_url}" in told
    monkeypatch.setattr("sys.stdin", Person("no\n"))
    assert main([verb]) == 1
    assert aws.s3.list_buckets()["Buckets"] == []
    monkeypatch.setattr("sys.stdin", Person("yes\n"))
    assert main([verb]) == 0
    assert target in capsys.readouterr().out.splitlines()[0]


def test_a_script_says_yes_or_names_the_target(aws: RegionClients, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "--json"]) == 3
    capsys.readouterr()
    assert main(["preview", "--json", "--yes"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["account"], printed["region"], printed["target"]) == (sandbox.account, sandbox.options.region, sandbox.https_url)
    assert printed["identity"].startswith("arn:aws:")
    assert main(["preview", "--to", sandbox.https_url]) == 0


def test_aws_is_not_an_endpoint_that_a_variable_names(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--to", "aws", "--yes"]) == 3
    assert "AWS_ENDPOINT_URL name different targets" in capsys.readouterr().err


def test_drift_is_seen_unasked_and_told_apart_from_change(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--yes"]) == 0
    aws.iam.update_role(RoleName="bucketpass-trainer", Description="by hand", MaxSessionDuration=7200)
    arn = aws.iam.create_policy(PolicyName="by-hand", PolicyDocument=POLICY)["Policy"]["Arn"]
    aws.iam.attach_role_policy(RoleName="bucketpass-trainer", PolicyArn=arn)
    aws.iam.put_role_policy(RoleName="bucketpass-trainer", PolicyName="inline-by-hand", PolicyDocument=POLICY)
    capsys.readouterr()
    assert main(["preview", "--yes", "--no-refresh"]) == 0
    assert "drift" not in capsys.readouterr().out
    assert main(["preview", "--yes", "--json"]) == 0
    (drift,) = [step for step in json.loads(capsys.readouterr().out)["steps"] if step["operation"] == "refresh"]
    assert {change["path"]: change["new"] for change in drift["changes"]} == {
        "description": "by hand",
        "maxSessionDuration": 7200,
        "managedPolicyArns": arn,
        "inlinePolicies": "inline-by-hand",
    }
    assert main(["up", "--yes"]) == 0
    printed = capsys.readouterr().out
    assert "1 with drift" in printed
    assert "1 updated" in printed
    role = aws.iam.get_role(RoleName="bucketpass-trainer")["Role"]
    assert role["MaxSessionDuration"] == 3600
    # What others attached is told, and theirs to detach.
    assert arn in [one["PolicyArn"] for one in aws.iam.list_attached_role_policies(RoleName="bucketpass-trainer")["AttachedPolicies"]]
    aws.iam.detach_role_policy(RoleName="bucketpass-trainer", PolicyArn=arn)
    aws.iam.delete_policy(PolicyArn=arn)


def test_thumbprints_that_others_changed_are_told_once_and_stay(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--yes"]) == 0
    (provider,) = (one["Arn"] for one in aws.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"])
    aws.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=provider, ThumbprintList=["a" * 40])
    capsys.readouterr()
    for told in (True, False):
        assert main(["up", "--yes"]) == 0
        assert ('=> ["aaaa' in capsys.readouterr().out) is told
    assert aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)["ThumbprintList"] == ["a" * 40]


def test_down_shows_what_goes_and_asks_for_the_stacks_name(
    aws: RegionClients, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "--yes"]) == 0
    capsys.readouterr()
    assert main(["down"]) == 3
    monkeypatch.setattr("sys.stdin", Person("yes\nyes\n"))
    assert main(["down"]) == 1
    printed = capsys.readouterr()
    assert "aws:s3:Bucket" in printed.out
    assert "nothing was changed" in printed.err
    aws.s3.head_bucket(Bucket="data")
    monkeypatch.setattr("sys.stdin", Person("yes\ndev\n"))
    assert main(["down"]) == 0
    assert aws.s3.list_buckets()["Buckets"] == []


def test_all_that_is_in_the_way_is_told_at_once_and_nothing_is_begun(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--yes"]) == 0
    aws.s3.put_object(Bucket="data", Key="raw/1", Body=b"1")
    arn = aws.iam.create_policy(PolicyName="by-hand", PolicyDocument=POLICY)["Policy"]["Arn"]
    aws.iam.attach_role_policy(RoleName="bucketpass-trainer", PolicyArn=arn)
    (provider,) = (one["Arn"] for one in aws.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"])
    aws.iam.create_role(RoleName="of-another-stack", AssumeRolePolicyDocument=trusting(provider))
    aws.iam.create_instance_profile(InstanceProfileName="by-hand")
    aws.iam.add_role_to_instance_profile(InstanceProfileName="by-hand", RoleName="bucketpass-trainer")
    capsys.readouterr()
    assert main(["down", "--yes"]) == 1
    printed = capsys.readouterr().out
    assert "say `--force data`" in printed
    assert f"attachments that others made: `{arn}`, the instance profile `by-hand`" in printed
    assert f"provider `{provider}` is trusted by roles that others made: `of-another-stack`" in printed
    assert "3 failed" in printed
    assert "deleted" not in printed.partition("Resources")[2].splitlines()[0]
    aws.iam.get_role(RoleName="bucketpass-trainer")
    assert len(aws.iam.list_attached_role_policies(RoleName="bucketpass-trainer")["AttachedPolicies"]) == 2
    assert main(["down", "--yes", "--detach-foreign", "--force", "data"]) == 0
    assert aws.iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 0
    assert aws.iam.get_instance_profile(InstanceProfileName="by-hand")["InstanceProfile"]["Roles"] == []
    aws.iam.delete_instance_profile(InstanceProfileName="by-hand")
    aws.iam.delete_role(RoleName="of-another-stack")
    aws.iam.delete_policy(PolicyArn=arn)


def test_an_administrator_that_does_not_exist_stops_everything(
    aws: RegionClients, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fenced = "{exclusive: true, administrators: ['arn:aws:iam::111122223333:role/nobody-has-it']}"
    (tmp_path / "access.yaml").write_text(ACCESS.replace("buckets: {data: {}}", f"buckets: {{data: {fenced}}}"))
    for verb in ("preview", "up"):
        assert main([verb, "--yes"]) == 3
        said = capsys.readouterr()
        assert "`nobody-has-it` of bucket `data` is a role that account 111122223333 does not have" in said.out + said.err
    assert aws.s3.list_buckets()["Buckets"] == []


def test_a_stack_that_no_run_has_made_is_not_deleted_in_silence(
    aws: RegionClients, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "--yes"]) == 0
    capsys.readouterr()
    before = {file.name for file in (tmp_path / ".bucketpass" / "stacks").iterdir()}
    assert main(["down", "--stack", "prod", "--yes"]) == 1
    told = capsys.readouterr().err
    assert "there is no stack `prod`" in told
    assert "remedy: there is `dev`" in told
    assert {file.name for file in (tmp_path / ".bucketpass" / "stacks").iterdir()} == before


def test_a_stack_is_reviewed_by_its_name(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "nowhere"]) == 1
    assert "there is no stack `nowhere`" in capsys.readouterr().err
    assert main(["up", "--yes"]) == 0
    capsys.readouterr()
    assert main(["review", "dev", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []

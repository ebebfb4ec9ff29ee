"""Policies from files."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bucketpass.cli.policy_files import (
    add_layers,
    add_policies,
    deployment_of_files,
    extra_layers,
    has_policies,
    session_policies,
    surrounded,
)
from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import DeployedRole, Deployment
from bucketpass.errors import BucketpassError
from bucketpass.policy import PolicyDocument

STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
READ = {"Version": "2012-10-17", "Statement": STATEMENT}
TRUST = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}}


def parsed(*words: str, of_account: bool = False) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("who")
    add_policies(parser)
    add_layers(parser, of_account=of_account)
    return parser.parse_args(["trainer", *words])


def test_files_become_a_deployment(tmp_path: Path) -> None:
    for name, document in (("role.json", READ), ("trust.json", TRUST)):
        (tmp_path / name).write_text(json.dumps(document))
    words = ["--role-policy", str(tmp_path / "role.json"), "--trust", str(tmp_path / "trust.json"), "--provider", "https://i.example/p"]
    arguments = parsed(*words, "--client-id", "data", "--kms-key", "arn:aws:kms:eu-west-1:111122223333:key/1")
    deployment = deployment_of_files(arguments, Target("111122223333", "eu-west-1"), "datasets")
    assert has_policies(arguments)
    assert deployment.roles[0].arn == "arn:aws:iam::111122223333:role/trainer"
    assert [policy.name for policy in deployment.roles[0].policies] == ["inline policy role.json"]
    assert deployment.providers[0].arn == "arn:aws:iam::111122223333:oidc-provider/i.example/p"
    assert deployment.key(deployment.buckets[0].key or "").policy.name == "the usual key policy"


def test_a_key_policy_is_that_of_the_key_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text(json.dumps({"Statement": {**STATEMENT, "Action": "kms:*", "Principal": "*"}}))
    key, words = "arn:aws:kms:eu-west-1:111122223333:key/1", ["--key-policy", str(tmp_path / "key.json")]
    deployment = deployment_of_files(parsed(*words, "--kms-key", key), Target("111122223333", "eu-west-1"), "datasets")
    assert deployment.key(key).policy.name == "key policy key.json"
    with pytest.raises(BucketpassError, match="without `--kms-key`"):
        deployment_of_files(parsed(*words), Target("111122223333", "eu-west-1"), "datasets")


def test_without_a_trust_policy_a_role_trusts_nobody() -> None:
    deployment = deployment_of_files(parsed(), Target("111122223333", "eu-west-1"), "datasets")
    assert all(statement.effect.value == "Deny" for statement in deployment.roles[0].trust.document.statements)


def test_further_layers_are_read_level_by_level(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(READ))
    path = str(tmp_path / "p.json")
    layers = extra_layers(parsed("--scp", path, "--scp", path, "--boundary", path))
    assert (len(layers.scps), layers.session, layers.rcps) == (2, None, ())
    assert layers.boundary is not None
    assert [len(level) for level in extra_layers(parsed("--scp", f"{path},{path}", "--scp", path)).scps] == [2, 1]
    assert session_policies([]) is None
    assert [policy.name for policy in session_policies([Path(path)]) or ()] == ["session policy p.json"]


def test_what_aws_attaches_at_every_level_of_rcps_is_there(tmp_path: Path) -> None:
    (tmp_path / "deny.json").write_text(json.dumps({"Statement": {**STATEMENT, "Effect": "Deny", "Principal": "*"}}))
    (level,) = extra_layers(parsed("--rcp", str(tmp_path / "deny.json"))).rcps
    assert [policy.name for policy in level] == ["RCPFullAWSAccess", "resource control policy deny.json"]


def test_a_deployment_is_surrounded_by_what_was_given(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(READ))
    (tmp_path / "open.json").write_text(json.dumps({"Statement": {**STATEMENT, "Principal": "*"}}))
    path, open_to_all = str(tmp_path / "p.json"), str(tmp_path / "open.json")
    words = ["--boundary", path, "--scp", path, "--endpoint-policy", open_to_all, "--organization", "o-1"]
    arguments = parsed(*words, of_account=True)
    role = DeployedRole("arn:aws:iam::111122223333:role/trainer", NamedPolicy("trust", PolicyDocument(())), boundary="arn:a-boundary")
    plain = replace(role, boundary=None)
    found = surrounded(Deployment(Target("111122223333", "eu-west-1"), roles=(role, plain)), arguments)
    assert [role.boundary is not None for role in found.roles] == [True, False]
    assert found.roles[0].boundary == extra_layers(arguments).boundary
    assert (len(found.guardrails.scps), found.guardrails.rcps, found.guardrails.organization) == (1, (), "o-1")
    assert found.guardrails.endpoint is not None


def test_a_boundary_that_no_role_has_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(READ))
    arguments = parsed("--boundary", str(tmp_path / "p.json"), of_account=True)
    with pytest.raises(BucketpassError, match="no role has a permissions boundary"):
        surrounded(Deployment(Target("111122223333", "eu-west-1")), arguments)


@pytest.mark.parametrize(
    ("text", "option"), [("{", "--boundary"), (json.dumps(TRUST), "--boundary"), (json.dumps(READ), "--rcp"), (None, "--scp")]
)
def test_a_file_that_aws_would_not_take_there_is_refused_by_its_name(tmp_path: Path, text: str | None, option: str) -> None:
    path = tmp_path / "p.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BucketpassError, match=r"p\.json"):
        extra_layers(parsed(option, str(path)))

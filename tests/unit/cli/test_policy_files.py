"""Policies from files."""

import argparse
import json
from pathlib import Path

import pytest

from bucketpass.cli.policy_files import add_layers, add_policies, deployment_of_files, extra_layers, has_policies
from bucketpass.compile import Target
from bucketpass.errors import BucketpassError

READ = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
TRUST = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}}}


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("who")
    add_policies(parser)
    add_layers(parser)
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
    assert deployment.buckets[0].key == deployment.keys[0].arn


def test_without_a_trust_policy_a_role_trusts_nobody() -> None:
    deployment = deployment_of_files(parsed(), Target("111122223333", "eu-west-1"), "datasets")
    assert all(statement.effect.value == "Deny" for statement in deployment.roles[0].trust.document.statements)


def test_further_layers_are_read_level_by_level(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(READ))
    path = str(tmp_path / "p.json")
    layers = extra_layers(parsed("--scp", path, "--scp", path, "--boundary", path))
    assert (len(layers.scps), layers.session, layers.rcps) == (2, None, ())
    assert layers.boundary is not None


@pytest.mark.parametrize(
    ("text", "option"), [("{", "--boundary"), (json.dumps(TRUST), "--boundary"), (json.dumps(READ), "--rcp"), (None, "--scp")]
)
def test_a_file_that_aws_would_not_take_there_is_refused_by_its_name(tmp_path: Path, text: str | None, option: str) -> None:
    path = tmp_path / "p.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BucketpassError, match=r"p\.json"):
        extra_layers(parsed(option, str(path)))

"""`bucketpass import` against the sandbox: what was deployed is read, proposed, and comes out the same."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.json_outputs import validated
from tests.sandboxes import SandboxWorld, sandbox_world

from bucketpass.cli.main import main
from bucketpass.compile import Target, compile_access
from bucketpass.model import load_access
from bucketpass.provision.adoption import propose, read_account

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world() as world:
        provider = f"arn:aws:iam::{world.account}:oidc-provider/token.actions.githubusercontent.com"
        conditions = {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/old:ref:refs/heads/main"}}
        world.allow(
            "by-hand",
            {"Effect": "Allow", "Action": ["s3:GetObject", "sqs:SendMessage"], "Resource": "arn:aws:s3:::datasets/raw/*"},
            trust={
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": conditions,
            },
        )
        world.allow("for-people")  # trusts no OIDC provider
        yield world


@pytest.fixture
def environment(world: SandboxWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name, value in world.administrator_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_was_declared_is_proposed_as_it_was(world: SandboxWorld) -> None:
    account = read_account(world.iam(), world.s3(), world.sts(world.admin))
    proposal = propose(account, world.sandbox.options.region)
    target = Target(world.account, world.sandbox.options.region)
    declared = world.sandbox.options.access
    assert declared is not None
    before = {role.name: role for role in compile_access(declared, target).roles}
    after = {role.name: role for role in compile_access(proposal.access, target).roles}
    assert set(after) == {*before, "by-hand"}
    for name, role in before.items():
        assert after[name].trust.document == role.trust.document
        assert [policy.document.document for policy in after[name].policies] == [policy.document.document for policy in role.policies]


def test_roles_that_trust_no_issuer_are_passed_over(world: SandboxWorld) -> None:
    account = read_account(world.iam(), world.s3(), world.sts(world.admin))
    assert "for-people" not in {role.name for role in account.roles}


def test_the_command_writes_a_declaration_and_a_file_for_pulumi_and_lists_the_rest(
    world: SandboxWorld, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "--from", world.sandbox.https_url]) == 0
    printed = capsys.readouterr().out
    assert "role by-hand, policy inline, statement 0: it allows sqs:SendMessage, which is not S3" in printed
    access = load_access(environment / "access.yaml")
    assert access.services["by-hand"].identity[0].claims == {"repository": "acme/old", "branch": "main"}
    imported = json.loads((environment / "import.json").read_text())["resources"]
    assert {"aws:iam/role:Role", "aws:s3/bucketPolicy:BucketPolicy"} <= {resource["type"] for resource in imported}
    # The project runs, and registers the resources under the names by which Pulumi imports them.
    main(["preview", "--to", world.sandbox.https_url, "--json"])
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert {(resource["type"], resource["name"]) for resource in imported} <= {(step["type"], step["name"]) for step in steps}


def test_the_command_replaces_no_file_unasked(world: SandboxWorld, environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (environment / "access.yaml").write_text("mine")
    assert main(["import", "--from", world.sandbox.https_url]) == 3
    assert "already exists" in capsys.readouterr().err
    assert (environment / "access.yaml").read_text() == "mine"


def test_json_has_everything_and_writes_nothing(world: SandboxWorld, environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--from", world.sandbox.https_url, "--json"]) == 0
    printed = validated(capsys.readouterr().out)
    assert set(printed) == {"schema", "access", "imports", "remarks"}
    assert list(environment.iterdir()) == []


def test_an_account_that_may_not_be_read_is_one_clear_line(
    world: SandboxWorld, environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = world.user("stranger")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stranger.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stranger.secret)
    assert main(["import", "--from", world.sandbox.https_url]) == 1
    assert "the account cannot be read" in capsys.readouterr().err

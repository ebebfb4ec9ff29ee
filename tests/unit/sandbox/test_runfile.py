import json
import os
import stat
from configparser import ConfigParser
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bucketpass.errors import SandboxError
from bucketpass.model import parse_access
from bucketpass.model.access import Access
from bucketpass.sandbox.runfile import PROFILE, announced, known, profile_file, profile_of
from bucketpass.sandbox.service import Sandbox
from bucketpass.secret import Secret

DECLARED = """
issuers: {ci: {preset: github}}
buckets: {datasets: {}}
services: {evaluator: {identity: {issuer: ci, repository: acme/eval, environment: e}, grants: [{bucket: datasets, access: read}]}}
"""


def sandbox(access: Access | None = None) -> Sandbox:
    """What the file tells of a sandbox, without one that listens."""
    mock = SimpleNamespace(name="okta", url="https://acme.okta.com", path="/_oidc/okta")
    client = SimpleNamespace(id="trainer", secret=Secret("client-secret"))
    return cast(
        "Sandbox",
        SimpleNamespace(
            https_url="https://localhost:1",
            http_url="http://localhost:1",
            ca_file=Path("/ca.pem"),
            authority_file=Path("/authority.pem"),
            account="111122223333",
            options=SimpleNamespace(region="us-east-1", account="111122223333", real_issuers=("ci",)),
            access=access,
            admin=SimpleNamespace(access_key_id="AKIA", secret=Secret("admin-secret")),
            further_administrators={"999988887777": SimpleNamespace(access_key_id="AKIB", secret=Secret("other-secret"))},
            issuers=SimpleNamespace(all=(mock,), clients=lambda: ((mock, client),)),
        ),
    )


def test_the_file_is_for_its_owner_and_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / ".bucketpass" / "sandbox.json"
    with announced(sandbox(), path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        found = json.loads(path.read_text())
        assert (found["url"], found["pid"], found["secret_access_key"]) == ("https://localhost:1", os.getpid(), "admin-secret")
        assert found["clients"] == [{"issuer": "okta", "client_id": "trainer", "client_secret": "client-secret"}]
    assert list(path.parent.iterdir()) == []


def test_a_sandbox_that_runs_keeps_its_file(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text(json.dumps({"pid": os.getppid()}))
    with pytest.raises(SandboxError, match="runs here already"), announced(sandbox(), path):
        pass
    assert json.loads(path.read_text()) == {"pid": os.getppid()}


@pytest.mark.parametrize("left", ["", "no json", "[]", '{"pid": 99999999}', '{"pid": "x"}', '{"pid": -1}', "{}"])
def test_what_a_killed_sandbox_left_is_replaced(tmp_path: Path, left: str) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text(left)
    with announced(sandbox(), path):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_a_file_that_somebody_else_took_over_stays(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    with announced(sandbox(), path):
        path.write_text('{"pid": 1}')
    assert path.read_text() == '{"pid": 1}'


def test_the_administrators_profile_stands_beside_it_for_aws_own_tools(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    with announced(sandbox(), path):
        assert stat.S_IMODE(profile_file(path).stat().st_mode) == 0o600
        profile = ConfigParser()
        profile.read(profile_file(path))
        assert dict(profile[f"profile {PROFILE}"]) == {
            "region": "us-east-1",
            "endpoint_url": "https://localhost:1",
            "ca_bundle": "/ca.pem",
            "aws_access_key_id": "AKIA",
            "aws_secret_access_key": "admin-secret",
        }
        assert dict(profile[f"profile {profile_of('999988887777')}"])["aws_secret_access_key"] == "other-secret"


def test_other_programs_know_the_sandbox_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    with announced(sandbox(), path):
        assert known(path)["url"] == "https://localhost:1"


@pytest.mark.parametrize("written", [None, "", "no json", "[]", '{"url": "https://localhost:1"}'])
def test_without_a_sandbox_one_clear_error_says_how_to_start_one(tmp_path: Path, written: str | None) -> None:
    path = tmp_path / "sandbox.json"
    if written is not None:
        path.write_text(written)
    with pytest.raises(SandboxError, match="no sandbox is running in `/"):
        known(path)


def test_a_service_whose_issuer_is_the_real_one_is_named_with_it(tmp_path: Path) -> None:
    with announced(sandbox(parse_access(DECLARED)), tmp_path / "sandbox.json") as path:
        assert known(path)["real_issuers"] == {"evaluator": "https://token.actions.githubusercontent.com"}

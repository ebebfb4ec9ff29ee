"""Credentials from a sandbox: its sessions end with it, and no client is given one that has ended."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from tests.sandboxes import ACCESS, Keys, SandboxWorld, sandbox_world

from bucketpass.credentials.assemble import assemble
from bucketpass.credentials.host import Held
from bucketpass.model import parse_access
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]


def test_a_sandbox_that_is_started_again_on_its_port_gives_new_credentials(tmp_path: Path) -> None:
    ports, keys = [0], []
    for _ in range(2):
        options = SandboxOptions(access=parse_access(ACCESS, "access.yaml"), port=ports[-1])
        with Sandbox(options) as sandbox, ExitStack() as stack:
            world = SandboxWorld(sandbox, stack)
            world.deploy()
            ports.append(int(sandbox.https_url.rpartition(":")[2]))
            (tmp_path / "token").write_text(sandbox.mint("trainer").reveal())
            values = {
                "role-arn": world.role_arn("trainer"),
                "token-file": str(tmp_path / "token"),
                "endpoint-url": sandbox.https_url,
                "ca-bundle": str(sandbox.ca_file),
                "region": "us-east-1",
                "cache": str(tmp_path / "cache"),
            }
            for _ in range(2):
                got = assemble(values).fetch_credentials()
                assert isinstance(got, Held)
                keys.append(got.credentials.access_key_id)
    assert ports[1] == ports[2]
    assert keys[0] == keys[1] != keys[2] == keys[3]


def test_a_narrower_session_reaches_its_folder_and_has_an_entry_of_its_own(tmp_path: Path) -> None:
    with sandbox_world() as world:
        admin = world.s3()
        for key in ("raw/2026/a", "raw/2025/b"):
            admin.put_object(Bucket="datasets", Key=key, Body=b"x")
        (tmp_path / "token").write_text(world.sandbox.mint("trainer").reveal())
        values = {
            "role-arn": world.role_arn("trainer"),
            "token-file": str(tmp_path / "token"),
            "endpoint-url": world.sandbox.https_url,
            "ca-bundle": str(world.sandbox.ca_file),
            "region": "us-east-1",
            "cache": str(tmp_path / "cache"),
        }

        def client_of(**more: str) -> Any:
            got = assemble({**values, **more}).fetch_credentials()
            assert isinstance(got, Held)
            held = got.credentials
            return world.s3(Keys(held.access_key_id, held.secret_access_key.reveal(), held.session_token.reveal()))

        def read(client: Any, key: str) -> int:
            try:
                return int(client.get_object(Bucket="datasets", Key=key)["ResponseMetadata"]["HTTPStatusCode"])
            except botocore.exceptions.ClientError as error:
                return int(error.response["ResponseMetadata"]["HTTPStatusCode"])

        whole, narrow = client_of(), client_of(prefix="datasets/raw/2026/", access="read")
        assert [read(whole, key) for key in ("raw/2026/a", "raw/2025/b")] == [200, 200]
        assert [read(narrow, key) for key in ("raw/2026/a", "raw/2025/b")] == [200, 403]
        assert [found["Key"] for found in narrow.list_objects_v2(Bucket="datasets", Prefix="raw/2026/")["Contents"]] == ["raw/2026/a"]
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            narrow.put_object(Bucket="datasets", Key="checkpoints/x", Body=b"x")

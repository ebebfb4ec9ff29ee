"""Credentials from a sandbox: its sessions end with it, and no client is given one that has ended."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.sandboxes import ACCESS, SandboxWorld

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

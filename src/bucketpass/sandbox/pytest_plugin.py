"""A pytest plugin for other people's projects: a sandbox in which everything that their declaration asks for is deployed.

The fixture `bucketpass_sandbox` is a running `Sandbox` for the whole session; the setting `bucketpass_access` in pytest's
configuration names the declaration (default: access.yaml beside it)::

    def test_the_trainer_reads(bucketpass_sandbox):
        token = bucketpass_sandbox.mint("trainer")
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bucketpass.sandbox import Sandbox

__all__ = ["bucketpass_sandbox"]

SETTING = "bucketpass_access"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting is known."""
    parser.addini(SETTING, "the declaration that is deployed in the sandbox", default="access.yaml")


@pytest.fixture(scope="session")
def bucketpass_sandbox(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in which everything that the declaration asks for is deployed."""
    from bucketpass.model import load_access
    from bucketpass.provision.embedded import Endpoint, Program, Stack, up
    from bucketpass.sandbox import Sandbox, SandboxOptions

    file = pytestconfig.rootpath / pytestconfig.getini(SETTING)
    with Sandbox(SandboxOptions(access=load_access(file))) as sandbox:
        program = Program.of_access(file)
        stack = Stack.of(program, folder=tmp_path_factory.mktemp("bucketpass"))
        admin = sandbox.admin
        up(program, stack, Endpoint(sandbox.https_url, sandbox.options.region, admin.access_key_id, admin.secret, sandbox.ca_file))
        yield sandbox

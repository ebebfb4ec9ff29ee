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
    from bucketpass.aws.arn import partition_of_region
    from bucketpass.compile import Target, compile_access
    from bucketpass.emit import blueprint_of
    from bucketpass.errors import SandboxError
    from bucketpass.model import load_access
    from bucketpass.provision.embedded import Endpoint, Engine, Stack, StackName
    from bucketpass.sandbox import Sandbox, SandboxOptions

    file = pytestconfig.rootpath / pytestconfig.getini(SETTING)
    access = load_access(file)
    with Sandbox(SandboxOptions(access=access)) as sandbox:
        admin, region = sandbox.admin, sandbox.options.region
        with Engine(Endpoint(sandbox.https_url, region, admin.access_key_id, admin.secret, sandbox.authority_file)) as engine:
            identity = engine.identity
            target = Target(identity["Account"], region, partition_of_region(region).name, deployer=identity["Arn"])
            stack = Stack(StackName(access.name, "test"), tmp_path_factory.mktemp("bucketpass"))
            result = engine.make(blueprint_of(compile_access(access, target)), stack)
        if not result.ok:
            reasons = "; ".join(f"{step.name}: {step.reason}" for step in result.failed)
            raise SandboxError(f"`{file}` cannot be deployed in the sandbox: {reasons or result.error}")
        yield sandbox

"""A sandbox of the module, the embedded engine on it, and a program that the engine runs; modules that need another sandbox say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine_project import Project, endpoint_of, good

from bucketpass.provision.embedded import Endpoint, Engine
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions


@pytest.fixture(scope="module")
def sandbox_options() -> SandboxOptions:
    return SandboxOptions()


@pytest.fixture(scope="module")
def endpoint(sandbox_options: SandboxOptions) -> Iterator[Endpoint]:
    with Sandbox(sandbox_options) as sandbox:
        yield endpoint_of(sandbox)


@pytest.fixture(scope="module")
def engine(endpoint: Endpoint) -> Iterator[Engine]:
    with Engine(endpoint) as engine:
        yield engine


@pytest.fixture(scope="module")
def aws(endpoint: Endpoint) -> Iterator[RegionClients]:
    clients = RegionClients(endpoint, endpoint.region)
    yield clients
    clients.close()


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Iterator[Project]:
    project = Project(tmp_path, engine)
    yield project
    good(project.destroy())

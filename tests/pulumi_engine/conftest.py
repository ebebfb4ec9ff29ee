import gc
import runpy
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine_project import endpoint_of
from tests.pulumi_engine.engine import PulumiStack
from tests.pulumi_engine.install import missing
from tests.pulumi_engine.language_host import write_plugin
from tests.pulumi_engine.provider import provider_at
from tests.sandboxes import SandboxWorld, sandbox_world

# Whom examples/access.yaml names: the embedded engine and Pulumi's deploy as one of the administrators.
ADMINISTRATOR = "arn:aws:iam::111122223333:role/platform-admin"


@pytest.fixture(autouse=True)
def loops_of_inline_programs() -> Iterator[None]:
    """Pulumi's SDK leaves the event loops of inline programs open: they end here, and not in whichever test comes next."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    """An empty sandbox for the module, in the place of AWS."""
    if absent := missing():
        pytest.skip(absent)
    write_plugin()
    with sandbox_world(None, region="eu-central-1", administrator=ADMINISTRATOR) as world:
        yield world


@pytest.fixture(scope="module")
def port(world: SandboxWorld) -> Iterator[int]:
    """Where Pulumi's engine finds the provider `aws`."""
    with provider_at(endpoint_of(world.sandbox)) as port:
        yield port


@pytest.fixture
def stack(port: int, tmp_path: Path) -> Iterator[PulumiStack]:
    """A stack of Pulumi's own engine; what it made goes with the test."""
    stack = PulumiStack(tmp_path, port)
    yield stack
    stack.program = lambda: None
    left = stack.resources().values()
    if any(one.get("protect") for one in left):
        stack.unprotect()
    if left:
        stack.destroy()


def loaded(path: Path) -> Callable[[], Any]:
    """The program in a file, as the Automation API takes it."""

    def program() -> None:
        runpy.run_path(str(path), run_name="__main__")

    return program

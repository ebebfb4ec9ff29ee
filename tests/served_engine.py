"""The embedded engine's services by themselves, for programs that a test starts in another way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bucketpass.provision.embedded import Endpoint, Message, StackName, Step
from bucketpass.provision.embedded.cloud import Cloud, Places
from bucketpass.provision.embedded.deployment import StackDeployment
from bucketpass.provision.embedded.journal import Journal
from bucketpass.provision.embedded.monitor import serve
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.sealing import sealer_of_stack
from bucketpass.provision.embedded.state import Codec, StackState


@dataclass
class ServedEngine:
    """Where the services listen, what they have heard, and what came of it."""

    address: str
    deployment: StackDeployment
    events: list[Step | Message] = field(default_factory=list)


@contextmanager
def engine_at(endpoint: Endpoint, folder: Path, project: str, *, dry_run: bool = False) -> Iterator[ServedEngine]:
    """Inside the block, programs of stack `dev` can register their resources, which are made at `endpoint`."""
    events: list[Step | Message] = []
    with Journal(folder / f"{project}.dev.json") as journal:
        state = StackState(journal, Codec(sealer_of_stack(folder / "state.key", None)))
        cloud = Cloud(endpoint)
        progress = Progress(events.append, dry_run=dry_run)
        deployment = StackDeployment(StackName(project, "dev"), state, Places(cloud, state), progress, lambda other: {})
        with serve(deployment, events.append) as address:
            yield ServedEngine(address, deployment, events)
        cloud.close()

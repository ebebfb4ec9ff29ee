"""Preview, up and destroy: one run of a program, or of its end, over one stack's state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bucketpass.provision.embedded.cloud import Cloud
from bucketpass.provision.embedded.deletion import Deletion
from bucketpass.provision.embedded.deployment import Deployment
from bucketpass.provision.embedded.endpoint import Endpoint
from bucketpass.provision.embedded.events import Event, Listener, Message, Result, ignore
from bucketpass.provision.embedded.journal import Journal
from bucketpass.provision.embedded.naming import StackName
from bucketpass.provision.embedded.program import Process, Program
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.sealing import KeyFile
from bucketpass.provision.embedded.state import Codec, StackState
from bucketpass.provision.embedded.values import Properties

__all__ = ["Stack", "destroy", "preview", "up"]


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack: its name, and the folder in which its state is kept."""

    name: StackName
    folder: Path

    @classmethod
    def of(cls, program: Program, stack: str = "dev") -> Stack:
        """The stack of a program, kept beside it in `.bucketpass`."""
        return cls(StackName(program.project, stack), program.root / ".bucketpass" / "stacks")

    @property
    def file(self) -> Path:
        """Where the state is."""
        return self.folder / f"{self.name.project}.{self.name.stack}.json"


def preview(program: Program, stack: Stack, endpoint: Endpoint, listener: Listener = ignore) -> Result:
    """What `up` would do is told. Nothing is changed."""
    return _run(program, stack, endpoint, listener, dry_run=True)


def up(program: Program, stack: Stack, endpoint: Endpoint, listener: Listener = ignore) -> Result:
    """The endpoint has what the program asks for, and no longer what it does not; or the result says what is missing."""
    return _run(program, stack, endpoint, listener, dry_run=False)


def destroy(stack: Stack, endpoint: Endpoint, listener: Listener = ignore) -> Result:
    """All resources of the stack are gone, what needs another before that other. The program is not run."""
    with _open(stack) as state:
        cloud = Cloud(endpoint)
        cloud.check()
        ear = _Ear(listener)
        progress = Progress(ear, dry_run=False)
        Deletion(state, cloud, progress).delete_all([*state.live.values(), *state.condemned])
        return Result(progress.steps, {}, tuple(ear.messages))


def outputs(stack: Stack) -> Properties:
    """What the program exported when it was last run, secrets still hidden."""
    with _open(stack) as state:
        return state.outputs


def _run(program: Program, stack: Stack, endpoint: Endpoint, listener: Listener, *, dry_run: bool) -> Result:
    ear = _Ear(listener)
    # First of all, since it takes longest: the process loads Pulumi and pulumi-aws while everything else is made ready here.
    with Process(program, ear) as process, _open(stack) as state:
        from bucketpass.provision.embedded.monitor import serve

        cloud = Cloud(replace(endpoint, region=program.config.get("aws:region", endpoint.region)))
        cloud.check()
        progress = Progress(ear, dry_run=dry_run)
        deployment = Deployment(stack.name, state, cloud, progress)
        with serve(deployment, ear) as address:
            cloud.warm()
            code = process.run(stack.name, address, dry_run=dry_run)
        error = "" if code == 0 else f"the program ended with exit code {code}"
        if code == 0:
            deployment.delete_the_rest()
        return Result(progress.steps, deployment.outputs, tuple(ear.messages), error, code)


@dataclass
class _Ear:
    """Passes events on, one at a time, and keeps the messages."""

    listener: Listener
    messages: list[Message] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: Event) -> None:
        with self.lock:
            if isinstance(event, Message):
                self.messages.append(event)
            self.listener(event)


@contextmanager
def _open(stack: Stack) -> Iterator[StackState]:
    with Journal(stack.file) as journal:
        yield StackState(journal, Codec(KeyFile(stack.folder / "state.key")))

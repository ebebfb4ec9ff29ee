"""Preview, up and destroy: one run of a program, or of its end, over one stack's state."""

from __future__ import annotations

import glob
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from bucketpass.emit.blueprint import Blueprint
from bucketpass.errors import BucketpassError, Place, ProvisionError
from bucketpass.policy.shared import mark_of
from bucketpass.provision.embedded.blueprinted import register_blueprint
from bucketpass.provision.embedded.cloud import Cloud, Places
from bucketpass.provision.embedded.declared import DeclaredProgram
from bucketpass.provision.embedded.deletion import Deletion
from bucketpass.provision.embedded.deployment import StackDeployment
from bucketpass.provision.embedded.endpoint import Endpoint
from bucketpass.provision.embedded.events import NOTHING_CHANGED, Event, Listener, Message, RunResult, ignore
from bucketpass.provision.embedded.host import Host
from bucketpass.provision.embedded.imports import ImportedResource, import_resources
from bucketpass.provision.embedded.journal import Journal, Scratch, read_records
from bucketpass.provision.embedded.naming import StackName
from bucketpass.provision.embedded.obstacles import Consent
from bucketpass.provision.embedded.previewed import note_previewed, was_previewed
from bucketpass.provision.embedded.program import Program
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.recovery import recover
from bucketpass.provision.embedded.refresh import refresh
from bucketpass.provision.embedded.sealing import sealer_of_stack
from bucketpass.provision.embedded.state import Codec, ResourceState, StackState
from bucketpass.provision.embedded.values import Properties, known
from bucketpass.review.resources import ReviewedResource, short
from bucketpass.secret import Secret

Imports = Sequence[ImportedResource]
# What of the default provider's configuration the engine heeds; the rest says how AWS's own provider signs and asks.
HEEDED = frozenset(
    {"region", "defaultTags", "allowedAccountIds", "forbiddenAccountIds", "skipCredentialsValidation", "skipMetadataApiCheck"}
)
HEEDED |= {"skipRegionValidation", "skipRequestingAccountId", "s3UsePathStyle", "maxRetries", "retryMode"}

__all__ = ["Engine", "Stack", "check_known", "destroy", "outputs", "preview", "up"]


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack: its name, the folder in which its state is kept, and the passphrase that seals its secrets (None: a key in a file)."""

    name: StackName
    folder: Path
    passphrase: Secret | None = None

    @classmethod
    def of(cls, program: Program, stack: str = "dev", *, folder: Path | None = None, passphrase: Secret | None = None) -> Stack:
        """The stack of a program, kept in `folder`, or beside the program in `.bucketpass`."""
        return cls(StackName(program.project, stack), folder or program.root / ".bucketpass" / "stacks", passphrase)

    @classmethod
    def named(cls, project: str, stack: str, root: Path) -> Stack:
        """The stack of a project whose program is in the folder `root`."""
        return cls(StackName(project, stack), root / ".bucketpass" / "stacks")

    @property
    def file(self) -> Path:
        """Where the state is."""
        return self.folder / f"{self.name.project}.{self.name.stack}.json"


class Engine:
    """A session with one endpoint. Its clients and the process that runs programs are made once, for all its runs.

    `python` is the one that programs run in; where None, each program's own is started when it is first run.
    """

    def __init__(self, endpoint: Endpoint, python: Path | None = None) -> None:
        self._cloud = Cloud(endpoint)
        self._instance = endpoint.instance
        self._host = None if python is None else Host(python)

    @property
    def identity(self) -> Mapping[str, str]:
        """The `Account` and the `Arn` of the principal that the endpoint's access key belongs to."""
        return self._cloud.clients(self._cloud.endpoint.region).identity

    def preview(
        self, program: Program, stack: Stack, listener: Listener = ignore, *, refreshed: bool = True, imports: Imports = ()
    ) -> RunResult:
        """Report what `up` would do. Nothing is changed."""
        result = self._run(program, stack, listener, dry_run=True, refreshed=refreshed, imports=imports)
        if result.ok:
            note_previewed(stack.file, program)
        return result

    def up(
        self,
        program: Program,
        stack: Stack,
        listener: Listener = ignore,
        *,
        refreshed: bool = True,
        preview_first: bool = True,
        imports: Imports = (),
    ) -> RunResult:
        """The endpoint has what the program asks for, and no longer what it does not; or the result says what is missing.

        preview_first: a program that was not previewed as it is now is previewed first. If that fails, nothing is made.
        `refreshed`: what others changed or deleted at the endpoint is found out first, and put right. imports: existing resources that
        become the stack's first, as they are, and are then changed to what the program asks for.
        """
        if preview_first and not was_previewed(stack.file, program):
            planned = self._run(program, stack, ignore, dry_run=True, refreshed=False, imports=imports)
            if not planned.ok:
                for message in planned.messages:
                    listener(message)
                for step in planned.failed:
                    listener(step)
                return replace(planned, steps=planned.failed, error=planned.error or NOTHING_CHANGED)
            note_previewed(stack.file, program)
        return self._run(program, stack, listener, dry_run=False, refreshed=refreshed, imports=imports)

    def make(self, blueprint: Blueprint, stack: Stack, listener: Listener = ignore) -> RunResult:
        """The endpoint has the blueprint's resources, without a program and without Pulumi's SDK; or the result says what is missing."""
        with self._session(stack, listener) as session:
            deployment = StackDeployment(stack.name, session.state, session.places, session.progress, partial(_exports, stack))
            register_blueprint(blueprint, deployment)
            deployment.delete_the_rest()
            return session.result({})

    def refresh(self, stack: Stack, listener: Listener = ignore) -> RunResult:
        """Update the state to the resources as they are, and report the differences. Nothing at the endpoint is changed."""
        with self._session(stack, listener) as session:
            refresh(session.state, session.places, session.progress)
            return session.result(session.state.outputs)

    def destroy(
        self,
        stack: Stack,
        listener: Listener = ignore,
        *,
        consent: Consent | None = None,
        dry_run: bool = False,
        program: Program | None = None,
    ) -> RunResult:
        """All resources of the stack are gone, what needs another before that other; none of them if something is in the way.
        program: whose configuration says which accounts are allowed.
        consent: what of the data and of what others attached may go. dry_run: only report what would be deleted and retained.
        """
        with self._session(stack, listener, None if program is None else program.provider_settings, dry_run=dry_run) as session:
            Deletion(session.state, session.places, session.progress, consent).delete_all_but(frozenset())
            return session.result({})

    def _run(self, program: Program, stack: Stack, listener: Listener, *, dry_run: bool, refreshed: bool, imports: Imports) -> RunResult:
        with self._session(stack, listener, program.provider_settings, dry_run=dry_run) as session:
            anew = self._started_anew(session.state)
            if anew and session.state.live:
                session.collector(Message("info", "the endpoint was restarted after the last run of this stack: refreshing its resources"))
            import_resources(tuple(imports), stack.name, session.state, session.places, session.collector)
            exports = partial(_exports, stack)
            deployment = StackDeployment(stack.name, session.state, session.places, session.progress, exports)
            with ThreadPoolExecutor(1) as pool:
                # While the program starts, which takes as long, the engine looks at what is there.
                looked = pool.submit(self._look, session, refreshed=refreshed or anew, anew=anew)
                deployment.wait_for(looked.result)
                code = self._register(program, stack.name, deployment, session.collector, dry_run=dry_run)
                looked.result()
            deployment.delete_the_rest()
            error = "" if code == 0 and deployment.complete else f"the program ended early, with exit code {code}"
            return session.result(deployment.outputs, error, code)

    def _register(
        self, program: Program, name: StackName, deployment: StackDeployment, listener: _MessageCollector, *, dry_run: bool
    ) -> int:
        """Have the program register its resources, and return its exit code."""
        if program.declaration is not None:
            try:
                DeclaredProgram(program.declaration, name, program.config, deployment, listener).register(dry_run=dry_run)
            except BucketpassError as error:
                for line in str(error).splitlines():
                    listener(Message("error", f"error: {line}"))
                return error.exit_code
            return 0
        host = self._host_for(program.python)
        from bucketpass.provision.embedded.monitor import serve

        with serve(deployment, listener, program.root) as address:
            return host.run(program, name, address, listener, dry_run=dry_run)

    def _look(self, session: _Session, *, refreshed: bool, anew: bool) -> None:
        self._cloud.warm()
        if refreshed:
            refresh(session.state, session.places, session.progress)
        if anew:
            session.state.belong_to(self._instance)

    @contextmanager
    def _session(
        self, stack: Stack, listener: Listener, settings: Mapping[str, str] | None = None, *, dry_run: bool = False
    ) -> Iterator[_Session]:
        """Check the endpoint, open the state, and recover the pending operations of an interrupted run."""
        collector = _MessageCollector(listener)
        with Journal(stack.file) as journal:
            state = StackState(Scratch(journal.records) if dry_run else journal, _codec(stack))
            self._cloud.check()
            session = _Session(
                state,
                Places(self._cloud, state, settings, mark=mark_of(stack.name.project, stack.name.stack)),
                Progress(collector, dry_run=dry_run),
                collector,
            )
            session.places.check_account(settings or {}, "the stack's configuration")
            for name in sorted((settings or {}).keys() - HEEDED):
                collector(
                    Message("warning", f"configuration `aws:{name}` has no effect here: everything is made with the endpoint's own key")
                )
            recover(state, session.places, session.progress)
            yield session

    def _started_anew(self, state: StackState) -> bool:
        """The endpoint may have forgotten what the state says that it has."""
        return bool(self._instance) and state.instance != self._instance

    def _host_for(self, python: Path) -> Host:
        if self._host is not None and self._host.python != python:
            self._host.close()
            self._host = None
        if self._host is None:
            self._host = Host(python)
        return self._host

    def close(self) -> None:
        """No process and no connection of the session is left."""
        self._cloud.close()
        if self._host is not None:
            self._host.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def preview(program: Program, stack: Stack, endpoint: Endpoint, listener: Listener = ignore) -> RunResult:
    """Report what `up` would do. Nothing is changed."""
    with Engine(endpoint, program.python) as engine:
        return engine.preview(program, stack, listener)


def up(program: Program, stack: Stack, endpoint: Endpoint, listener: Listener = ignore) -> RunResult:
    """The endpoint has what the program asks for, and no longer what it does not; or the result says what is missing."""
    with Engine(endpoint, program.python) as engine:
        return engine.up(program, stack, listener)


def destroy(stack: Stack, endpoint: Endpoint, listener: Listener = ignore) -> RunResult:
    """All resources of the stack are gone. No program is run."""
    with Engine(endpoint) as engine:
        return engine.destroy(stack, listener)


def outputs(stack: Stack) -> Properties:
    """What the program exported when it was last run, secrets still hidden."""
    return _exports(stack, stack.name)


def check_known(stack: Stack) -> None:
    """Raise `ProvisionError` where the stack's folder has nothing of it, not even of a run that failed: its name may be mistyped."""
    if stack.file.exists() or stack.file.with_suffix(".journal").exists():
        return
    prefix = f"{stack.name.project}."
    known = sorted(file.stem.removeprefix(prefix) for file in stack.folder.glob(f"{glob.escape(prefix)}*.json"))
    remedy = f"there {'is' if len(known) == 1 else 'are'} {', '.join(f'`{name}`' for name in known)}" if known else "run `up` for it first"
    raise ProvisionError(f"there is no stack `{stack.name.stack}` of project `{stack.name.project}` in `{stack.folder}`", remedy=remedy)


def _exports(stack: Stack, name: StackName) -> Properties:
    """What a stack of the same folder exported; another run may be writing it."""
    other = replace(stack, name=name)
    records = read_records(other.file)
    state = StackState(Scratch(records), _codec(other)) if records else None
    if state is None or not state.live:
        raise ProvisionError(
            f"there is no stack `{name.stack}` of project `{name.project}` in `{stack.folder}`",
            remedy="run `up` for it first; stacks of several projects find each other in one folder (--state)",
        )
    return state.outputs


def stack_states(stack: Stack, *, required: bool = True) -> list[ResourceState]:
    """Return what the stack has, by its state. Raise `ProvisionError` for a required stack that no run has made."""
    records = read_records(stack.file)
    state = StackState(Scratch(records), _codec(stack)) if records else None
    if required and (state is None or not state.live):
        raise ProvisionError(
            f"there is no stack `{stack.name.stack}` of project `{stack.name.project}` here", remedy="Run `up` for it first."
        )
    return list(state.live.values()) if state is not None else []


def stack_resources(stack: Stack, *, required: bool = True) -> list[ReviewedResource]:
    """Return the same for a review."""
    return [
        ReviewedResource(short(one.type), one.name, known({**one.inputs, **one.outputs}), Place(path=one.name))
        for one in stack_states(stack, required=required)
        if one.custom and one.type.startswith("aws:")
    ]


def _codec(stack: Stack) -> Codec:
    return Codec(sealer_of_stack(stack.folder / "state.key", stack.passphrase))


@dataclass
class _MessageCollector:
    """Passes events on, one at a time, and keeps the messages."""

    listener: Listener
    messages: list[Message] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: Event) -> None:
        with self.lock:
            if isinstance(event, Message):
                self.messages.append(event)
            self.listener(event)


@dataclass(frozen=True, slots=True)
class _Session:
    """What one run works with."""

    state: StackState
    places: Places
    progress: Progress
    collector: _MessageCollector

    def result(self, outputs: Properties, error: str = "", code: int = 0) -> RunResult:
        """What came of the run."""
        return RunResult(self.progress.steps, outputs, tuple(self.collector.messages), error, code)

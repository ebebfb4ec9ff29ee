"""A cloud in memory for the embedded engine: one kind of thing, calls that can fail, and a power cut at any moment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.cloud import Cloud, Places, ProviderSettings, ResourceType
from bucketpass.provision.embedded.deployment import Registered, StackDeployment
from bucketpass.provision.embedded.endpoint import Endpoint, RegionClients
from bucketpass.provision.embedded.events import Event, Step
from bucketpass.provision.embedded.goal import Goal, ResourceOptions
from bucketpass.provision.embedded.journal import JsonObject, Scratch
from bucketpass.provision.embedded.naming import PROVIDER_PREFIX, STACK_TYPE, StackName
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.recovery import recover
from bucketpass.provision.embedded.resources.interface import Made, Naming, Property, then
from bucketpass.provision.embedded.state import Codec, StackState
from bucketpass.provision.embedded.values import Properties, Value, text
from bucketpass.secret import Secret

STACK = StackName("shop", "dev")
ENDPOINT = Endpoint("http://127.0.0.1:1", "eu-central-1", "id", Secret("key"))
THING = "test:index:Thing"


class PowerCut(BaseException):
    """The process is gone in this instant: nothing catches it."""


class AwsSaidNo(Exception):
    """An answer in the shape of botocore's."""

    def __init__(self, code: str) -> None:
        super().__init__(f"an error occurred ({code})")
        self.response = {"Error": {"Code": code}}


@dataclass
class World:
    """What there is, by name; what was called; what is refused; after how many moments the power goes."""

    things: dict[str, dict[str, Value]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    moments_left: int | None = None
    together: Barrier | None = None  # where set, so many calls have to be under way at a time

    def moment(self) -> None:
        """One moment passes."""
        if self.moments_left is not None:
            if self.moments_left == 0:
                raise PowerCut
            self.moments_left -= 1

    @contextmanager
    def call(self, what: str) -> Iterator[None]:
        """The call happens, between two moments."""
        self.moment()
        if what in self.refused:
            raise AwsSaidNo("AccessDenied")
        self.calls.append(what)
        if self.together is not None:
            self.together.wait()
        yield
        self.moment()


@dataclass
class Thing:
    """A kind of resource. Its ID is its name; `colour` changes in place, `size` does not; `tags` need a second call."""

    world: World
    tokens: tuple[str, ...] = (THING,)
    properties: tuple[Property, ...] = (
        Property("name", replace=True, naming=Naming(40)),
        Property("colour", default="grey"),
        Property("size", replace=True),
        Property("on", replace=True),
        Property("policy", policy=True),
        Property("tags", late=True),
    )
    overwrites: bool = False
    part_of: str = ""
    shared: None = None

    def check(self, aws: RegionClients, wanted: Properties) -> None:
        pass

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        return text(wanted, "name")

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        name = text(wanted, "name")
        with self.world.call(f"create {name}"):
            if name in self.world.things:
                raise AwsSaidNo("EntityAlreadyExists")
            self.world.things[name] = {key: value for key, value in wanted.items() if key not in {"tags", "tagsAll"}}
        made = Made(name, {"arn": f"arn:{name}"})
        if wanted.get("tags"):
            with then(made), self.world.call(f"tag {name}"):
                self.world.things[name]["tags"] = wanted["tags"]
        return made

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        found = self.world.things.get(identifier)
        return None if found is None else {**found, "arn": f"arn:{identifier}"}

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        with self.world.call(f"update {identifier}"):
            self.world.things[identifier] = {key: value for key, value in new.items() if key != "tagsAll"}
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        with self.world.call(f"delete {identifier}"):
            users = [name for name, thing in self.world.things.items() if thing.get("on") == identifier]
            if users:
                raise AwsSaidNo("DeleteConflict")
            self.world.things.pop(identifier, None)


class FakePlaces(Places):
    """Everything is a `Thing`."""

    def __init__(self, world: World, state: StackState, handler: Thing | None = None) -> None:
        super().__init__(Cloud(ENDPOINT), state)
        self._cloud = Cloud(ENDPOINT, sleep=lambda seconds: None)
        self._thing = handler or Thing(world)

    def kind(self, token: str, provider: str) -> ResourceType:
        if token != THING:
            raise ProvisionError(f"resource type `{token}` is not supported by the embedded engine, expected one of `{THING}`")
        return ResourceType(self._cloud, self._thing, ProviderSettings("eu-central-1"))


class Reversed:
    """A cipher that a test can read."""

    def seal(self, clear: str) -> str:
        return clear[::-1]

    def open(self, sealed: str) -> str:
        return sealed[::-1]


@dataclass
class Disk:
    """Records that outlive a power cut. Each write is between two moments, and whole or not at all."""

    world: World
    records: dict[str, JsonObject] = field(default_factory=dict)

    def put(self, changes: Mapping[str, JsonObject | None]) -> None:
        self.world.moment()
        for key, record in json.loads(json.dumps(changes)).items():
            if record is None:
                self.records.pop(key, None)
            else:
                self.records[key] = record
        self.world.moment()


@dataclass
class Laboratory:
    """A world, a disk, and runs of programs, which are lists of goals."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.disk = Disk(self.world)
        self.events: list[Event] = []
        self.exported: dict[StackName, Properties] = {}

    def state(self) -> StackState:
        """The state as a new process would read it."""
        return StackState(self.disk, Codec(Reversed()))

    def run(self, program: Sequence[Goal], *, dry_run: bool = False) -> tuple[Step, ...]:
        """The program has run to its end; what was said of each resource."""
        self.events = []
        state = StackState(Scratch(self.disk.records), Codec(Reversed())) if dry_run else self.state()
        progress = Progress(self.events.append, dry_run=dry_run)
        places = FakePlaces(self.world, state)
        recover(state, places, progress)
        deployment = StackDeployment(STACK, state, places, progress, lambda name: self.exported[name])
        self.answers: list[Registered] = [deployment.register(Goal(STACK_TYPE, "shop-dev", custom=False))]
        self.answers += [deployment.register(goal) for goal in program]
        deployment.finish()
        deployment.delete_the_rest()
        return progress.steps

    def said(self, steps: Sequence[Step]) -> list[tuple[str, str, str]]:
        """Operation, phase and name of each step, but for the stack's own."""
        return [(step.operation.value, step.phase.value, step.name) for step in steps if step.type != STACK_TYPE]


def urn(name: str, kind: str = THING) -> str:
    """The URN of a thing directly in the stack."""
    return STACK.urn(STACK.root, kind, name)


def thing(name: str, *, on: str | None = None, options: ResourceOptions | None = None, parent: str = STACK.root, **inputs: Value) -> Goal:
    """A thing to register; `on` is the thing that one of its fixed properties comes from."""
    given: dict[str, Value] = {"name": name, **inputs}
    if on is not None:
        given["on"] = on
    tied = () if on is None else (urn(on),)
    return Goal(
        THING,
        name,
        custom=True,
        parent=parent,
        inputs=given,
        dependencies=tied,
        property_dependencies={"on": tied} if tied else {},
        options=options or ResourceOptions(),
    )


def provider(name: str, **inputs: Value) -> Goal:
    """An explicit `aws.Provider`."""
    return Goal(f"{PROVIDER_PREFIX}aws", name, custom=True, parent=STACK.root, inputs=inputs)

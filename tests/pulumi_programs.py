"""Pulumi programs run against mocks: what they register is kept, with its options."""

import asyncio
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime import mocks, rpc

with warnings.catch_warnings():
    # A module of the package loads when it is first touched, and its old names then say that they are old.
    warnings.simplefilter("ignore", DeprecationWarning)
    LOADED = (aws.iam.Role, aws.kms.Key, aws.s3.Bucket)

ACCOUNT = "111122223333"


@dataclass(frozen=True)
class Registered:
    """A resource as the program asked for it. What was secret is marked in `secret`."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    secret: frozenset[str]
    parent: str
    provider: str
    dependencies: frozenset[str]
    protect: bool
    retain_on_delete: bool
    aliases: tuple[str, ...]


def is_unknown(value: object) -> bool:
    """Whether the value was not known in a preview."""
    return isinstance(value, pulumi.output.Unknown)


@dataclass
class Cloud(mocks.Mocks):
    """Answers as AWS's provider would; in a preview, nothing that only AWS knows is known."""

    region: str
    preview: bool
    others: Callable[[mocks.MockResourceArgs], Mapping[str, Any]] = lambda args: {}
    calls: Callable[[mocks.MockCallArgs], Mapping[str, Any]] = lambda args: {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if self.preview:
            return None, {name: value for name, value in args.inputs.items() if name != "arn"}
        kind = args.typ.rpartition(":")[2]
        named = args.inputs.get("bucket") if kind == "Bucket" else args.inputs.get("name")
        arns = {
            "Role": f"arn:aws:iam::{ACCOUNT}:role/{named}",
            "Policy": f"arn:aws:iam::{ACCOUNT}:policy/{named}",
            "Bucket": f"arn:aws:s3:::{named}",
            "Key": f"arn:aws:kms:{self.region}:{ACCOUNT}:key/{args.name}",
            "OpenIdConnectProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{str(args.inputs.get('url', '')).removeprefix('https://')}",
        }
        known = {"arn": arns[kind]} if kind in arns else {}
        return str(named or args.name), {**args.inputs, **known, **self.others(args)}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        answers = {
            "aws:index/getRegion:getRegion": {"region": self.region, "name": self.region, "id": self.region},
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT, "id": ACCOUNT, "arn": "", "userId": ""},
        }
        return dict(answers.get(args.token) or self.calls(args)), []


@dataclass
class Monitor(mocks.MockMonitor):
    """A mock monitor that keeps each request."""

    mocks: mocks.Mocks
    registered: list[Registered] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.mocks)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
            self.registered.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    inputs={name: rpc.unwrap_rpc_secret(value) for name, value in inputs.items()},
                    secret=frozenset(name for name, value in inputs.items() if rpc.is_rpc_secret(value)),
                    parent=request.parent.rpartition("::")[2],
                    provider=request.provider,
                    dependencies=frozenset(urn.rpartition("::")[2] for urn in request.dependencies),
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    aliases=tuple(alias.spec.name for alias in request.aliases),
                )
            )
        with event_loop():
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        with event_loop():
            return super().Invoke(request)  # type: ignore[no-untyped-call]


@contextmanager
def event_loop() -> Iterator[None]:
    """Inside the block this thread has an event loop, which Pulumi would make and leave open."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _, context: None)  # the program's own exception is raised; each output repeats it
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        # Outputs that nobody asked for are worked out too: a coroutine that is never awaited is a warning.
        while waiting := asyncio.all_tasks(loop):
            loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()


def registered(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    region: str = "eu-west-1",
    others: Callable[[mocks.MockResourceArgs], Mapping[str, Any]] = lambda args: {},
    calls: Callable[[mocks.MockCallArgs], Mapping[str, Any]] = lambda args: {},
) -> list[Registered]:
    """What `program` registers, in order. `others`: further outputs of resources, in an update. `calls`: answers to further functions."""
    cloud = Cloud(region, preview, others, calls)
    monitor = Monitor(cloud)
    with event_loop():
        pulumi.runtime.set_mocks(cloud, preview=preview, monitor=monitor)
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    return monitor.registered


def values(outputs: Callable[[], Mapping[str, pulumi.Input[Any]]], **options: Any) -> dict[str, Any]:
    """The outputs of a program once all is known; in a preview, those that are unknown are None."""
    found: dict[str, Any] = {}

    def program() -> Any:
        return pulumi.Output.all(**outputs()).apply(found.update)

    registered(program, **options)
    return found

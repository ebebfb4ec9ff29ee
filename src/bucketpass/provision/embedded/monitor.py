"""Pulumi's gRPC services, as a program sees them: translation between its messages and a `StackDeployment`, and nothing else.

Source: `pulumi.runtime.proto` (resource.proto, engine.proto) of the Pulumi SDK.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from bucketpass.errors import BucketpassError, RequestError
from bucketpass.provision.embedded.deployment import StackDeployment
from bucketpass.provision.embedded.events import Listener, Message
from bucketpass.provision.embedded.failure import explain
from bucketpass.provision.embedded.goal import Goal, ResourceOptions
from bucketpass.provision.embedded.host import PARALLEL
from bucketpass.provision.embedded.transforms import Transforms
from bucketpass.provision.embedded.values import Value, from_struct, has_unknown, to_struct

__all__ = ["serve"]

MOST_SOCKET_PATH_BYTES = 103  # macOS; Linux takes 107
MAX_MESSAGE_BYTES = 400 * 1024 * 1024
_OPTIONS = (("grpc.max_receive_message_length", MAX_MESSAGE_BYTES), ("grpc.max_send_message_length", MAX_MESSAGE_BYTES))
_FEATURES = ("SECRETS", "RESOURCE_REFERENCES", "DELETED_WITH", "TRANSFORMS")
_SEVERITIES = ("debug", "info", "warning", "error")


@contextmanager
def serve(deployment: StackDeployment, listener: Listener, folder: Path = Path()) -> Iterator[str]:
    """Inside the block, both services listen on the address that is given."""
    pool = ThreadPoolExecutor(PARALLEL + 2, thread_name_prefix="pulumi")
    server = grpc.server(pool, options=_OPTIONS)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(MonitorService(deployment, folder), server)
    engine_pb2_grpc.add_EngineServicer_to_server(EngineService(listener), server)
    # SECURITY: a socket in a folder of mode 0700. On a port, any user of this machine could have resources made with the
    # administrator's key.
    with tempfile.TemporaryDirectory(prefix="bucketpass-", dir=_socket_base()) as sockets:
        address = f"unix:{sockets}/engine"
        server.add_insecure_port(address)
        server.start()
        try:
            yield address
        finally:
            server.stop(None).wait()
            pool.shutdown()


def _socket_base() -> str | None:
    """Where the socket's folder is: the usual place for temporary files (None), unless a socket's path would be too long there."""
    path = Path(tempfile.gettempdir()) / "bucketpass-12345678" / "engine"
    return None if len(bytes(path)) <= MOST_SOCKET_PATH_BYTES else "/tmp"  # noqa: S108  the folder in it is of mode 0700


class MonitorService(resource_pb2_grpc.ResourceMonitorServicer):
    """`ResourceMonitor`: what a program asks for."""

    def __init__(self, deployment: StackDeployment, folder: Path) -> None:
        self._folder = folder
        self._deployment = deployment
        self._transforms = Transforms()

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What this engine can do."""
        features = [getattr(resource_pb2, f"RESOURCE_MONITOR_FEATURE_{name}") for name in _FEATURES]
        return resource_pb2.DeploymentInfo(supportedFeatures=features)

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The same, as older SDKs ask for it."""
        known = {"secrets", "resourceReferences", "deletedWith", "transforms"}
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in known)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The resource is as the program asks, or the answer says that it is not."""
        with _told_to(context):
            request = self._transforms.apply(request)
            done = self._deployment.register(_goal(request, self._folder))
            self._transforms.remember(done.urn, request)
            result = resource_pb2.SUCCESS if done.ok else resource_pb2.FAIL
            return resource_pb2.RegisterResourceResponse(urn=done.urn, id=done.id, object=to_struct(done.outputs), result=result)

    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The outputs of a resource that the program does not own."""
        with _told_to(context):
            goal = Goal(
                type=request.type,
                name=request.name,
                custom=True,
                parent=request.parent,
                provider=_urn_of_reference(request.provider),
                inputs=from_struct(request.properties),
                dependencies=tuple(request.dependencies),
                options=ResourceOptions(additional_secret_outputs=tuple(request.additionalSecretOutputs)),
                read_id=request.id,
                position=_position(request),
            )
            done = self._deployment.register(goal)
            result = resource_pb2.SUCCESS if done.ok else resource_pb2.FAIL
            return resource_pb2.ReadResourceResponse(urn=done.urn, id=done.id, properties=to_struct(done.outputs), result=result)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The outputs of a component, or of the whole stack, are noted."""
        with _told_to(context):
            self._deployment.register_outputs(request.urn, from_struct(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What a function returns; a failure is a failure of the call, as the SDK expects it."""
        arguments = from_struct(request.args)
        if has_unknown(arguments):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        try:
            answer = self._deployment.invoke(request.tok, arguments, _urn_of_reference(request.provider))
        except Exception as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"{request.tok} failed: {explain(error)}")
        if answer is None:
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(answer)})

    def RegisterStackTransform(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Every resource from now on goes through the callback."""
        self._transforms.add(request)
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The program may end: all that it registered has been answered."""
        self._deployment.finish()
        return empty_pb2.Empty()


class EngineService(engine_pb2_grpc.EngineServicer):
    """`Engine`: where a program's messages go, and where it finds its root."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._root = ""

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Pass the message to the listener."""
        self._listener(Message(_SEVERITIES[request.severity], request.message, request.urn))
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The URN of the stack."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The URN of the stack is kept."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()


@contextmanager
def _told_to(context: Any) -> Iterator[None]:
    try:
        yield
    except BucketpassError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, explain(error))


def _urn_of_reference(reference: str) -> str:
    """The URN in a reference to a provider, which is `<URN>::<ID>`."""
    return reference.rpartition("::")[0]


def _aliases(request: Any) -> Iterable[str]:
    yield from request.aliasURNs
    yield from (alias.urn for alias in request.aliases if alias.urn)


def _position(request: Any) -> str:
    """`file:line` of the program that registers the resource, where its SDK says it."""
    position = request.sourcePosition
    return f"{Path(urlsplit(position.uri).path).name}:{position.line}" if position.uri and position.line else ""


def _inputs(request: Any, folder: Path) -> dict[str, Value]:
    try:
        return from_struct(request.object, folder)
    except RequestError as error:
        where = f" ({_position(request)})" if _position(request) else ""
        (found,) = error.diagnostics()
        raise RequestError(f"`{request.name}` of type `{request.type}`{where}: {found.message}", remedy=found.remedy) from None


def _goal(request: Any, folder: Path) -> Goal:
    for asked, words in (
        (request.remote, "a component of another process"),
        (request.HasField("replacement_trigger"), "replacement_trigger"),
    ):
        if asked:
            raise RequestError(f"{words} is not supported by the embedded engine", remedy="run the program with `pulumi up`")
    options = ResourceOptions(
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        deleted_with=request.deletedWith,
        import_id=request.importId,
        aliases=tuple(_aliases(request)),
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
    )
    goal = Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        inputs=_inputs(request, folder),
        dependencies=tuple(request.dependencies),
        property_dependencies={name: tuple(found.urns) for name, found in request.propertyDependencies.items() if found.urns},
        options=options,
        position=_position(request),
    )
    return replace(goal, provider=_urn_of_reference(request.provider)) if request.provider else goal

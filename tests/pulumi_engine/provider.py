"""The package `aws` for Pulumi's own engine: the embedded engine's handlers, served as a provider over the sandbox.

Engine, state and previews are Pulumi's; the provider is not AWS's. Each name that reaches it is looked up in pulumi_aws's classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2
from tests.pulumi_engine.names import unknown_names

from bucketpass.errors import BucketpassError
from bucketpass.provision.embedded import Endpoint
from bucketpass.provision.embedded.check import check
from bucketpass.provision.embedded.cloud import Cloud, ProviderSettings, ResourceType
from bucketpass.provision.embedded.diff import PropertyChange, compare
from bucketpass.provision.embedded.failure import explain
from bucketpass.provision.embedded.found import as_found, outputs_of
from bucketpass.provision.embedded.goal import Goal
from bucketpass.provision.embedded.resources import functions
from bucketpass.provision.embedded.resources.interface import PartlyMade, Property
from bucketpass.provision.embedded.resources.registry import handler_of
from bucketpass.provision.embedded.state import ResourceState
from bucketpass.provision.embedded.values import Properties, from_struct, has_unknown, known, reveal, to_struct

__all__ = ["SandboxProvider", "provider_at"]

UPDATE, UPDATE_REPLACE = provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE


class SandboxProvider(provider_pb2_grpc.ResourceProviderServicer):
    """`ResourceProvider` for all providers of a program: each has its own connection, by which its settings are known."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._cloud = Cloud(endpoint)
        self._default = ProviderSettings(endpoint.region)
        self._settings: dict[str, ProviderSettings] = {}
        self.calls: list[tuple[str, str]] = []

    def close(self) -> None:
        """No connection is left open."""
        self._cloud.close()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's names, here and below
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="7.51.1")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        changed = request.old_inputs != request.news
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        self._settings[context.peer()] = ProviderSettings.of(from_struct(request.args), self._default.region)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        with _failures(context):
            arguments = known(from_struct(request.args))
            region = arguments.get("region") or self._around(context).region
            answer = functions.invoke(self._cloud.clients(str(region)), request.tok, arguments)
            return provider_pb2.InvokeResponse(**{"return": to_struct(answer)})

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, token = self._kind(request, context), _token(request.urn)
        news = from_struct(request.news)
        strange = unknown_names(token, {name: reveal(value) for name, value in news.items() if name != "tagsAll"})
        if strange:
            failures = [provider_pb2.CheckFailure(property=name, reason=f"pulumi_aws has no `{name}` in {token}") for name in strange]
            return provider_pb2.CheckResponse(inputs=request.news, failures=failures)
        goal = Goal(token, request.urn.rpartition("::")[2], custom=True, inputs=news)
        try:
            inputs = check(kind.handler, goal, from_struct(request.olds), kind.around, dry_run=False)
            kind.check_nested(inputs)
        except BucketpassError as error:
            return provider_pb2.CheckResponse(inputs=request.news, failures=[provider_pb2.CheckFailure(reason=explain(error))])
        return provider_pb2.CheckResponse(inputs=to_struct(inputs))

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind = self._kind(request, context)
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        changes = compare(old, new, kind.rules)
        identity = kind.find(new)
        paths = {_path(change, kind.rules): change.replaces for change in changes}
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=[path for path, replaces in paths.items() if replaces],
            diffs=sorted({change.property for change in changes}),
            detailedDiff={
                path: provider_pb2.PropertyDiff(kind=UPDATE_REPLACE if replaces else UPDATE, inputDiff=True)
                for path, replaces in paths.items()
            },
            hasDetailedDiff=True,
            deleteBeforeReplace=identity is not None and identity == kind.find(old),
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, inputs = self._kind(request, context), from_struct(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        wanted = _state(request.urn, inputs=inputs)
        with _failures(context, request):
            made = kind.create(inputs)
            return provider_pb2.CreateResponse(id=made.id, properties=to_struct(outputs_of(wanted, made.computed)))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, inputs, outputs = self._kind(request, context), from_struct(request.inputs), from_struct(request.properties)
        with _failures(context):
            found = kind.read(request.id, known(inputs or outputs))
            if found is None:
                return provider_pb2.ReadResponse()
            # Of what is imported AWS's provider knows all properties, those too that a handler does not look up.
            unseen = {} if inputs else {rule.name: rule.default for rule in kind.rules if rule.default is not None}
            seen = as_found(kind, _state(request.urn, request.id, inputs or unseen, outputs), found)
            return provider_pb2.ReadResponse(id=request.id, properties=to_struct(seen.outputs), inputs=to_struct(seen.inputs))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, inputs = self._kind(request, context), from_struct(request.news)
        old = _state(request.urn, request.id, from_struct(request.old_inputs), from_struct(request.olds))
        rules = {rule.name: rule for rule in kind.rules}
        kept = {
            name: value
            for name, value in old.outputs.items()
            if not compare({name: old.inputs.get(name)}, {name: inputs.get(name)}, (rules.get(name, Property(name)),))
        }
        computed: Mapping[str, Any] = {}
        with _failures(context):
            if not request.preview and not has_unknown(inputs):
                computed = kind.update(old, inputs)
            wanted = _state(request.urn, request.id, inputs)
            return provider_pb2.UpdateResponse(properties=to_struct(outputs_of(wanted, {**kept, **computed})))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        state = _state(request.urn, request.id, from_struct(request.old_inputs), from_struct(request.properties))
        with _failures(context):
            self._kind(request, context).delete(state)
            return empty_pb2.Empty()

    def _around(self, context: Any) -> ProviderSettings:
        return self._settings.get(context.peer(), self._default)

    def _kind(self, request: Any, context: Any) -> ResourceType:
        with _failures(context):
            return ResourceType(self._cloud, handler_of(_token(request.urn)), self._around(context))


def _token(urn: str) -> str:
    """The type of the resource itself, without its parents'."""
    return urn.split("::")[2].rpartition("$")[2]


def _state(urn: str, identifier: str = "", inputs: Properties | None = None, outputs: Properties | None = None) -> ResourceState:
    return ResourceState(urn, _token(urn), urn.rpartition("::")[2], id=identifier, inputs=inputs or {}, outputs=outputs or {})


def _path(change: PropertyChange, rules: tuple[Property, ...]) -> str:
    """Where Pulumi shows the change: a policy is one text to it."""
    text = any(rule.policy for rule in rules if rule.name == change.property)
    return change.property if text else change.path


@contextmanager
def _failures(context: Any, request: Any = None) -> Iterator[None]:
    """A failure is the call's; what was made of a resource before it failed is told to the engine, which keeps it."""
    try:
        yield
    except PartlyMade as error:
        detail = provider_pb2.ErrorResourceInitFailed(
            id=error.made.id,
            properties=to_struct({**from_struct(request.properties), **error.made.computed}),
            inputs=request.properties,
            reasons=[explain(error.cause)],
        )
        packed = any_pb2.Any()
        packed.Pack(detail)
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=explain(error.cause), details=[packed])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, explain(error.cause))
    except Exception as error:
        if context.code() is not None:  # aborted within
            raise
        context.abort(grpc.StatusCode.UNKNOWN, explain(error))


@contextmanager
def provider_at(endpoint: Endpoint) -> Iterator[int]:
    """Inside the block, the provider listens at this port of the loopback interface."""
    provider = SandboxProvider(endpoint)
    server = grpc.server(ThreadPoolExecutor(16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()
        provider.close()

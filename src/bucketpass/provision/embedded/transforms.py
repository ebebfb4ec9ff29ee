"""Resource transforms: functions of the program that see each resource before it is registered."""

from __future__ import annotations

import threading
from typing import Any

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from bucketpass.errors import ProvisionError

__all__ = ["Transforms"]

# Options that a transform sees and may change: the field in RegisterResourceRequest, and the one in TransformResourceOptions.
_SAME = (
    ("dependencies", "depends_on"),
    ("ignoreChanges", "ignore_changes"),
    ("replaceOnChanges", "replace_on_changes"),
    ("additionalSecretOutputs", "additional_secret_outputs"),
)


class Transforms:
    """The transforms of a whole stack, those of components, which see all that is in them, and the way to those of one resource."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack: list[Any] = []
        self._inside: dict[str, tuple[Any, ...]] = {}
        self._channels: dict[str, grpc.Channel] = {}

    def add(self, callback: Any) -> None:
        """Every resource from now on goes through `callback`."""
        with self._lock:
            self._stack.append(callback)

    def apply(self, request: Any) -> Any:
        """`request` as the resource's own transforms want it, then those of the components that it is in, then the stack's."""
        for callback in (*request.transforms, *self._inside.get(request.parent, ()), *self._stack):
            request = self._through(callback, request)
        return request

    def remember(self, urn: str, request: Any) -> None:
        """What will be in the resource `urn` goes through its transforms too, and through those of what it is in."""
        with self._lock:
            self._inside[urn] = (*request.transforms, *self._inside.get(request.parent, ()))

    def _through(self, callback: Any, request: Any) -> Any:
        options = resource_pb2.TransformResourceOptions(
            provider=request.provider,
            version=request.version,
            deleted_with=request.deletedWith,
            **{theirs: getattr(request, ours) for ours, theirs in _SAME},
        )
        for name in ("protect", "retainOnDelete"):
            if request.HasField(name):
                setattr(options, {"protect": "protect", "retainOnDelete": "retain_on_delete"}[name], getattr(request, name))
        if request.deleteBeforeReplaceDefined:
            options.delete_before_replace = request.deleteBeforeReplace
        asked = resource_pb2.TransformRequest(
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            properties=request.object,
            options=options,
        )
        answer = resource_pb2.TransformResponse.FromString(self._call(callback, asked.SerializeToString()))
        changed = resource_pb2.RegisterResourceRequest()
        changed.CopyFrom(request)
        if answer.HasField("properties"):
            changed.object.CopyFrom(answer.properties)
        if answer.HasField("options"):
            self._set(changed, answer.options)
        return changed

    def _set(self, changed: Any, options: Any) -> None:
        for ours, theirs in _SAME:
            del getattr(changed, ours)[:]
            getattr(changed, ours).extend(getattr(options, theirs))
        changed.provider = options.provider
        changed.deletedWith = options.deleted_with
        if options.HasField("protect"):
            changed.protect = options.protect
        if options.HasField("retain_on_delete"):
            changed.retainOnDelete = options.retain_on_delete
        if options.HasField("delete_before_replace"):
            changed.deleteBeforeReplace = options.delete_before_replace
            changed.deleteBeforeReplaceDefined = True

    def _call(self, callback: Any, request: bytes) -> bytes:
        with self._lock:
            if callback.target not in self._channels:
                self._channels[callback.target] = grpc.insecure_channel(callback.target)
            channel = self._channels[callback.target]
        try:
            asked = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request)
            answer = callback_pb2_grpc.CallbacksStub(channel).Invoke(asked)
        except grpc.RpcError as error:
            raise ProvisionError(f"a transform of the program failed: {error.details()}") from None
        return bytes(answer.response)

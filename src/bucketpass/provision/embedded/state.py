"""What a stack consists of, as last known: the resources that were made, and what was being made when a run broke off."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.journal import JsonObject
from bucketpass.provision.embedded.naming import STACK_TYPE
from bucketpass.provision.embedded.values import UNKNOWN, Hidden, Properties, Value

__all__ = ["Cipher", "Codec", "Records", "ResourceState", "StackState"]

INSTANCE = "instance"


@dataclass(frozen=True, slots=True)
class ResourceState:
    """One resource. `inputs` are what the program asked for, `outputs` all that is known of the result."""

    urn: str
    type: str
    name: str
    custom: bool = True
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    secret_outputs: tuple[str, ...] = ()
    external: bool = False  # read, not made, by this stack: never changed, never deleted

    @property
    def needs(self) -> frozenset[str]:
        """The URNs that have to be there as long as this resource is."""
        return frozenset(urn for urn in (*self.dependencies, self.parent, self.provider, self.deleted_with) if urn)


class Cipher(Protocol):
    """Makes secret text unreadable for a file, and readable again."""

    def seal(self, clear: str) -> str:
        """`clear`, readable only with the key."""
        ...

    def open(self, sealed: str) -> str:
        """What was sealed."""
        ...


class Records(Protocol):
    """Where records are kept: `journal.Journal`, or a dictionary in tests."""

    @property
    def records(self) -> Mapping[str, JsonObject]:
        """All records by key."""
        ...

    def put(self, changes: Mapping[str, JsonObject | None]) -> None:
        """All of `changes` are kept, or none. None removes a record."""
        ...


class StackState:
    """The resources of a stack, kept in `records` before a method returns. Safe to use from several threads.

    live: by URN. pending_replacement: what was replaced and is still to be deleted. pending_create: goals whose creation was begun, and
    pending_delete: resources whose deletion was begun, with no word of the end. instance: which start of the endpoint the stack was
    last made at.
    """

    def __init__(self, records: Records, codec: Codec) -> None:
        self._records = records
        self._codec = codec
        self._lock = threading.Lock()
        self.live: dict[str, ResourceState] = {}
        self.pending_replacement: list[ResourceState] = []
        self.pending_create: dict[str, ResourceState] = {}
        self.pending_delete: list[ResourceState] = []
        self.instance = str(records.records.get(INSTANCE, {}).get("instance", ""))
        for key, record in records.records.items():
            if key == INSTANCE:
                continue
            state = self._decoded(key, record)
            match key.split(" ")[0]:
                case "live":
                    self.live[state.urn] = state
                case "condemned":
                    self.pending_replacement.append(state)
                case "going":
                    self.pending_delete.append(state)
                case _:
                    self.pending_create[state.urn] = state
        self._was_pending_delete = tuple(self.pending_delete)

    def _decoded(self, key: str, record: JsonObject) -> ResourceState:
        try:
            return self._codec.decode(record)
        except (KeyError, TypeError, AttributeError):
            raise ProvisionError(
                f"the state has a record that cannot be read: `{key}`, expected an object with `urn`, `type` and `name`",
                remedy="Restore the state from its `.bak`, or remove the record and import the resource.",
            ) from None

    def belong_to(self, instance: str) -> None:
        """The stack is known to be as that instance of the endpoint has it."""
        self._records.put({INSTANCE: {"instance": instance}})
        self.instance = instance

    def begin(self, goal: ResourceState) -> None:
        """A crash from here on leaves a mark that `goal` may have been made, or (where it has an ID) changed."""
        self._put({f"begun {goal.urn}": goal})
        self.pending_create[goal.urn] = goal

    def give_up(self, urn: str) -> None:
        """Nothing counts as begun for `urn`."""
        self._put({f"begun {urn}": None})
        self.pending_create.pop(urn, None)

    def keep(self, state: ResourceState, *, was: str | None = None, replaces: ResourceState | None = None) -> None:
        """Record `state` as live, without a pending operation, and no longer under the URN `was`.

        The resource that it `replaces` is pending replacement: it is deleted once no resource depends on it.
        """
        was = replaces.urn if was is None and replaces is not None else was
        changes: dict[str, ResourceState | None] = {f"live {state.urn}": state, f"begun {state.urn}": None}
        if was is not None and was != state.urn:
            changes[f"live {was}"] = None
        if replaces is not None:
            changes[_pending_replacement(replaces)] = replaces
        self._put(changes)
        with self._lock:
            self.pending_create.pop(state.urn, None)
            if was is not None:
                self.live.pop(was, None)
            if replaces is not None:
                self.pending_replacement.append(replaces)
            self.live[state.urn] = state

    def let_go(self, state: ResourceState) -> None:
        """A crash from here on leaves a mark that `state` may have been deleted."""
        self._put(
            {_pending_delete(state): state, _pending_replacement(state): None}
            | ({f"live {state.urn}": None} if self._is_live(state) else {})
        )
        with self._lock:
            self._drop(state)
            self.pending_delete.append(state)

    def hold_on(self, state: ResourceState) -> None:
        """It is certain that `state` was not deleted after all."""
        replaced = state.urn in self.live
        self._put({_pending_delete(state): None, _pending_replacement(state) if replaced else f"live {state.urn}": state})
        with self._lock:
            self.pending_delete.remove(state)
            if replaced:
                self.pending_replacement.append(state)
            else:
                self.live[state.urn] = state

    def forget(self, state: ResourceState) -> None:
        """`state` is gone."""
        self._put(
            {_pending_delete(state): None, _pending_replacement(state): None}
            | ({f"live {state.urn}": None} if self._is_live(state) else {})
        )
        with self._lock:
            self._drop(state)

    def _is_live(self, state: ResourceState) -> bool:
        return self.live.get(state.urn) is state

    def _drop(self, state: ResourceState) -> None:
        if self._is_live(state):
            del self.live[state.urn]
        for others in (self.pending_replacement, self.pending_delete):
            if state in others:
                others.remove(state)

    def _put(self, changes: Mapping[str, ResourceState | None]) -> None:
        known = self._records.records
        self._records.put(
            {
                key: None if state is None else self._codec.encode(state)
                for key, state in changes.items()
                if state is not None or key in known
            }
        )

    @property
    def owned(self) -> tuple[ResourceState, ...]:
        """All resources at the endpoint that are this stack's, those included that were being deleted when it was opened."""
        with self._lock:
            return tuple(state for state in (*self.live.values(), *self._was_pending_delete) if state.custom and not state.external)

    @property
    def outputs(self) -> Properties:
        """What the program exported."""
        return next((state.outputs for state in self.live.values() if state.type == STACK_TYPE), {})


def _pending_replacement(state: ResourceState) -> str:
    return f"condemned {state.urn} {state.id}"


def _pending_delete(state: ResourceState) -> str:
    return f"going {state.urn} {state.id}"


@dataclass(frozen=True, slots=True)
class Codec:
    """Resource states as JSON, secrets sealed."""

    cipher: Cipher

    def encode(self, state: ResourceState) -> JsonObject:
        """`state` as JSON in which no secret can be read. Fields that say nothing are left out."""
        record: dict[str, object] = {"urn": state.urn, "type": state.type, "name": state.name}
        record |= {name: getattr(state, name) for name in _PLAIN if getattr(state, name) != getattr(_EMPTY, name)}
        record |= {name: self._seal(getattr(state, name)) for name in ("inputs", "outputs") if getattr(state, name)}
        return record

    def decode(self, record: JsonObject) -> ResourceState:
        """The state that `record` holds."""
        state = ResourceState(str(record["urn"]), str(record["type"]), str(record["name"]))
        found: dict[str, object] = {name: record[name] for name in _PLAIN if name in record}
        found |= {name: self._unseal(cast("Value", record.get(name, {}))) for name in ("inputs", "outputs")}
        for name in {"dependencies", "secret_outputs"} & found.keys():
            found[name] = tuple(cast("Iterable[str]", found[name]))
        by_property = cast("Mapping[str, Iterable[str]]", found.get("property_dependencies", {}))
        found["property_dependencies"] = {name: tuple(urns) for name, urns in by_property.items()}
        return replace(state, **found)  # type: ignore[arg-type]  # the fields' types are those that `encode` wrote

    def _seal(self, value: Value) -> object:
        match value:
            case Hidden():
                return {"$sealed": self.cipher.seal(json.dumps(value.value))}
            case Mapping():
                inner = {key: self._seal(part) for key, part in value.items()}
                # A program's own object must not be taken for one of these marks when it is read back.
                return {"$plain": inner} if _MARKS & inner.keys() else inner
            case str() | None | bool() | int() | float():
                return value
            case Sequence():
                return [self._seal(inner) for inner in value]
            case _:
                return {"$unknown": True}

    def _unseal(self, value: Value) -> Value:
        match value:
            case {"$sealed": str(sealed)}:
                return Hidden(cast("Value", json.loads(self.cipher.open(sealed))))
            case {"$unknown": True}:
                return UNKNOWN
            case {"$plain": Mapping() as plain}:
                return {key: self._unseal(inner) for key, inner in plain.items()}
            case Mapping():
                return {key: self._unseal(inner) for key, inner in value.items()}
            case list():
                return [self._unseal(inner) for inner in value]
            case _:
                return value


_MARKS = {"$sealed", "$unknown", "$plain"}
_EMPTY = ResourceState("", "", "")
_PLAIN = (
    "custom",
    "id",
    "parent",
    "provider",
    "dependencies",
    "property_dependencies",
    "protect",
    "retain_on_delete",
    "deleted_with",
    "secret_outputs",
    "external",
)

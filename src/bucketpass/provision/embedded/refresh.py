"""The state, made to say what is really there."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bucketpass.provision.embedded.cloud import Kind, Places
from bucketpass.provision.embedded.diff import compare
from bucketpass.provision.embedded.events import Operation, Phase
from bucketpass.provision.embedded.failure import explain
from bucketpass.provision.embedded.naming import PROVIDER_PREFIX, REFERENCE_TYPE
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.state import ResourceState, StackState
from bucketpass.provision.embedded.values import Hidden, Properties, Value, is_hidden, reveal, table

__all__ = ["refresh"]

PARALLEL_READS = 8


def refresh(state: StackState, places: Places, progress: Progress) -> None:
    """Every resource of the stack was looked at: the state has its properties as they are, and forgets what is gone.

    What differs is told, property by property. The next `up` puts it right, since the program has not changed.
    """
    managed = [
        resource for resource in state.live.values() if resource.custom and not resource.type.startswith((PROVIDER_PREFIX, REFERENCE_TYPE))
    ]
    with ThreadPoolExecutor(PARALLEL_READS) as pool:
        list(pool.map(lambda resource: _look(resource, state, places, progress), managed))


def _look(resource: ResourceState, state: StackState, places: Places, progress: Progress) -> None:
    try:
        kind = places.kind(resource.type, resource.provider)
        found = kind.read(resource.id, resource.outputs)
    except Exception as error:
        progress.tell(resource, Operation.REFRESH, Phase.FAILED, reason=explain(error))
        return
    if found is None:
        state.forget(resource)
        progress.tell(resource, Operation.REFRESH, Phase.DONE, reason="it is gone from the endpoint")
        return
    inputs = _inputs(kind, resource, found)
    changes = compare(resource.inputs, inputs, kind.rules)
    outputs = {**resource.outputs, **{name: _as_before(resource.outputs.get(name), value) for name, value in found.items()}}
    if changes or outputs != resource.outputs:
        state.keep(replace(resource, inputs=inputs, outputs=outputs))
    if changes:
        progress.tell(resource, Operation.REFRESH, Phase.DONE, changes)


def _inputs(kind: Kind, resource: ResourceState, found: Properties) -> dict[str, Value]:
    """The inputs that would have made what was found. What AWS fills in by itself counts only where it had been given."""
    inputs = dict(resource.inputs)
    for rule in kind.rules:
        if rule.name in found and (rule.name in inputs or not rule.filled) and not _covers(found[rule.name], inputs.get(rule.name)):
            inputs[rule.name] = _as_before(inputs.get(rule.name), found[rule.name])
    if "tagsAll" in found:
        from_provider = table(resource.inputs, "tagsAll").keys() - table(resource.inputs, "tags").keys()
        inputs["tagsAll"] = table(found, "tagsAll")
        inputs["tags"] = {name: tag for name, tag in table(found, "tagsAll").items() if name not in from_provider}
    return {name: value for name, value in inputs.items() if value is not None}


def _covers(found: Value, given: Value) -> bool:
    """What was given is there, and beyond it only defaults that say nothing."""
    match found, given:
        case Mapping(), Mapping():
            return all(_covers(value, given.get(name)) for name, value in found.items()) and given.keys() <= found.keys()
        case list(), list():
            return len(found) == len(given) and all(map(_covers, found, given))
        case _:
            return found == reveal(given) or (given is None and not found)


def _as_before(before: Value, found: Value) -> Value:
    return Hidden(found) if is_hidden(before) and not is_hidden(found) else found

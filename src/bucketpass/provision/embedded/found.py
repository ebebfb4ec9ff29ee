"""What a look at the endpoint says of a resource, in the words of its inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bucketpass.provision.embedded.cloud import ResourceType
from bucketpass.provision.embedded.diff import PropertyChange, compare, same_value
from bucketpass.provision.embedded.state import ResourceState
from bucketpass.provision.embedded.values import Hidden, Properties, Value, is_hidden, reveal, table

__all__ = ["as_found", "differences", "outputs_of"]


def as_found(kind: ResourceType, resource: ResourceState, found: Properties) -> ResourceState:
    """`resource` with the inputs that would have made what was found, and what was found as its outputs."""
    seen = replace(resource, inputs=_inputs(kind, resource, found))
    return replace(seen, outputs=outputs_of(seen, {**resource.outputs, **found}))


def differences(kind: ResourceType, wanted: Properties, found: Properties) -> tuple[PropertyChange, ...]:
    """In what the resource that was found is not what is wanted, as far as a look at it can tell."""
    named = [name for name in wanted if name in found]
    return compare({name: found[name] for name in named}, {name: wanted[name] for name in named}, kind.rules)


def outputs_of(wanted: ResourceState, computed: Properties) -> dict[str, Value]:
    """What came out, over what went in; what went in as a secret stays one, and what the program says is one."""
    outputs = {**wanted.inputs, **{name: value for name, value in computed.items() if not is_hidden(wanted.inputs.get(name))}}
    return {name: Hidden(value) if name in wanted.secret_outputs and not is_hidden(value) else value for name, value in outputs.items()}


def _inputs(kind: ResourceType, resource: ResourceState, found: Properties) -> dict[str, Value]:
    """The inputs that would have made what was found. What AWS fills in by itself counts only where it had been given."""
    inputs = dict(resource.inputs)
    for rule in kind.rules:
        if rule.name in found and (rule.name in inputs or not rule.filled) and not _covers(found[rule.name], inputs.get(rule.name)):
            if same_value(found[rule.name], reveal(inputs.get(rule.name)), rule):
                continue  # as the program wrote it
            inputs[rule.name] = Hidden(found[rule.name]) if is_hidden(inputs.get(rule.name)) else found[rule.name]
    if "tagsAll" in found:
        from_provider = table(resource.inputs, "tagsAll").keys() - table(resource.inputs, "tags").keys()
        inputs["tagsAll"] = table(found, "tagsAll")
        inputs["tags"] = {name: tag for name, tag in table(found, "tagsAll").items() if name not in from_provider}
    return {name: value for name, value in inputs.items() if value is not None}


def _covers(found: Value, given: Value) -> bool:
    """What was given is there, and beyond it only defaults that say nothing."""
    match found, given:
        case Mapping(), Mapping():
            # S3 makes up the `id` of a rule that was given none.
            kept = {name: value for name, value in found.items() if name != "id" or given.get("id") is not None}
            return all(_covers(value, given.get(name)) for name, value in kept.items()) and given.keys() <= found.keys()
        case list(), list():
            return len(found) == len(given) and all(map(_covers, found, given))
        case _:
            return found == reveal(given) or (given is None and _says_nothing(found))


def _says_nothing(found: Value) -> bool:
    """Nothing in it is more than absent, empty or off: what AWS fills in where nothing was given."""
    if isinstance(found, Mapping):
        return all(map(_says_nothing, found.values()))
    return all(map(_says_nothing, found)) if isinstance(found, list) else not found

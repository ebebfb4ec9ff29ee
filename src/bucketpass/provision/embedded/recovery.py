"""What an interrupted run left behind, found again."""

from __future__ import annotations

from dataclasses import replace

from bucketpass.provision.embedded.cloud import Kind
from bucketpass.provision.embedded.diff import PropertyChange, compare
from bucketpass.provision.embedded.state import ResourceState
from bucketpass.provision.embedded.values import Hidden, Properties, Value, is_hidden

__all__ = ["differences", "outputs_of", "recover"]


def recover(kind: Kind, begun: ResourceState) -> ResourceState | None:
    """What an earlier run made for `begun` and did not live to note, where it is there.

    SECURITY: a resource of the same name that somebody else made is not taken over, unless it is just what was asked for.
    """
    identifier = kind.find(begun.inputs)
    found = None if identifier is None else kind.read(identifier, begun.inputs)
    first = {name: value for name, value in begun.inputs.items() if name not in kind.late}
    if identifier is None or found is None or differences(kind, first, found):
        return None
    recovered = replace(begun, id=identifier, inputs=first)
    return replace(recovered, outputs=outputs_of(recovered, found))


def differences(kind: Kind, wanted: Properties, found: Properties) -> tuple[PropertyChange, ...]:
    """In what the resource that was found is not what is wanted, as far as a look at it can tell."""
    named = [name for name in wanted if name in found]
    return compare({name: found[name] for name in named}, {name: wanted[name] for name in named}, kind.rules)


def outputs_of(wanted: ResourceState, computed: Properties) -> dict[str, Value]:
    """What came out, over what went in; what went in as a secret stays one, and what the program says is one."""
    outputs = {**wanted.inputs, **{name: value for name, value in computed.items() if not is_hidden(wanted.inputs.get(name))}}
    return {name: Hidden(value) if name in wanted.secret_outputs and not is_hidden(value) else value for name, value in outputs.items()}

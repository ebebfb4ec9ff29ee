"""What an interrupted run left behind, found again."""

from __future__ import annotations

from dataclasses import replace

from bucketpass.provision.embedded.cloud import Kind, Places
from bucketpass.provision.embedded.diff import PropertyChange, compare
from bucketpass.provision.embedded.failure import explain, was_not_done
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.state import ResourceState, StackState
from bucketpass.provision.embedded.values import Hidden, Properties, Value, is_hidden

__all__ = ["differences", "end", "outputs_of", "recover"]


def recover(state: StackState, places: Places, progress: Progress) -> None:
    """What an earlier run did and did not live to note is noted, and what it was deleting is gone: nothing counts as begun any more.

    SECURITY: a resource of the same name that somebody else made is not taken over, unless it is just what was asked for.
    """
    for going in list(state.going):
        if progress.dry_run:
            state.forget(going)
            continue
        try:
            end(state, places.kind(going.type, going.provider), going)
        except Exception as error:
            progress.warn(f"`{going.name}` ({going.type}) could not be deleted: {explain(error)}", going.urn)
    for begun in list(state.begun.values()):
        kind = places.kind(begun.type, begun.provider)
        identifier = kind.find(begun.inputs)
        found = None if identifier is None else kind.read(identifier, begun.inputs)
        first = {name: value for name, value in begun.inputs.items() if name not in kind.late}
        if identifier is None:
            progress.warn(f"`{begun.name}` ({begun.type}) was begun by a run that broke off; if it was made, it is left over", begun.urn)
        if identifier is None or found is None or differences(kind, first, found):
            state.give_up(begun.urn)
        else:
            recovered = replace(begun, id=identifier, inputs=first)
            state.keep(replace(recovered, outputs=outputs_of(recovered, found)), replaces=state.live.get(begun.urn))


def end(state: StackState, kind: Kind, resource: ResourceState) -> None:
    """The resource is gone, there and in the state; or the state says that it is there still, or may be."""
    if resource not in state.going:
        state.let_go(resource)
    try:
        kind.delete(resource)
    except Exception as error:
        if was_not_done(error):
            state.hold_on(resource)
        raise
    state.forget(resource)


def differences(kind: Kind, wanted: Properties, found: Properties) -> tuple[PropertyChange, ...]:
    """In what the resource that was found is not what is wanted, as far as a look at it can tell."""
    named = [name for name in wanted if name in found]
    return compare({name: found[name] for name in named}, {name: wanted[name] for name in named}, kind.rules)


def outputs_of(wanted: ResourceState, computed: Properties) -> dict[str, Value]:
    """What came out, over what went in; what went in as a secret stays one, and what the program says is one."""
    outputs = {**wanted.inputs, **{name: value for name, value in computed.items() if not is_hidden(wanted.inputs.get(name))}}
    return {name: Hidden(value) if name in wanted.secret_outputs and not is_hidden(value) else value for name, value in outputs.items()}

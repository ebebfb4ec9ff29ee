"""What an interrupted run left behind, found again."""

from __future__ import annotations

from dataclasses import replace

from bucketpass.provision.embedded.cloud import Places, ResourceType
from bucketpass.provision.embedded.failure import explain, was_not_done
from bucketpass.provision.embedded.found import as_found, differences
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.state import ResourceState, StackState
from bucketpass.provision.embedded.values import Properties

__all__ = ["end", "recover"]


def recover(state: StackState, places: Places, progress: Progress) -> None:
    """What an earlier run did and did not live to note is noted, and what it was deleting is gone: nothing counts as begun any more.

    SECURITY: a resource of the same name that somebody else made is not taken over, unless it is just what was asked for.
    """
    for going in list(state.pending_delete):
        if progress.dry_run:
            state.forget(going)
            continue
        try:
            end(state, places.kind(going.type, going.provider), going)
        except Exception as error:
            progress.warn(f"`{going.name}` ({going.type}) could not be deleted: {explain(error)}", going.urn)
    for begun in list(state.pending_create.values()):
        kind = places.kind(begun.type, begun.provider)
        if begun.id:
            _look_again(state, kind, begun)
        else:
            _look_for(state, kind, begun, progress)


def _look_again(state: StackState, kind: ResourceType, begun: ResourceState) -> None:
    """A change of `begun` was begun, or a creation in several calls: the state says what came of it."""
    live = next((resource for resource in state.live.values() if (resource.type, resource.id) == (begun.type, begun.id)), None)
    found = None if live is None else kind.read(live.id, live.outputs)
    state.give_up(begun.urn)
    if live is not None and found is None:
        state.forget(live)
    elif live is not None and found is not None:
        # Whatever was asked for before or now counts: either may be what is there.
        seen = as_found(kind, replace(live, inputs={**begun.inputs, **live.inputs}), found)
        state.keep(replace(seen, inputs={name: value for name, value in seen.inputs.items() if name in found or name in live.inputs}))


def _look_for(state: StackState, kind: ResourceType, begun: ResourceState, progress: Progress) -> None:
    identifier = kind.find(begun.inputs)
    found = None if identifier is None else kind.read(identifier, begun.inputs)
    if identifier is None:
        progress.warn(f"`{begun.name}` ({begun.type}) was begun by a run that broke off; if it was made, it is left over", begun.urn)
    first = {name: value for name, value in begun.inputs.items() if name not in kind.late}
    if identifier is None or found is None or differences(kind, first, found):
        state.give_up(begun.urn)
    else:
        seen = as_found(kind, replace(begun, id=identifier), found)
        sure = {name: value for name, value in seen.inputs.items() if name in found or name not in kind.late}
        state.keep(replace(seen, inputs=sure), replaces=state.live.get(begun.urn))


def end(state: StackState, kind: ResourceType, resource: ResourceState, extra: Properties | None = None) -> None:
    """The resource is gone, there and in the state; or the state says that it is there still, or may be.

    extra: inputs by which it is deleted in another way than the program said.
    """
    if resource not in state.pending_delete:
        state.let_go(resource)
    try:
        kind.delete(resource if not extra else replace(resource, inputs={**resource.inputs, **extra}))
    except Exception as error:
        if was_not_done(error):
            state.hold_on(resource)
        raise
    state.forget(resource)

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
    """Resolve the pending operations of an interrupted run: record what it created or changed, and finish its deletions.

    SECURITY: a resource of the same name that somebody else made is not taken over, unless it is just what was asked for.
    """
    for deleted in list(state.pending_delete):
        if progress.dry_run:
            state.forget(deleted)
            continue
        try:
            end(state, places.kind(deleted.type, deleted.provider), deleted)
        except Exception as error:
            progress.warn(f"`{deleted.name}` ({deleted.type}) could not be deleted: {explain(error)}", deleted.urn)
    for pending in list(state.pending_create.values()):
        kind = places.kind(pending.type, pending.provider)
        if pending.id:
            _look_again(state, kind, pending)
        else:
            _look_for(state, kind, pending, progress)


def _look_again(state: StackState, kind: ResourceType, pending: ResourceState) -> None:
    """Record the outcome of an interrupted update of `pending`, or of its creation in several calls."""
    live = next((resource for resource in state.live.values() if (resource.type, resource.id) == (pending.type, pending.id)), None)
    found = None if live is None else kind.read(live.id, live.outputs)
    state.give_up(pending.urn)
    if live is not None and found is None:
        state.forget(live)
    elif live is not None and found is not None:
        # Whatever was asked for before or now counts: either may be what is there.
        seen = as_found(kind, replace(live, inputs={**pending.inputs, **live.inputs}), found)
        state.keep(replace(seen, inputs={name: value for name, value in seen.inputs.items() if name in found or name in live.inputs}))


def _look_for(state: StackState, kind: ResourceType, pending: ResourceState, progress: Progress) -> None:
    identifier = kind.find(pending.inputs)
    found = None if identifier is None else kind.read(identifier, pending.inputs)
    if identifier is None:
        progress.warn(
            f"the creation of `{pending.name}` ({pending.type}) was interrupted; if the resource exists, it is not in the state",
            pending.urn,
        )
    first = {name: value for name, value in pending.inputs.items() if name not in kind.late}
    if identifier is None or found is None or differences(kind, first, found):
        state.give_up(pending.urn)
    else:
        seen = as_found(kind, replace(pending, id=identifier), found)
        sure = {name: value for name, value in seen.inputs.items() if name in found or name not in kind.late}
        state.keep(replace(seen, inputs=sure), replaces=state.live.get(pending.urn))


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

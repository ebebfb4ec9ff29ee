"""The state, made to say what is really there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bucketpass.provision.embedded.cloud import Places
from bucketpass.provision.embedded.diff import compare
from bucketpass.provision.embedded.events import Operation, Phase
from bucketpass.provision.embedded.failure import explain
from bucketpass.provision.embedded.found import as_found
from bucketpass.provision.embedded.naming import PROVIDER_PREFIX, REFERENCE_TYPE
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.state import ResourceState, StackState

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
    seen = as_found(kind, resource, found)
    changes = compare(resource.inputs, seen.inputs, kind.rules)
    if changes or seen.outputs != resource.outputs:
        state.keep(seen)
    if changes:
        progress.tell(resource, Operation.REFRESH, Phase.DONE, changes)

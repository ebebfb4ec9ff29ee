"""The end of resources: of those that nobody asks for any more, of those that were replaced, of a whole stack."""

from __future__ import annotations

from collections.abc import Sequence, Set
from concurrent.futures import ThreadPoolExecutor

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.cloud import Places
from bucketpass.provision.embedded.events import Phase, StepOperation
from bucketpass.provision.embedded.failure import explain
from bucketpass.provision.embedded.naming import PROVIDER_PREFIX
from bucketpass.provision.embedded.obstacles import Consent, Prospect, extra_inputs, look
from bucketpass.provision.embedded.order import replaced_with, waves
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.recovery import end
from bucketpass.provision.embedded.state import ResourceState, StackState

__all__ = ["Deletion"]

PARALLEL_DELETIONS = 8


class Deletion:
    """Deletes resources of `state`, what needs another before that other."""

    def __init__(self, state: StackState, places: Places, progress: Progress, consent: Consent | None = None) -> None:
        self._consent = consent or Consent()
        self._notes: dict[str, str] = {}
        self._state = state
        self._places = places
        self._progress = progress
        self._doomed: frozenset[str] = frozenset()

    def delete_all_but(self, wanted: Set[str]) -> None:
        """All resources of the stack but those of the URNs `wanted` are gone, and what was replaced.

        Where something is in the way of one of them, none is deleted. Where one could not be deleted, nothing that it needs was touched.
        """
        live = [state for urn, state in self._state.live.items() if urn not in wanted]
        self._delete_all([*live, *self._state.pending_replacement])

    def _delete_all(self, doomed: Sequence[ResourceState]) -> None:
        self._doomed = frozenset(state.urn for state in doomed)
        with ThreadPoolExecutor(PARALLEL_DELETIONS) as pool:
            stack = list(self._state.live.values())
            prospects = dict(zip((state.urn for state in doomed), pool.map(lambda state: self._look(state, stack), doomed), strict=True))
            for state in doomed:
                self._notes[state.urn] = prospects[state.urn].note
                if prospects[state.urn].obstacle:
                    self._progress.report(state, StepOperation.DELETE, Phase.FAILED, reason=prospects[state.urn].obstacle)
            doomed = [state for state in doomed if not prospects[state.urn].obstacle]
            for wave in waves(doomed):
                if self._progress.failed:
                    for state in wave:
                        self._progress.report(state, self._operation(state), Phase.NOT_MADE)
                else:
                    list(pool.map(self._try, wave))

    def clear(self, old: ResourceState) -> list[ResourceState]:
        """`old` is gone, and what cannot outlive it, which is returned: it is to be made anew."""
        tied = replaced_with(old.urn, self._state.live, self._fixed)
        for wave in waves([*tied, old]):
            for state in wave:
                self._delete(state)
        return tied

    def _fixed(self, state: ResourceState) -> frozenset[str]:
        if _only_noted(state) or state.external:
            return frozenset()
        return frozenset(rule.name for rule in self._places.kind(state.type, state.provider).rules if rule.replace)

    def _look(self, state: ResourceState, stack: Sequence[ResourceState]) -> Prospect:
        """What is in the way of its deletion, as far as the endpoint can say it."""
        if state.protect and state.custom:
            return Prospect(obstacle=f"`{state.name}` is protected. Set protect=False on it and run `up` before it is deleted.")
        if self._stays(state) or _only_noted(state):
            return Prospect()
        try:
            return look(self._places.kind(state.type, state.provider), state, stack, self._consent)
        except Exception as error:
            return Prospect(obstacle=explain(error))

    def _operation(self, state: ResourceState) -> StepOperation:
        return StepOperation.FORGET if self._stays(state) else StepOperation.DELETE

    def _stays(self, state: ResourceState) -> bool:
        """It leaves the stack only: it was never the stack's own, or the program said so and no part of it is the stack's."""
        if not state.retain_on_delete or state.external or _only_noted(state):
            return state.external or state.retain_on_delete
        return not self._places.kind(state.type, state.provider).shares(state.inputs)

    def _try(self, state: ResourceState) -> None:
        operation = self._operation(state)
        self._progress.report(state, operation, Phase.BEGUN, reason=self._notes.get(state.urn, ""))
        try:
            self._delete(state)
        except Exception as error:
            self._progress.report(state, operation, Phase.FAILED, reason=explain(error))
        else:
            self._progress.report(state, operation, Phase.DONE, reason=self._notes.get(state.urn, ""))

    def _delete(self, state: ResourceState) -> None:
        if state.protect:
            raise ProvisionError(f"`{state.name}` is protected", remedy="set protect=False on it and run `up` before it is deleted")
        if self._progress.dry_run:
            return
        if self._stays(state) or _only_noted(state) or state.deleted_with in self._doomed:
            self._state.forget(state)
        else:
            end(self._state, self._places.kind(state.type, state.provider), state, extra_inputs(state, self._consent))


def _only_noted(state: ResourceState) -> bool:
    """There is nothing at the endpoint that it stands for."""
    return not state.custom or state.type.startswith(PROVIDER_PREFIX)

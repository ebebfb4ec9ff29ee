"""One run: each resource that the program registers is compared with the state, and made, changed, replaced or left.

A program registers a resource only when its inputs are known, so that the order is right by itself, and independent
resources are registered (and made) at the same time: every method may be called from several threads. After a failure
nothing new is begun; what was made stays in the state, so that the next run goes on from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.check import check
from bucketpass.provision.embedded.cloud import Places, ResourceType
from bucketpass.provision.embedded.deletion import Deletion
from bucketpass.provision.embedded.diff import PropertyChange, compare, keep_ignored, same_value
from bucketpass.provision.embedded.events import Phase, StepOperation
from bucketpass.provision.embedded.existing import ALREADY_EXISTS
from bucketpass.provision.embedded.failure import explain, was_not_done
from bucketpass.provision.embedded.found import differences, outputs_of
from bucketpass.provision.embedded.goal import Goal, goal_state
from bucketpass.provision.embedded.naming import PROVIDER_PREFIX, REFERENCE_TYPE, StackName
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.resources.calls import error_code
from bucketpass.provision.embedded.resources.interface import PartlyMade, Property
from bucketpass.provision.embedded.state import ResourceState, StackState
from bucketpass.provision.embedded.values import UNKNOWN, UNKNOWN_TEXT, Hidden, Properties, Value, has_unknown, is_hidden, reveal

__all__ = ["Exports", "Registered", "StackDeployment"]

Exports = Callable[[StackName], Properties]


@dataclass(frozen=True, slots=True)
class Registered:
    """The response to the program's registration of a resource. Where it is not `ok`, only the URN is known."""

    urn: str
    id: str = ""
    outputs: Properties = field(default_factory=dict)
    ok: bool = True


class StackDeployment:
    """The steps of one run over `state`. `exports` gives what another stack exported.

    In a dry run no call changes anything, and `state` is a copy that is forgotten.
    """

    def __init__(self, name: StackName, state: StackState, places: Places, progress: Progress, exports: Exports) -> None:
        self._name = name
        self._exports = exports
        self._state = state
        self._places = places
        self._progress = progress
        self._deletion = Deletion(state, places, progress)
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._cleared: set[str] = set()
        self._was_here: set[tuple[str, str]] = set()
        self._owned: set[Value] = set()  # the IDs of what the stack has, and of what this run makes, or in a preview would make
        self._owners: dict[tuple[str, Value, Value], tuple[str, str]] = {}
        self._ready: Callable[[], object] = lambda: None
        self._opened = False
        self.outputs: Properties = {}
        self.complete = False

    def wait_for(self, ready: Callable[[], object]) -> None:
        """Nothing is compared with the state before `ready` returns."""
        self._ready = ready

    def _open(self) -> None:
        self._ready()
        with self._lock:
            if not self._opened:
                owned = self._state.owned
                self._was_here = {(one.type, one.id) for one in owned}
                self._owned = {one.id for one in owned}
                self._owners = {(one.type, one.id, reveal(one.inputs.get("region"))): (one.urn, one.name) for one in owned}
                self._opened = True

    def finish(self) -> None:
        """The program has come to its end, and all that it registered has been answered."""
        self.complete = True

    def register(self, goal: Goal) -> Registered:
        """Create or update the resource as `goal` says, or plan it in a preview; a failure is reported."""
        urn = self._name.urn(goal.parent, goal.type, goal.name)
        try:
            self._open()
            return self._take(urn, goal, self._claim(urn, goal.options.aliases))
        except PartlyMade as error:
            self._progress.refuse(goal_state(urn, goal), explain(error.cause), goal.position)
        except Exception as error:
            # Whatever one resource meets, the program goes on, so that the others in flight end well and are noted.
            self._progress.refuse(goal_state(urn, goal), explain(error), goal.position)
        return Registered(urn, ok=False)

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """The outputs of a component are noted; those of the stack itself are the program's exports."""
        if urn == self._name.root:
            self.outputs = outputs
        state = self._state.live.get(urn)
        certain = {name: value for name, value in outputs.items() if not has_unknown(value)}
        if state is not None and state.outputs != certain:
            self._state.keep(replace(state, outputs=certain))

    def invoke(self, token: str, arguments: Properties, provider: str) -> Properties:
        """What a function of AWS's provider returns."""
        return self._places.invoke(token, arguments, provider)

    def delete_the_rest(self) -> None:
        """What the program no longer asks for is gone, and what was replaced; but not where something failed.

        SECURITY: what a program that ended early did not come to register is not what it no longer asks for.
        """
        if self.complete and not self._progress.failed:
            self._deletion.delete_all_but(self._seen)

    def _claim(self, urn: str, aliases: Sequence[str]) -> ResourceState | None:
        """What the state has under the URN, or under an earlier one; nobody else may claim it in this run."""
        with self._lock:
            if urn in self._seen:
                raise ProvisionError(f"two resources have the URN `{urn}`", remedy="give one of them another name")
            old = next((self._state.live[name] for name in (urn, *aliases) if name in self._state.live), None)
            self._seen |= {urn} if old is None else {urn, old.urn}
            if old is not None and old.urn != urn:
                self._owners |= {key: (urn, old.name) for key, (owner, _) in self._owners.items() if owner == old.urn}
            return old

    def _take(self, urn: str, goal: Goal, old: ResourceState | None) -> Registered:
        wanted = goal_state(urn, goal)
        if not goal.custom:
            return self._note(wanted, old)
        if goal.type.startswith(PROVIDER_PREFIX):
            return self._provide(wanted, old)
        if goal.type == REFERENCE_TYPE:
            return self._refer(wanted, goal.read_id)
        kind = self._places.kind(goal.type, goal.provider)
        if goal.read_id:
            return self._read(kind, wanted, goal.read_id)
        if old is not None and not old.external:
            return self._compare(kind, goal, wanted, old)
        wanted = replace(wanted, inputs=self._inputs(kind, goal, {}))
        kind.check_nested(wanted.inputs)
        if goal.options.import_id:
            return self._import(kind, wanted, goal.options.import_id)
        return self._create(kind, wanted, StepOperation.REPLACE if urn in self._cleared else StepOperation.CREATE, ())

    def _compare(self, kind: ResourceType, goal: Goal, wanted: ResourceState, old: ResourceState) -> Registered:
        """What is there is as `goal` says, by the least that does it: nothing, an update, a replacement."""
        inputs = self._inputs(kind, goal, old.inputs)
        kind.check_nested(inputs)
        inputs = keep_ignored(old.inputs, inputs, goal.options.ignore_changes)
        changes = compare(old.inputs, inputs, kind.rules, goal.options.replace_on_changes)
        if not changes:
            return self._note(replace(wanted, inputs=old.inputs, id=old.id, outputs=old.outputs), old)
        why = next((change.path for change in changes if change.replaces), None)
        if why is None:
            return self._update(kind, replace(wanted, inputs=inputs, id=old.id), old, changes)
        if old.protect:
            raise ProvisionError(
                f"`{goal.name}` is protected, and a change of `{why}` would replace it",
                remedy="run `up` with protect=False on it first, or take the change back",
            )
        return self._replace(
            kind, replace(wanted, inputs=self._inputs(kind, goal, {})), old, changes, before=goal.options.delete_before_replace
        )

    def _inputs(self, kind: ResourceType, goal: Goal, old: Properties) -> dict[str, Value]:
        return kind.own_inputs(check(kind.handler, goal, old, kind.around, dry_run=self._progress.dry_run))

    def _provide(self, wanted: ResourceState, old: ResourceState | None) -> Registered:
        """A provider: where the resources that name it are made."""
        self._places.check_account(wanted.inputs, f"provider `{wanted.name}`")
        for name in sorted(_ELSEWHERE & wanted.inputs.keys()):
            self._progress.warn(
                f"provider `{wanted.name}`: `{name}` has no effect here, everything is made with the endpoint's own key", wanted.urn
            )
        inputs = {name: Hidden(reveal(value)) if name in _KEYS else value for name, value in wanted.inputs.items()}
        provider = replace(wanted, id=wanted.name, inputs=inputs, outputs=inputs)
        self._places.note_provider(provider)
        return self._note(provider, old)

    def _note(self, wanted: ResourceState, old: ResourceState | None) -> Registered:
        """Nothing has to change at the endpoint; the state says what the program now says."""
        if old is not None and not wanted.outputs:
            wanted = replace(wanted, outputs=old.outputs)
        if wanted != old:
            self._state.keep(wanted, was=None if old is None else old.urn)
        self._progress.report(wanted, StepOperation.CREATE if old is None else StepOperation.SAME, Phase.DONE)
        return Registered(wanted.urn, wanted.id, wanted.outputs)

    def _create(
        self,
        kind: ResourceType,
        wanted: ResourceState,
        operation: StepOperation,
        changes: Sequence[PropertyChange],
        *,
        replaces: ResourceState | None = None,
    ) -> Registered:
        if self._may_be_foreign(kind, wanted) and (self._progress.dry_run or kind.handler.overwrites):
            kind.refuse_existing(wanted.inputs)
        if not self._begin(wanted, operation, changes):
            return Registered(wanted.urn, "", wanted.inputs, ok=self._progress.dry_run)
        self._state.begin(wanted)
        try:
            made = kind.create(wanted.inputs)
        except PartlyMade as error:
            first = {name: value for name, value in wanted.inputs.items() if name not in kind.late}
            partial = replace(wanted, id=error.made.id, inputs=first)
            self._state.keep(replace(partial, outputs=outputs_of(partial, error.made.computed)), replaces=replaces)
            self._state.begin(replace(wanted, id=error.made.id))
            raise
        except Exception as error:
            if was_not_done(error):
                self._state.give_up(wanted.urn)
            if error_code(error) in ALREADY_EXISTS:
                kind.refuse_existing(wanted.inputs)
            raise
        done = replace(wanted, id=made.id, outputs=outputs_of(wanted, made.computed))
        with self._lock:
            self._owned.add(made.id)
        self._state.keep(done, replaces=replaces)
        self._progress.report(done, operation, Phase.DONE, changes)
        return Registered(done.urn, done.id, done.outputs)

    def _may_be_foreign(self, kind: ResourceType, wanted: ResourceState) -> bool:
        """Return whether there may be such a resource that others made. Raise `ProvisionError` if the stack has it under another URN."""
        identity = kind.find(wanted.inputs)
        if identity is None:
            return False
        with self._lock:
            urn, name = self._owners.setdefault((wanted.type, identity, reveal(wanted.inputs.get("region"))), (wanted.urn, wanted.name))
            # A part of what this stack made is its own, whatever AWS has put there by itself.
            whole_is_ours = kind.handler.part_of in wanted.inputs and reveal(wanted.inputs[kind.handler.part_of]) in self._owned
            was_here = (wanted.type, identity) in self._was_here
            if not kind.handler.part_of:
                self._owned.add(identity)
        if urn != wanted.urn:
            raise ProvisionError(
                f"`{identity}` ({wanted.type}) is already the resource `{name}` of this stack",
                remedy=f"give `{wanted.name}` another name, or say aliases=[pulumi.Alias(name={name!r})] if it was renamed",
            )
        return not whole_is_ours and not was_here

    def _update(self, kind: ResourceType, wanted: ResourceState, old: ResourceState, changes: Sequence[PropertyChange]) -> Registered:
        # What AWS made of an input, such as the URL of a provider without its scheme, stays as long as the input does.
        rules = {rule.name: rule for rule in kind.rules}
        computed = {
            name: value
            for name, value in old.outputs.items()
            if same_value(reveal(old.inputs.get(name)), reveal(wanted.inputs.get(name)), rules.get(name, Property(name)))
        }
        if self._progress.dry_run and kind.shares(wanted.inputs):
            kind.refuse_existing(wanted.inputs)
        if not self._begin(wanted, StepOperation.UPDATE, changes):
            return Registered(wanted.urn, old.id, {**wanted.inputs, **computed}, ok=self._progress.dry_run)
        self._state.begin(wanted)
        computed |= kind.update(old, wanted.inputs)
        done = replace(wanted, outputs=outputs_of(wanted, computed))
        self._state.keep(done, was=old.urn)
        self._progress.report(done, StepOperation.UPDATE, Phase.DONE, changes)
        return Registered(done.urn, done.id, done.outputs)

    def _replace(
        self,
        kind: ResourceType,
        wanted: ResourceState,
        old: ResourceState,
        changes: Sequence[PropertyChange],
        *,
        before: bool | None,
    ) -> Registered:
        """The new one is made and then the old one deleted; the other way round where `before` says so or both cannot be at once."""
        if self._progress.dry_run or self._progress.failed or has_unknown(wanted.inputs):
            return self._create(kind, wanted, StepOperation.REPLACE, changes)
        if before is None:
            identity = kind.find(wanted.inputs)
            before = identity is not None and identity == kind.find(old.inputs)
        if not before:
            return self._create(kind, wanted, StepOperation.REPLACE, changes, replaces=old)
        self._cleared |= {state.urn for state in self._deletion.clear(old)}
        return self._create(kind, wanted, StepOperation.REPLACE, changes)

    def _read(self, kind: ResourceType, wanted: ResourceState, identifier: str) -> Registered:
        if identifier == UNKNOWN_TEXT:
            # What the ID comes from is yet to be made: nothing is known of it in a preview.
            self._progress.report(wanted, StepOperation.READ, Phase.PLANNED)
            return Registered(wanted.urn, identifier, {rule.name: UNKNOWN for rule in kind.rules}, ok=self._progress.dry_run)
        found = kind.read(identifier, wanted.inputs)
        if found is None:
            raise ProvisionError(f"there is no `{identifier}` of type `{wanted.type}` to read")
        return self._look(wanted, identifier, found)

    def _refer(self, wanted: ResourceState, name: str) -> Registered:
        """A StackReference: the other stack's exports as they are now."""
        exported = self._exports(self._name.other(name))
        secret = [key for key, value in exported.items() if is_hidden(value)]
        return self._look(wanted, name, {"name": name, "outputs": exported, "secretOutputNames": secret})

    def _look(self, wanted: ResourceState, identifier: str, found: Properties) -> Registered:
        done = replace(wanted, id=identifier, inputs={}, external=True)
        done = replace(done, outputs=outputs_of(done, found))
        if self._state.live.get(done.urn) != done:
            self._state.keep(done)
        self._progress.report(done, StepOperation.READ, Phase.DONE)
        return Registered(done.urn, done.id, done.outputs)

    def _import(self, kind: ResourceType, wanted: ResourceState, identifier: str) -> Registered:
        found = kind.read(identifier, wanted.inputs)
        if found is None:
            raise ProvisionError(f"there is no `{identifier}` of type `{wanted.type}` to import")
        strange = differences(kind, wanted.inputs, found)
        if strange:
            paths = ", ".join(f"`{change.path}`" for change in strange)
            raise ProvisionError(
                f"`{identifier}` differs from the program in {paths}", remedy="change the program to match the existing resource"
            )
        done = replace(wanted, id=identifier, outputs=outputs_of(wanted, found))
        self._state.keep(done)
        self._progress.report(done, StepOperation.IMPORT, Phase.DONE)
        return Registered(done.urn, done.id, done.outputs)

    def _begin(self, wanted: ResourceState, operation: StepOperation, changes: Sequence[PropertyChange]) -> bool:
        """Report the step, and return whether to perform it: never in a preview or after a failure."""
        blocked = not self._progress.dry_run and (self._progress.failed or has_unknown(wanted.inputs))
        self._progress.report(wanted, operation, Phase.NOT_MADE if blocked else Phase.BEGUN, changes)
        return not (blocked or self._progress.dry_run)


# Provider inputs that lead to another account; the engine has one key.
_ELSEWHERE = frozenset({"assumeRoles", "assumeRoleWithWebIdentity", "profile"})
# Provider inputs that are never written in clear, however the program gave them.
_KEYS = frozenset({"accessKey", "secretKey", "token"})

"""Values that are only known once other resources are made, resolved argument by argument.

An argument of a resource is as unknown and as secret as those values alone that are in it. A preview shows a document that holds
values which are not known yet with words in their place: `<bucket of "datasets">`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.output import UNKNOWN, contains_unknowns

from bucketpass.emit.resource import Argument, BlueprintResource
from bucketpass.model import Access
from bucketpass.policy.unknown_parts import unknown_part

__all__ = ["Later", "LaterArguments", "LaterValue", "Pick", "Resources", "is_document", "shown"]

Resources = Mapping[tuple[str, str], BlueprintResource]
Pick = Callable[[BlueprintResource], Argument]


@dataclass(frozen=True, slots=True)
class LaterValue:
    """A value that is an output.

    placeholder: a value of the same form, which takes its place while it is not known. mark: the part of the placeholder that is in each
    text which is made of it, and in no other; a placeholder without it is what the value has to be. name: what it is, in a preview.
    owner: the argument that it is given for.
    """

    output: pulumi.Output[Any]
    placeholder: Any
    mark: str
    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class Later:
    """A declaration some of whose values are outputs. read: the declaration with these values in their places."""

    values: Sequence[LaterValue]
    read: Callable[[Sequence[Any]], Access]

    def planned(self) -> Access:
        """Return the declaration with all placeholders."""
        return self.read([value.placeholder for value in self.values])

    def within(self, argument: Argument) -> list[LaterValue]:
        """Return the values that an argument, as it was compiled with placeholders, is made of."""
        texts = "\n".join(_texts(argument))
        return [value for value in self.values if value.mark in texts or value.mark not in str(value.placeholder)]

    def waits(self, argument: Argument) -> bool:
        """Whether an argument, as it was compiled with placeholders, follows from values that are not known yet."""
        # What is in which of several documents follows from their lengths, so that each is what the real values make it.
        return is_document(argument) or bool(self.within(argument))


@dataclass(frozen=True, slots=True)
class _Settled:
    """The resources with all values that are known, and those with the values that are not secret alone.

    unknown: the values that are not known, each with its words. secret: the marks of those that are secret.
    """

    found: Resources
    public: Resources
    unknown: tuple[tuple[LaterValue, str], ...]
    secret: tuple[str, ...]


class LaterArguments:
    """The arguments of a component's resources, each an output.

    make: the resources of a declaration. check: raises where they are not those that were planned.
    """

    def __init__(self, later: Later, make: Callable[[Access], Resources], check: Callable[[Resources], None]) -> None:
        self._later = later
        self._settled: pulumi.Output[_Settled] = pulumi.Output.from_input(_settled(later, make, check))

    def argument(self, planned: BlueprintResource, pick: Pick) -> pulumi.Output[Any] | None:
        """Return an argument of a resource; None if it is what is planned. planned: the resource with placeholders."""
        argument = pick(planned)
        if not self._later.waits(argument):
            return None
        found = self._settled.apply(lambda settled: _found(settled, planned.key, pick))
        outputs = [value.output for value in self._later.within(argument)]
        return pulumi.Output.all(*outputs).apply(lambda _: found, run_with_unknowns=True) if outputs else found


def _found(settled: _Settled, key: tuple[str, str], pick: Pick) -> pulumi.Input[Any]:
    """The argument: secret where a secret is in it; unknown where an unknown value is, but for documents in a preview."""
    argument, public = pick(settled.found[key]), settled.public.get(key)
    within = "\n".join(_texts(argument))
    unknown = [(value, words) for value, words in settled.unknown if value.mark in within]
    if unknown and not (is_document(argument) and pulumi.runtime.is_dry_run()):
        nothing: Any = UNKNOWN
        return pulumi.Output.from_input(nothing)
    for value, words in unknown:
        for form in (value.placeholder, str(value.placeholder).removeprefix("https://"), value.mark):
            if isinstance(form, str) and value.mark in form:
                argument = str(argument).replace(form, words)
    # SECURITY: whatever a secret changes in an argument makes it a secret, even where its placeholder left no mark.
    is_public = public is not None and pick(settled.found[key]) == pick(public)
    return argument if is_public and not any(mark in within for mark in settled.secret) else pulumi.Output.secret(argument)


async def _settled(later: Later, make: Callable[[Access], Resources], check: Callable[[Resources], None]) -> _Settled:
    real, public, unknown, secret = [], [], [], []
    for value in later.values:
        is_known = await value.output.is_known()
        real.append(await value.output.future() if is_known else value.placeholder)
        if not is_known:
            owners = [str(resource._name) for resource in await value.output.resources()]
            unknown.append((value, unknown_part(value.name, owners[0] if len(owners) == 1 else value.owner)))
        is_secret = await value.output.is_secret()
        public.append(value.placeholder if is_secret else real[-1])
        if is_secret:
            secret.append(value.mark)
    found = make(later.read(real))
    check(found)
    return _Settled(found, make(later.read(public)) if secret else found, tuple(unknown), tuple(secret))


def shown(output: pulumi.Output[Any], name: str, owner: str) -> pulumi.Output[Any]:
    """Return the output; in a preview that does not know it, words for it that are known."""
    if not pulumi.runtime.is_dry_run():
        return output
    return output.apply(lambda value: unknown_part(name, owner) if contains_unknowns(value) else value, run_with_unknowns=True)


def is_document(argument: Argument) -> bool:
    """Whether an argument is the JSON of a document."""
    return isinstance(argument, str) and argument.startswith("{")


def _texts(argument: Argument) -> Iterator[str]:
    match argument:
        case str():
            yield argument
        case Mapping():
            for inner in argument.values():
                yield from _texts(inner)
        case tuple():
            for inner in argument:
                yield from _texts(inner)

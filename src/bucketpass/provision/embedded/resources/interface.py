"""What the engine has to know of a type of resource: its properties' rules as data, and four calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.shared import SharedSetting
from bucketpass.provision.embedded.values import Properties, Value

__all__ = ["Alone", "Handler", "Made", "Naming", "PartlyMade", "Property", "ReadsByOwner", "then"]


@dataclass(frozen=True, slots=True)
class Naming:
    """How a physical name is made up where the program gives none: the logical name and random digits, as Pulumi does."""

    limit: int
    prefix: str = ""
    lower: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """The rule of one property that a program may give.

    `replace`: a change cannot be made in place (Terraform's ForceNew). `policy`: a policy document, JSON text or an object, compared
    as a value. `naming`: the property is the physical name. `unordered`: a list whose order means nothing. `default`: what is
    taken where nothing is given. `late`: set by a later call than the one that makes the resource. `filled`: AWS chooses a value
    where none is given. `alike`: what counts of a text in a comparison.
    `asset`: a file or text that the program gives as an asset.
    """

    name: str
    replace: bool = False
    policy: bool = False
    naming: Naming | None = None
    unordered: bool = False
    default: Value = None
    late: bool = False
    filled: bool = False
    alike: Callable[[str], str] | None = None
    asset: bool = False


class Alone:
    """What most types are: no part of another resource, refused by AWS where they exist, and of one owner."""

    overwrites: bool = False
    part_of: str = ""
    shared: SharedSetting | None = None

    def check(self, aws: RegionClients, wanted: Properties) -> None:
        """No property has an inner structure that would have to be checked."""


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that was just made: its ID, and the outputs that are not inputs."""

    id: str
    computed: Mapping[str, Value] = field(default_factory=dict)


class PartlyMade(Exception):
    """The resource `made` exists, but a later call that it needs failed: its `late` properties are not as asked for."""

    def __init__(self, made: Made, cause: Exception) -> None:
        super().__init__(str(cause))
        self.made = made
        self.cause = cause


@contextmanager
def then(made: Made) -> Iterator[None]:
    """The block's calls are done as well; where one fails, it is known what was made."""
    try:
        yield
    except Exception as error:
        raise PartlyMade(made, error) from error


@runtime_checkable
class ReadsByOwner(Protocol):
    """A type whose ID alone does not lead to it."""

    def read_of(self, aws: RegionClients, identifier: str, known: Properties) -> Properties | None:
        """Return all that is known of the resource; `known` are its last inputs or outputs."""
        ...


class Handler(Protocol):
    """One type of resource. Inputs arrive checked, with their defaults, nothing hidden; a call raises what boto raises."""

    @property
    def overwrites(self) -> bool:
        """Whether `create` overwrites an existing resource. Where it does not, AWS refuses the call."""
        ...

    @property
    def part_of(self) -> str:
        """The property with the ID of the bucket, role or other resource that it is a part of; empty for one by itself."""
        ...

    @property
    def shared(self) -> SharedSetting | None:
        """The property into which others write as well, where the stack's mark is in it."""
        ...

    @property
    def tokens(self) -> tuple[str, ...]:
        """Pulumi's type tokens for it: one, or more where AWS's provider has several names for one thing."""
        ...

    @property
    def properties(self) -> tuple[Property, ...]:
        """All properties that a program may give."""
        ...

    def check(self, aws: RegionClients, wanted: Properties) -> None:
        """Raise `RequestError` for a nested property that the type does not have. Values may be unknown."""
        ...

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The ID that `wanted` has or would have, or None where AWS makes it up."""
        ...

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """`wanted` exists."""
        ...

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """All that is known of the resource, inputs included, or None where there is none."""
        ...

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """The resource is as `new` says; `old` are its last inputs. Returns computed outputs that changed."""
        ...

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """Delete the resource; one that does not exist is not an error. `last`: its last outputs."""
        ...

"""What is known of a condition key: its type, which requests carry it, and what its value is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from bucketpass.requests.callers import ContextValue, PrincipalKind
from bucketpass.requests.request import RequestFacts

__all__ = ["KeyOrigin", "KeyType", "Presence", "RequestKey"]


class KeyType(Enum):
    """How AWS reads the values of a key."""

    STRING = "String"
    ARN = "ARN"
    BOOL = "Bool"
    DATE = "Date"
    IP = "IPAddress"
    NUMERIC = "Numeric"


class Presence(Enum):
    """Whether the requests of a kind of caller for an action carry a key.

    SOMETIMES: `prove` leaves it free; `decide` and the sandbox set it where the request has it.
    """

    ALWAYS = "always"
    NEVER = "never"
    SOMETIMES = "sometimes"


class KeyOrigin(Enum):
    """Where the value of a key comes from."""

    CALLER = "caller"
    CONNECTION = "connection"
    CALL = "call"
    RESOURCE = "resource"


Value = ContextValue | Mapping[str, ContextValue] | None


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A condition key, and which authorization requests carry it.

    name: a name that ends with `/` or `:` is a family (`aws:PrincipalTag/`); the empty one is of keys that are named as a whole.
    callers: presence by kind of caller; kinds that are not named have NEVER.
    actions: those whose requests can carry it: names, `s3:*` for all of a service, `*` for all.
    value: its value for a request that has it, of a family its members by what follows its name; None where the request has
    none, and always for keys that nobody can know from a call.
    source: AWS's page or the observation that says so.
    """

    name: str
    callers: Mapping[PrincipalKind, Presence]
    actions: tuple[str, ...]
    origin: KeyOrigin
    value: Callable[[RequestFacts], Value]
    source: str
    type: KeyType = KeyType.STRING
    multivalued: bool = False

    @property
    def is_family(self) -> bool:
        """True of `aws:PrincipalTag/` and its like, whose members have names of their own."""
        return self.name[-1:] in ("", "/", ":")

    def applies_to(self, action: str) -> bool:
        """True if requests for the action can carry the key; actions match in any case."""
        lower = action.lower()
        return any(lower == listed.lower() or (listed.endswith("*") and lower.startswith(listed[:-1].lower())) for listed in self.actions)

    def presence(self, kind: PrincipalKind, action: str) -> Presence:
        """Return whether the requests of such a caller for the action carry the key."""
        return self.callers.get(kind, Presence.NEVER) if self.applies_to(action) else Presence.NEVER

"""Policy documents as values: AWS's JSON policy language, element by element.

Names are AWS's. A document holds what was written, in the order in which it was written; `parse` makes one from JSON,
`render` makes JSON of one, and `parse(render(document)) == document`.

Source: IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from bucketpass.frozen import quickly_made

__all__ = ["Condition", "Effect", "PolicyDocument", "PrincipalElement", "Statement", "Version"]

Version = Literal["2012-10-17", "2008-10-17"]


class Effect(Enum):
    """What a statement does where it applies."""

    ALLOW = "Allow"
    DENY = "Deny"


@quickly_made
@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a Condition block: operator, key, values. `operator` as written, such as `ForAnyValue:StringLikeIfExists`."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """A Principal or NotPrincipal element.

    `everyone` is the scalar `"*"`; the others are the lists of AWS, Federated, Service and CanonicalUser.
    """

    everyone: bool = False
    aws: tuple[str, ...] = ()
    federated: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    canonical_user: tuple[str, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. Exactly one of each pair (`actions`, `not_actions`) and so on is given; None means absent."""

    effect: Effect
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    principal: PrincipalElement | None = None
    not_principal: PrincipalElement | None = None
    conditions: tuple[Condition, ...] = ()
    sid: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A whole document. `version` None means absent, which AWS reads as 2008-10-17."""

    statements: tuple[Statement, ...]
    version: Version | None = "2012-10-17"
    id: str | None = None

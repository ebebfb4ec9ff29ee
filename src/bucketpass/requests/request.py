"""The authorization request: one action of one principal on one resource, with the condition keys that AWS sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bucketpass.requests.callers import Principal

__all__ = ["AuthorizationRequest", "ContextValue"]

ContextValue = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One action on one resource. `context` has the condition keys that AWS sets; names match in any case.

    A single-valued key is a text, a multi-valued one a tuple. `resource_account` empty means the principal's own.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, ContextValue]
    resource_account: str = ""

"""The condition keys of a request as predicates read them, and what an operator says of one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bucketpass.requests.request import ContextValue

__all__ = ["Context", "Meets"]

# Names are in lower case.
Context = Mapping[str, ContextValue]
# Whether one request value meets any policy value; None where the request value cannot be read, which no operator survives.
Meets = Callable[[str, Context], bool | None]

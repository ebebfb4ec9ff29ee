"""The supported types, their properties and the functions as text: `python -m docs.generators.resources`."""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.provision.embedded.resources.functions import FUNCTIONS
from bucketpass.provision.embedded.resources.interface import Property
from bucketpass.provision.embedded.resources.registry import HANDLERS

__all__ = ["listing"]


def listing() -> str:
    """Every type with its properties: `*` where a change replaces the resource, `=` before what is taken where nothing is given."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for handler in dict.fromkeys(HANDLERS.values()):
        yield " | ".join(handler.tokens)
        yield from (f"    {_shown(rule)}" for rule in handler.properties)
    yield "functions"
    yield from (f"    {token}" for token in FUNCTIONS)


def _shown(rule: Property) -> str:
    default = "" if rule.default is None else f" = {str(rule.default).lower() if isinstance(rule.default, bool) else rule.default}"
    return f"{rule.name}{'*' if rule.replace else ''}{default}"


if __name__ == "__main__":
    print(listing())

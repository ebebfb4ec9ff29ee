"""The names of inputs that AWS's own provider has, read from the classes of pulumi_aws, at every depth."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["unknown_names"]


def unknown_names(token: str, inputs: Mapping[str, Any]) -> list[str]:
    """Return the paths in `inputs` that a resource of the type `token` does not have; Pulumi's own names begin with `__`."""
    module, _, name = token.removeprefix("aws:").partition("/")
    return list(_unknown(module, f"{name.partition(':')[2]}Args", inputs, ""))


def _unknown(module: str, kind: str, value: object, path: str) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _unknown(module, kind, item, path)
    elif isinstance(value, Mapping):
        names = _names(module, kind)
        for name, inner in value.items():
            if name.startswith("__"):
                continue
            if name not in names:
                yield f"{path}{name}"
            elif names[name]:
                yield from _unknown(module, names[name], inner, f"{path}{name}.")


@functools.cache
def _names(module: str, kind: str) -> dict[str, str]:
    """The inputs of a class, each with the class of what stands in it; empty where that is a plain value."""
    package = importlib.import_module(f"pulumi_aws.{module}")
    made = getattr(package, kind, None) or getattr(importlib.import_module(f"pulumi_aws.{module}._inputs"), kind)
    found: dict[str, str] = {}
    for attribute in vars(made).values():
        if isinstance(attribute, property) and attribute.fget is not None and hasattr(attribute.fget, "_pulumi_name"):
            nested = re.search(r"(\w+Args)\b", str(attribute.fget.__annotations__.get("return", "")))
            found[attribute.fget._pulumi_name] = nested[1] if nested else ""
    return found

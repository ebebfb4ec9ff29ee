"""The names of inputs that AWS's own provider has, read from the classes of pulumi_aws, at every depth."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["unknown_names"]

# pulumi_aws loads a module when it is first touched: whoever touches it meanwhile finds a part of it.
LOADING = threading.Lock()


def unknown_names(token: str, inputs: Mapping[str, Any]) -> list[str]:
    """Return the paths in `inputs` that a resource of the type `token` does not have; Pulumi's own names begin with `__`."""
    module, _, name = token.removeprefix("aws:").partition("/")
    return list(_unknown(module, _of_resource(module, name.partition(":")[2]), inputs, ""))


def _unknown(module: str, names: Mapping[str, str], value: object, path: str) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _unknown(module, names, item, path)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name.startswith("__"):
                continue
            if name not in names:
                yield f"{path}{name}"
            elif names[name]:
                yield from _unknown(module, _of_nested(module, names[name]), inner, f"{path}{name}.")


@functools.cache
def _of_resource(module: str, kind: str) -> Mapping[str, str]:
    """The inputs of a resource, each with the class of what stands in it; empty where that is a plain value."""
    with LOADING:
        made = getattr(importlib.import_module(f"pulumi_aws.{module}"), kind)
    parameters = inspect.signature(made._internal_init).parameters.values()
    return {_camel(one.name): _class(one.annotation) for one in parameters}


@functools.cache
def _of_nested(module: str, kind: str) -> Mapping[str, str]:
    with LOADING:
        made = getattr(importlib.import_module(f"pulumi_aws.{module}._inputs"), kind)
    getters = [one.fget for one in vars(made).values() if isinstance(one, property) and hasattr(one.fget, "_pulumi_name")]
    return {str(one._pulumi_name): _class(one.__annotations__.get("return", "")) for one in getters}  # type: ignore[union-attr]


def _class(annotation: object) -> str:
    found = re.search(r"(\w+Args)\b", str(annotation))
    return found[1] if found else ""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))

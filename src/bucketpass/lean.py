"""What `typing` and `json` have, for modules on the way of a credential process: as they have it, and 20 ms sooner.

A new interpreter takes 8 ms, `import typing` 12 ms and `import json` 10 ms, nearly all of it for `re`, `enum` and `functools`.
Type checkers see the real names of `typing`; `parse_json` is the scanner of CPython's `json`, without the package around it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import NamedTuple, Protocol, Self, cast
else:

    class Protocol:
        """What a parameter must be able to do. Says nothing at run time."""

    def cast(kind: object, value: object) -> object:
        """`value`, which type checkers take for a `kind`."""
        return value

    class NamedTupleMeta(type):
        """Reads the fields of a class of named tuples, as `typing.NamedTuple` does."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> NamedTupleMeta:
            made = type.__new__(cls, name, bases, {"__slots__": (), **namespace})
            made._fields = made.__match_args__ = tuple(made.__annotations__)
            made._field_defaults = {field: namespace[field] for field in made._fields if field in namespace}
            for index, field in enumerate(made._fields):
                setattr(made, field, property(lambda self, index=index: self[index]))
            return made

    class NamedTuple(tuple, metaclass=NamedTupleMeta):
        """A tuple with names, such as `class Point(NamedTuple): x: int; y: int = 0`."""

        def __new__(cls, *values: object, **named: object) -> Self:
            """By position or by name. Raises TypeError."""
            if named or len(values) != len(cls._fields):
                values = (*values, *cls._others(len(values), named))
            return tuple.__new__(cls, values)

        @classmethod
        def _others(cls, given: int, named: dict[str, object]) -> Iterator[object]:
            """The fields that were not given by position. Raises TypeError."""
            names = cls._fields[given:]
            wrong = [name for name in named if name not in names]
            missing = [name for name in names if name not in named and name not in cls._field_defaults]
            if given > len(cls._fields) or wrong or missing:
                raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._fields)}; wrong: {wrong}, missing: {missing}")
            return (named.get(name, cls._field_defaults.get(name)) for name in names)

        def _replace(self, **named: object) -> Self:
            return type(self)(**{**dict(zip(self._fields, self, strict=True)), **named})

        def __getnewargs__(self) -> tuple[object, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in zip(self._fields, self, strict=True))})"


__all__ = ["NamedTuple", "Protocol", "cast", "json_object", "parse_json"]


def json_object(members: Mapping[str, str | float]) -> bytes:
    """A JSON object of texts and finite numbers, as `json.dumps` writes it."""
    try:
        from _json import encode_basestring_ascii as string
    except ImportError:  # not CPython
        from json import dumps as string
    texts = (f"{string(name)}: {string(value) if isinstance(value, str) else repr(value)}" for name, value in members.items())
    return f"{{{', '.join(texts)}}}".encode()


class Strict:
    """How the scanner reads: `json.loads` without arguments."""

    strict = True
    object_hook = object_pairs_hook = parse_constant = None
    parse_float = float
    parse_int = int


def parse_json(text: str) -> object:
    """The value that the text stands for, as `json.loads` has it. Raises ValueError, or RecursionError."""
    stripped = text.strip(" \t\n\r")
    try:
        from _json import make_scanner

        value, end = make_scanner(cast("make_scanner", Strict))(stripped, 0)
        if end == len(stripped):
            return value
    except (ImportError, StopIteration, SystemError, TypeError):
        pass  # not CPython, or no JSON: until 3.12 the scanner cannot say so before `json` is loaded
    from json import loads

    value = loads(text)
    return value

"""Proofs of earlier runs, in a file that a person names: what did not change is not proved again.

SECURITY: only proofs are kept, never counterexamples or what was not decided. Each is bound to all that it depends on: the guarantee's
kind and name, exactly the parts of the declaration and the documents that it is about, and the text of every module that a proof runs
through. A file that others can write is refused, since it could claim anything.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from hashlib import blake2b
from itertools import chain
from marshal import dumps
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any

import bucketpass
from bucketpass.deployment.resources import Deployment
from bucketpass.errors import InvalidInput
from bucketpass.model import Access, Service

__all__ = ["Digests", "ProofStore", "prover_version"]

_HEADER = b"bucketpass proofs 1\n"
_BYTES = 32
# Rooms whose rules a proof rests on.
_ROOMS = ("aws", "compile", "decide", "deployment", "issuers", "model", "policy", "prove", "requests")


@cache
def prover_version() -> bytes:
    """Return the digest of the text of every module that a proof runs through, and of the solver's version."""
    root = Path(bucketpass.__file__).parent
    digest = blake2b(digest_size=_BYTES)
    for path in sorted(path for room in _ROOMS for path in (root / room).rglob("*.py")):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(text)}\n".encode() + text)
    return digest.digest()


class _Encoders(dict[type, Callable[[Any], object]]):
    """How values are written, by type: tuples as they are; dataclasses, mappings and members of enumerations as lists.

    SECURITY: a list begins with the name of what it was, so that no two unequal values are written alike.
    """

    def __missing__(self, kind: type) -> Callable[[Any], object]:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if issubclass(kind, Enum):
            members: dict[int, list[object]] = {id(one): [name, one.name] for one in kind}
            self[kind] = encoder = lambda value: members[id(value)]
        elif is_dataclass(kind) or issubclass(kind, tuple):
            of = _fields_of(kind) if is_dataclass(kind) else tuple
            self[kind] = encoder = lambda value: [name, *_listed(of(value))]
        else:
            raise TypeError(f"{name} has no form in which it is digested")
        return encoder


def _fields_of(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    names = [one.name for one in fields(kind)]
    of = attrgetter(*names) if names else None
    return (lambda value: ()) if of is None else of if len(names) > 1 else lambda value: (of(value),)


def _listed(values: Iterable[object]) -> list[object]:
    return [one if type(one) in _ATOMS else _ENCODERS[type(one)](one) for one in values]


def _of_tuple(value: tuple[object, ...]) -> tuple[object, ...]:
    return value if _ATOMS.issuperset(map(type, value)) else tuple(_listed(value))


def _of_mapping(value: Mapping[object, object]) -> list[object]:
    return ["mapping", *_listed(value), *_listed(value.values())]


_ATOMS = frozenset({str, bool, int, float, bytes, type(None)})
_ENCODERS = _Encoders({tuple: _of_tuple, dict: _of_mapping, MappingProxyType: _of_mapping})
_ENCODERS[datetime] = lambda value: ["datetime", value.isoformat()]
# Texts and numbers alone, without references: what is equal is written alike.
_MARSHAL_VERSION = 0

_WITHOUT_GRANTS = attrgetter(*(one.name for one in fields(Service) if one.name != "grants"))
_OF_ACCESS, _OF_DEPLOYMENT = _fields_of(Access), _fields_of(Deployment)


class Digests:
    """Digests of narrowed declarations and deployments; members that many of them share are digested once.

    What is digested is equal for two values only where these are equal.
    """

    def __init__(self) -> None:
        # By identity; what has one is held, so that nothing else can take it.
        self._known: dict[int, tuple[object, bytes]] = {}
        self._rests: dict[tuple[int, ...], tuple[object, bytes]] = {}

    def of(self, access: Access, deployment: Deployment) -> bytes:
        """Return the digest of both together: equal for two pairs only where they are equal."""
        found = [prover_version()]
        for whole, fields_of in ((access, _OF_ACCESS), (deployment, _OF_DEPLOYMENT)):
            for value in fields_of(whole):
                members = value if type(value) is tuple else tuple(chain.from_iterable(value.items())) if type(value) is dict else (value,)
                found.append(b"%s %d" % (type(value).__name__.encode(), len(members)))
                found += map(self._digest, members)
        return blake2b(b"".join(found), digest_size=_BYTES).digest()

    def _digest(self, value: object) -> bytes:
        known = self._known.get(id(value))
        if known is None or known[0] is not value:
            found = self._of_service(value) if isinstance(value, Service) else self._written(value)
            known = self._known[id(value)] = (value, found)
        return known[1]

    def _of_service(self, service: Service) -> bytes:
        """The digest of a service from those of its grants: one bucket is asked about some of them, and another about others."""
        rest = _WITHOUT_GRANTS(service)
        key = tuple(map(id, rest))
        known = self._rests.get(key)
        if known is None:
            known = self._rests[key] = (rest, self._written(rest))
        return blake2b(b"".join((known[1], *map(self._digest, service.grants))), digest_size=_BYTES).digest()

    def _written(self, value: object) -> bytes:
        return blake2b(dumps(_listed((value,)), _MARSHAL_VERSION), digest_size=_BYTES).digest()


class ProofStore:
    """The proofs that a file keeps. Raises `InvalidInput` for one that is something else, or that others can write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _read(path)
        self._used: set[bytes] = set()

    def __contains__(self, key: bytes) -> bool:
        """Return whether what has this key was proved, and keep it."""
        if key in self._kept:
            self._used.add(key)
            return True
        return False

    def add(self, key: bytes) -> None:
        """Keep that what has this key is proved."""
        self._used.add(key)

    def save(self) -> None:
        """Write the proofs of this run in place of what the file held. Raises `InvalidInput` where it cannot be written."""
        if self._used == self._kept:
            return
        written = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_HEADER + b"".join(sorted(self._used)))
            written.replace(self._path)
        except OSError as error:
            written.unlink(missing_ok=True)
            raise InvalidInput(f"cannot write `{self._path}`: {error.strerror}", remedy="Name a file in a folder of your own.") from error


def _read(path: Path) -> frozenset[bytes]:
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or about.st_uid != os.getuid():
                raise InvalidInput(f"others can write `{path}`: they could claim any proof", remedy="Name a file that only you can write.")
            text = file.read()
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise InvalidInput(f"cannot read `{path}`: {error.strerror}", remedy="Name a file of your own.") from error
    keys = text.removeprefix(_HEADER)
    if not text.startswith(_HEADER) or len(keys) % _BYTES:
        raise InvalidInput(f"`{path}` is not a file of proofs", remedy="Name another file, or remove it.")
    return frozenset(keys[start : start + _BYTES] for start in range(0, len(keys), _BYTES))

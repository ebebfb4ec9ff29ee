"""Proofs of earlier runs, in a file that a person names: what did not change is not proved again.

SECURITY: only proofs are kept, never counterexamples or what was not decided. Each is bound to all that it depends on: the guarantee's
kind and name, exactly the parts of the declaration and the documents that it is about, and the text of every module that a proof runs
through; and with it the proofs of its parts, each bound to all that this part depends on, for when another part changes. A file that
others can write is refused, since it could claim anything.
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
from typing import Any, Final

import bucketpass
from bucketpass.deployment.resources import Deployment
from bucketpass.errors import InvalidInput
from bucketpass.model import Access, Service

__all__ = ["Digests", "ProofStore", "digest_of", "prover_version"]

_FORMAT = b"bucketpass proofs "
# Records: the key of a guarantee, how many parts it has, and their keys.
_HEADER = _FORMAT + b"2\n"
_BYTES, _COUNT_BYTES = 32, 4
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
        encoder: Callable[[Any], object]
        if issubclass(kind, Enum):
            members: dict[int, list[object]] = {id(one): [name, one.name] for one in kind}
            self[kind] = encoder = lambda value: members[id(value)]
        elif is_dataclass(kind) or issubclass(kind, tuple):
            self[kind] = encoder = _of_fields(name, _fields_of(kind) if is_dataclass(kind) else tuple)
        else:
            raise TypeError(f"{name} has no form in which it is digested")
        return encoder


def _fields_of(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    names = [one.name for one in fields(kind)]
    of = attrgetter(*names) if names else None
    return (lambda value: ()) if of is None else of if len(names) > 1 else lambda value: (of(value),)


def _of_fields(name: str, fields_of: Callable[[Any], Iterable[object]]) -> Callable[[Any], object]:
    """How values of a type are written. One that many share, such as a default, stands in each of them in turn: it is written once."""
    last: object = None
    written: object = None

    def encoder(value: Any) -> object:
        nonlocal last, written
        if value is not last:
            last, written = value, [name, _listed(fields_of(value))]
        return written

    return encoder


def _listed(values: Iterable[object]) -> list[object]:
    return [one if type(one) in _ATOMS or one is _EMPTY else _ENCODERS[type(one)](one) for one in values]


def _of_tuple(value: tuple[object, ...]) -> tuple[object, ...]:
    return value if _ATOMS.issuperset(map(type, value)) else tuple(_listed(value))


def _of_mapping(value: Mapping[object, object]) -> list[object]:
    return ["mapping", *_listed(value), *_listed(value.values())]


_EMPTY: Final[tuple[object, ...]] = ()  # what most fields are
_ATOMS = frozenset({str, bool, int, float, bytes, type(None)})
_ENCODERS = _Encoders({tuple: _of_tuple, dict: _of_mapping, MappingProxyType: _of_mapping})
_ENCODERS[datetime] = lambda value: ["datetime", value.isoformat()]
# Texts and numbers alone, without references: what is equal is written alike.
_MARSHAL_VERSION = 0

_WITHOUT_GRANTS = attrgetter(*(one.name for one in fields(Service) if one.name != "grants"))
_OF_ACCESS, _OF_DEPLOYMENT = _fields_of(Access), _fields_of(Deployment)


def digest_of(text: str) -> bytes:
    """Return the key of what `text` says in full, for this version of the prover."""
    return blake2b(prover_version() + text.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()


class Digests:
    """Digests of narrowed declarations and deployments; members that many of them share are digested once.

    What is digested is equal for two values only where these are equal.
    """

    def __init__(self) -> None:
        # By identity: what has one is held, so that nothing else can take it.
        self._known: dict[int, bytes] = {}
        self._rests: dict[tuple[int, ...], bytes] = {}
        self._held: list[object] = []

    def of(self, access: Access, deployment: Deployment) -> bytes:
        """Return the digest of both together: equal for two pairs only where they are equal."""
        found = [prover_version()]
        for whole, fields_of in ((access, _OF_ACCESS), (deployment, _OF_DEPLOYMENT)):
            for value in fields_of(whole):
                members = value if type(value) is tuple else tuple(chain.from_iterable(value.items())) if type(value) is dict else (value,)
                found.append(b"%s %d" % (type(value).__name__.encode(), len(members)))
                found += self._digests(members)
        return blake2b(b"".join(found), digest_size=_BYTES).digest()

    def _digests(self, values: tuple[object, ...]) -> list[bytes]:
        known = self._known.get
        return [known(id(value)) or self._digest(value) for value in values]

    def _digest(self, value: object) -> bytes:
        self._held.append(value)
        found = self._known[id(value)] = self._of_service(value) if isinstance(value, Service) else self._written(value)
        return found

    def _of_service(self, service: Service) -> bytes:
        """The digest of a service from those of its grants: one bucket is asked about some of them, and another about others."""
        rest = _WITHOUT_GRANTS(service)
        key = tuple(map(id, rest))
        known = self._rests.get(key)
        if known is None:
            self._held.append(rest)
            known = self._rests[key] = self._written(rest)
        return blake2b(b"".join((known, *self._digests(service.grants))), digest_size=_BYTES).digest()

    def _written(self, value: object) -> bytes:
        return blake2b(dumps(_listed((value,)), _MARSHAL_VERSION), digest_size=_BYTES).digest()


class ProofStore:
    """The proofs that a file keeps. Raises `InvalidInput` for one that is something else, or that others can write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _read(path)
        self._parts = set(chain.from_iterable(self._kept.values()))
        self._used: dict[bytes, tuple[bytes, ...]] = {}
        self._latest: dict[bytes, None] = {}

    def __contains__(self, key: bytes) -> bool:
        """Return whether what has this key was proved, and keep it with its parts."""
        if key in self._kept:
            self._used[key] = self._kept[key]
            return True
        return False

    def has_part(self, key: bytes) -> bool:
        """Return whether the part that has this key was proved, and keep it with the guarantee that is added next."""
        if key in self._parts:
            self._latest[key] = None
            return True
        return False

    def add_part(self, key: bytes) -> None:
        """Keep that the part is proved which has this key, with the guarantee that is added next."""
        self._parts.add(key)
        self._latest[key] = None

    def add(self, key: bytes) -> None:
        """Keep that what has this key is proved."""
        self._used.setdefault(key, tuple(self._latest))
        self._latest.clear()

    def save(self) -> None:
        """Write the proofs of this run in place of what the file held. Raises `InvalidInput` where it cannot be written."""
        if self._used == self._kept:
            return
        written = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        records = (b"".join((key, len(parts).to_bytes(_COUNT_BYTES), *parts)) for key, parts in sorted(self._used.items()))
        try:
            with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_HEADER + b"".join(records))
            written.replace(self._path)
        except OSError as error:
            written.unlink(missing_ok=True)
            raise InvalidInput(f"cannot write `{self._path}`: {error.strerror}", remedy="Name a file in a folder of your own.") from error


def _read(path: Path) -> dict[bytes, tuple[bytes, ...]]:
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or about.st_uid != os.getuid():
                raise InvalidInput(f"others can write `{path}`: they could claim any proof", remedy="Name a file that only you can write.")
            text = file.read()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidInput(f"cannot read `{path}`: {error.strerror}", remedy="Name a file of your own.") from error
    if text.startswith(_FORMAT) and not text.startswith(_HEADER):
        return {}  # of another version of the prover, whose proofs this one does not take
    records = _records(text) if text.startswith(_HEADER) else None
    if records is None:
        raise InvalidInput(f"`{path}` is not a file of proofs", remedy="Name another file, or remove it.")
    return records


def _records(text: bytes) -> dict[bytes, tuple[bytes, ...]] | None:
    """Return the keys of guarantees with those of their parts; None where the text ends within one."""
    found: dict[bytes, tuple[bytes, ...]] = {}
    start = len(_HEADER)
    while start < len(text):
        first = start + _BYTES + _COUNT_BYTES
        end = first + _BYTES * int.from_bytes(text[start + _BYTES : first])
        if first > len(text) or end > len(text):
            return None
        found[text[start : start + _BYTES]] = tuple([text[at : at + _BYTES] for at in range(first, end, _BYTES)])
        start = end
    return found

"""Proofs of earlier runs, in a file that a person names: what did not change is not proved again.

SECURITY: only proofs are kept, never counterexamples or what was not decided. Each is bound to all that it depends on: the guarantee's
kind and name, exactly the parts of the declaration and the documents that it is about, and the text of every module that a proof runs
through. A file that others can write is refused, since it could claim anything.
"""

from __future__ import annotations

import os
import stat
from functools import cache
from hashlib import blake2b
from pathlib import Path

import bucketpass
from bucketpass.deployment.resources import Deployment
from bucketpass.errors import InvalidInput
from bucketpass.model import Access
from bucketpass.prove.shape import exactly, leaves_of

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


class Digests:
    """Digests of narrowed declarations and deployments; members that many of them share are digested once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, bytes]] = {}

    def of(self, access: Access, deployment: Deployment) -> bytes:
        """Return the digest of both together: equal for two pairs only where they are equal but for what only people read."""
        digest = blake2b(prover_version(), digest_size=_BYTES)
        for whole in (access, deployment):
            for name in whole.__dataclass_fields__:
                self._add(digest, name, getattr(whole, name))
        return digest.digest()

    def _add(self, digest: blake2b, name: str, value: object) -> None:
        members: list[object] = [value]
        if isinstance(value, tuple):
            members = list(value)
        elif isinstance(value, dict):
            members = [member for pair in value.items() for member in pair]
        digest.update(f"{name} {type(value).__name__} {len(members)}\n".encode())
        for member in members:
            digest.update(self._digest(member))

    def _digest(self, value: object) -> bytes:
        known = self._known.get(id(value))
        if known is None or known[0] is not value:
            text = exactly(leaves_of(value)).encode("utf-8", "surrogatepass")
            known = self._known[id(value)] = (value, blake2b(text, digest_size=_BYTES).digest())
        return known[1]


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

"""S3's checksums: what a body must add up to.

Source: S3 user guide, "Checking object integrity" [A]; CRC-32C as in RFC 3720, CRC-64/NVME as in the NVM Express command
set specification. Both are computed by `awscrt` where it is installed, else by a table (about 10 MiB a second).
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from bucketpass.sandbox.wire_errors import AwsError

__all__ = ["ALGORITHMS", "Hasher", "check_algorithm", "hasher"]


class Hasher(Protocol):
    """A checksum that is being computed."""

    def update(self, data: bytes, /) -> None:
        """`data` is the next part of the body."""
        ...

    def digest(self) -> bytes:
        """The checksum of everything so far."""
        ...


class _Crc:
    """A cyclic redundancy check, from a function that goes on from an earlier value."""

    def __init__(self, step: Callable[[bytes, int], int], size: int) -> None:
        self._step = step
        self._size = size
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


@lru_cache(maxsize=2)
def _table(polynomial: int) -> tuple[int, ...]:
    rows = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)  # noqa: PLW2901 - the row is the value, shifted eight times
        rows.append(value)
    return tuple(rows)


def _by_table(polynomial: int, bits: int) -> Callable[[bytes, int], int]:
    mask = (1 << bits) - 1

    def step(data: bytes, value: int) -> int:
        table = _table(polynomial)
        value ^= mask
        for byte in data:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
        return value ^ mask

    return step


_crc32c = _by_table(0x82F63B78, 32)
_crc64nvme = _by_table(0x9A6C9329AC4BC9B5, 64)
try:
    from awscrt import checksums as _crt  # type: ignore[import-not-found]
except ImportError:
    pass
else:
    _crc32c, _crc64nvme = _crt.crc32c, _crt.crc64nvme

ALGORITHMS: dict[str, Callable[[], Hasher]] = {
    "CRC32": lambda: _Crc(zlib.crc32, 4),
    "CRC32C": lambda: _Crc(_crc32c, 4),
    "CRC64NVME": lambda: _Crc(_crc64nvme, 8),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
}
"""Each checksum under S3's name; its header is `x-amz-checksum-` and the name in lower case."""


def check_algorithm(name: str) -> None:
    """Raise AwsError for a checksum that S3 does not have."""
    if name not in ALGORITHMS:
        message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types"
        raise AwsError("InvalidRequest", f"{message}: [{', '.join(ALGORITHMS)}]")


def hasher(algorithm: str) -> Hasher:
    """A new computation. Raises KeyError where S3 has no such checksum."""
    return ALGORITHMS[algorithm]()


def encode(digest: bytes) -> str:
    """A checksum as headers carry it."""
    return b64encode(digest).decode()

"""Secrets of a state, readable only with a key: from a passphrase where there is one, else from a key file beside the state."""

from __future__ import annotations

import base64
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.errors import MissingExtra, ProvisionError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["KeyFile"]

NONCE_BYTES = 12
KEY_BYTES = 32


class KeyFile:
    """AES-256-GCM with a random key, which is made at the first secret and readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def seal(self, clear: str) -> str:
        """`clear`, readable only with the key. The same text is sealed differently each time."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, clear.encode(), None)).decode()

    def open(self, sealed: str) -> str:
        """What was sealed."""
        from cryptography.exceptions import InvalidTag

        try:
            data = base64.b64decode(sealed)
            return self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None).decode()
        except (ValueError, InvalidTag):
            raise ProvisionError(
                f"a secret in the state cannot be opened with `{self._path}`", remedy="put the key back that the state was written with"
            ) from None

    @cached_property
    def _cipher(self) -> AESGCM:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError:
            raise MissingExtra("pulumi", "cryptography") from None
        return AESGCM(self._key())

    def _key(self) -> bytes:
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # SECURITY: O_EXCL and 0600: nobody else can have made or can read the file.
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
        return self._path.read_bytes()

"""Secrets in files, readable only with a key: one from a passphrase where there is one, else one in a file beside the state.

Sealed text, and what is kept of a passphrase, have Pulumi's own form, so that one passphrase opens the encrypted configuration
of a Pulumi project and the state of the embedded engine alike.

Source: Pulumi's passphrase secrets provider: AES-256-GCM, `v1:<nonce>:<text>`; the key by PBKDF2-HMAC-SHA-256 with 1,000,000
iterations, `v1:<salt>:<the word "pulumi", sealed>`. [A]
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.errors import InvalidInput, MissingExtra, ProvisionError
from bucketpass.provision.embedded.journal import write_atomically
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["Sealer", "find_passphrase", "sealer_of_passphrase", "sealer_of_stack"]

NONCE_BYTES = 12
KEY_BYTES = 32
SALT_BYTES = 8
ITERATIONS = 1_000_000
PROOF = "pulumi"
KEY_MARK = "key:"


def find_passphrase(environ: Mapping[str, str]) -> Secret | None:
    """The passphrase that the environment gives, as Pulumi reads it: PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE."""
    if "PULUMI_CONFIG_PASSPHRASE" in environ:
        return Secret(environ["PULUMI_CONFIG_PASSPHRASE"])
    file = environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not file:
        return None
    try:
        return Secret(Path(file).read_text().strip())
    except (OSError, ValueError):
        raise InvalidInput(f"`{file}` cannot be read", remedy="PULUMI_CONFIG_PASSPHRASE_FILE names a file with the passphrase") from None


class Sealer:
    """AES-256-GCM with a key that is asked for when the first secret comes: most stacks have none."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self.key = key
        self._lock = threading.Lock()
        self._cipher: AESGCM | None = None

    def seal(self, clear: str) -> str:
        """`clear`, readable only with the key. The same text is sealed differently each time."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return f"v1:{_text(nonce)}:{_text(self._made().encrypt(nonce, clear.encode(), None))}"

    def open(self, sealed: str) -> str:
        """What was sealed."""
        from cryptography.exceptions import InvalidTag

        try:
            version, nonce, text = sealed.split(":")
            if version == "v1":
                return self._made().decrypt(base64.b64decode(nonce), base64.b64decode(text), None).decode()
        except (ValueError, InvalidTag):
            pass
        raise ProvisionError("a secret cannot be opened with this key", remedy="use the passphrase or the key that it was sealed with")

    def _made(self) -> AESGCM:
        with self._lock:
            if self._cipher is None:
                try:
                    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
                except ImportError:
                    raise MissingExtra("pulumi", "cryptography") from None
                self._cipher = AESGCM(self.key())
            return self._cipher


def sealer_of_passphrase(passphrase: Secret, kept: str) -> Sealer:
    """The sealer of a passphrase, where `kept` is what was kept of it. Raises ProvisionError where it is another passphrase."""
    try:
        version, salt, proof = kept.split(":", 2)
        sealer = _derived(passphrase, base64.b64decode(salt))
        if version == "v1" and sealer.open(proof) == PROOF:
            return sealer
    except (ValueError, ProvisionError):
        pass
    raise ProvisionError("incorrect passphrase", remedy="set PULUMI_CONFIG_PASSPHRASE to the passphrase of the stack")


def sealer_of_stack(file: Path, passphrase: Secret | None) -> Sealer:
    """The sealer for states beside `file`, which keeps the key, or what there is to keep of the passphrase.

    What it was made with first stays: a passphrase that comes later changes nothing.
    """
    return Sealer(lambda: _key_of(file, passphrase))


def _key_of(file: Path, passphrase: Secret | None) -> bytes:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(file, (_new_proof(passphrase) if passphrase is not None else KEY_MARK + _text(os.urandom(KEY_BYTES))).encode())
    kept = file.read_text().strip()
    if kept.startswith(KEY_MARK):
        return base64.b64decode(kept.removeprefix(KEY_MARK))
    if passphrase is None:
        raise ProvisionError("the stack's secrets are sealed with a passphrase", remedy="set PULUMI_CONFIG_PASSPHRASE")
    return sealer_of_passphrase(passphrase, kept).key()


def _derived(passphrase: Secret, salt: bytes) -> Sealer:
    key = hashlib.pbkdf2_hmac("sha256", passphrase.reveal().encode(), salt, ITERATIONS, KEY_BYTES)
    return Sealer(lambda: key)


def _new_proof(passphrase: Secret) -> str:
    salt = os.urandom(SALT_BYTES)
    return f"v1:{_text(salt)}:{_derived(passphrase, salt).seal(PROOF)}"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

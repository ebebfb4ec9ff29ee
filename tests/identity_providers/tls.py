"""A certificate authority for one test run."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

__all__ = ["Authority"]


class Authority:
    """A certificate authority with one certificate for `localhost` and 127.0.0.1. `bundle` is what clients trust."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._certificate = self._authority.issue_cert("localhost", "127.0.0.1")
        self.bundle = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.bundle))

    def server_pem(self, path: Path) -> Path:
        """`path` holds the key and the certificates of the server, in one file."""
        self._certificate.private_key_and_cert_chain_pem.write_to_path(str(path))
        return path

    def server_context(self) -> ssl.SSLContext:
        """What a server's socket is wrapped with."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._certificate.configure_cert(context)
        return context

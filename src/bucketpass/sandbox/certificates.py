"""A certificate authority that lives as long as the sandbox, and a bundle for clients that trust it.

The bundle also holds the authorities that this machine trusted before: AWS_CA_BUNDLE and SSL_CERT_FILE replace a client's
whole list, and a program that speaks to the sandbox should go on speaking to everybody else.
"""

from __future__ import annotations

import base64
import os
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

__all__ = ["Certificates", "make_certificates", "self_signed"]

# `*.s3.localhost` are the virtual hosts of buckets; OpenSSL takes no wildcard right below a top-level name (`*.localhost`).
NAMES = ("localhost", "s3.localhost", "*.s3.localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Certificates:
    """The server's side, and what clients need. `ca_pem` is the sandbox's own authority alone."""

    tls: ssl.SSLContext
    ca_pem: str
    bundle: str


def make_certificates() -> Certificates:
    """A new authority, and a server certificate of it for loopback."""
    authority = trustme.CA(organization_name="bucketpass sandbox")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Older versions are let in: a bucket policy that demands `s3:TlsVersion` can then be seen to refuse them.
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert(*NAMES).configure_cert(tls)
    own = authority.cert_pem.bytes().decode()
    return Certificates(tls, own, f"{own}\n{_trusted_before()}")


@lru_cache(maxsize=64)
def self_signed(private_pem: bytes) -> str:
    """A certificate that the key has signed for itself, as `x5c` holds it (RFC 7517, section 4.7): Ceph reads keys only from there."""
    key = load_pem_private_key(private_pem, None)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise TypeError(f"got a `{type(key).__name__}`, expected a key of RSA or of an elliptic curve")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bucketpass sandbox")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, SHA256())
    )
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _trusted_before() -> str:
    paths = (os.environ.get("SSL_CERT_FILE"), os.environ.get("AWS_CA_BUNDLE"), ssl.get_default_verify_paths().cafile)
    for path in paths:
        with suppress(OSError):
            if path and (text := Path(path).read_text()):
                return text
    return ""

"""Signing keys that tests give to identity providers: private and public JWK, with a certificate (`x5c`)."""

from __future__ import annotations

import base64
import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, RSAKey

__all__ = ["SigningKey"]


class SigningKey:
    """A key, its entry in a JWKS (`entry`), and the same with the private half (`private`). `algorithm`: RS256 or ES256."""

    def __init__(self, kid: str, algorithm: str = "RS256", *, certificate: bool = True) -> None:
        private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = (
            rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
        )
        pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.kid, self.algorithm = kid, algorithm
        self.key = RSAKey.import_key(pem) if algorithm == "RS256" else ECKey.import_key(pem)
        self.public_pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        extra: dict[str, Any] = {"kid": kid, "alg": algorithm, "use": "sig"}
        if certificate:
            extra["x5c"] = [_certificate(private)]
        self.entry: dict[str, Any] = {**self.key.as_dict(private=False), **extra}
        self.private: dict[str, Any] = {**self.key.as_dict(private=True), **extra}


def _certificate(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """A certificate that `private` signed for itself, as a JWKS holds it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()

import base64
import ssl

import pytest
from cryptography import x509
from joserfc.jwk import ECKey, OKPKey, RSAKey

from bucketpass.sandbox.certificates import make_certificates, self_signed


def test_the_certificate_is_good_for_loopback_and_the_hosts_of_buckets() -> None:
    made = make_certificates()
    assert made.ca_pem in made.bundle
    for host in ("localhost", "s3.localhost", "bucket.s3.localhost", "127.0.0.1"):
        handshake(made.tls, made.ca_pem, host)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(made.tls, made.ca_pem, "example.com")


def test_another_authority_does_not_vouch_for_it() -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(make_certificates().tls, make_certificates().ca_pem, "localhost")


def handshake(server: ssl.SSLContext, authority: str, host: str) -> None:
    """A TLS handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusted = ssl.create_default_context(cadata=authority)
    client_side = trusted.wrap_bio(to_client, to_server, server_hostname=host)
    server_side = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client_side, server_side):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue


@pytest.mark.parametrize("key", [RSAKey.generate_key(2048), ECKey.generate_key("P-256")], ids=["RSA", "EC"])
def test_a_signing_key_has_a_certificate_of_its_own(key: RSAKey | ECKey) -> None:
    certificate = x509.load_der_x509_certificate(base64.b64decode(self_signed(key.as_pem(private=True))))
    assert certificate.public_key() == key.public_key
    certificate.verify_directly_issued_by(certificate)


def test_a_key_that_no_token_is_signed_with_has_no_certificate() -> None:
    with pytest.raises(TypeError, match="expected a key of RSA or of an elliptic curve"):
        self_signed(OKPKey.generate_key("Ed25519").as_pem(private=True))

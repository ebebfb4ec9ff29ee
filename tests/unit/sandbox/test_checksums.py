import pytest

from bucketpass.sandbox.checksums import ALGORITHMS, hasher

# The check values of the catalogue of CRC algorithms, for the text 123456789.
CHECKS = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "SHA1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "SHA256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_has_its_known_value_in_whatever_pieces_it_is_computed(algorithm: str) -> None:
    whole, pieces = hasher(algorithm), hasher(algorithm)
    whole.update(b"123456789")
    for piece in (b"1234", b"", b"56789"):
        pieces.update(piece)
    assert whole.digest().hex() == pieces.digest().hex() == CHECKS[algorithm]

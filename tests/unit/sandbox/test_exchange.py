"""How a request reached a service, as its condition keys see it."""

from datetime import UTC, datetime, timedelta

from tests.unit.sandbox.inside import HOST, REGION, request

from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.sigv4 import Signature
from bucketpass.secret import Secret
from bucketpass.wire.server import Peer
from bucketpass.wire.sigv4 import Scope

NOW = datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC)
SIGNATURE = Signature(
    "AKIA", Scope("20260101", REGION, "s3"), ("host",), "0" * 64, "20260101T000000Z", NOW - timedelta(seconds=10), Secret("")
)


def test_a_signed_request_over_tls_says_so() -> None:
    asked = request("GET", "/", {"Host": HOST, "User-Agent": "boto3", "Referer": ""}, peer=Peer("127.0.0.9", tls_version="1.3"))
    connection = Exchange(asked, signature=SIGNATURE).connection(NOW)
    assert (connection.secure, connection.tls_version, connection.source_ip) == (True, "1.3", "127.0.0.9")
    assert (connection.user_agent, connection.referer, connection.time) == ("boto3", None, NOW)
    assert (connection.authentication, connection.signature_age) == ("REST-HEADER", 10_000)


def test_a_request_without_tls_and_signature_has_neither() -> None:
    connection = Exchange(request("GET", "/", {"Host": HOST}, peer=Peer())).connection(NOW)
    assert (connection.secure, connection.tls_version, connection.signature_age) == (False, None, 0)

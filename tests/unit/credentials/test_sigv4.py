"""The doctor's signature, against botocore's."""

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.sigv4 import signed_get
from bucketpass.credentials.values import Credentials
from bucketpass.secret import Secret

CREDENTIALS = Credentials("ASIA1", Secret("secret"), Secret("token/+="), 0.0, 1.0, "arn", TokenIdentity("i", "s"))


@pytest.mark.parametrize(
    ("url", "query"),
    [
        ("https://datasets.s3.us-east-1.amazonaws.com", (("list-type", "2"), ("prefix", "raw/a b+c"), ("max-keys", "1"))),
        ("http://127.0.0.1:8080/datasets/raw/ä ~(x)", ()),
    ],
)
def test_the_signature_is_botocores(url: str, query: tuple[tuple[str, str], ...]) -> None:
    request = signed_get(url, query, CREDENTIALS, "us-east-1", 1_800_000_000.0)
    sent = dict(request.headers)
    theirs = AWSRequest("GET", request.url, headers={"x-amz-content-sha256": sent["x-amz-content-sha256"]})
    signer = S3SigV4Auth(ReadOnlyCredentials("ASIA1", "secret", "token/+="), "s3", "us-east-1")
    theirs.context["timestamp"] = sent["x-amz-date"]
    theirs.headers["X-Amz-Date"] = sent["x-amz-date"]
    theirs.headers["X-Amz-Security-Token"] = sent["x-amz-security-token"]
    canonical = signer.canonical_request(theirs)
    signature = signer.signature(signer.string_to_sign(theirs, canonical), theirs)
    assert sent["Authorization"].endswith(f"Signature={signature}")

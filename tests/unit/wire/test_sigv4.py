"""Signature Version 4, against botocore's."""

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.secret import Secret
from bucketpass.wire.sigv4 import EMPTY_SHA256, Scope, canonical_query, canonical_request, signature_of, signing_key, string_to_sign

DATE = "20260101T000000Z"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    st.sampled_from(("s3", "sts", "kms")),
    st.from_regex(r"(/[a-zA-Z0-9 ~_.+*é-]{1,6}){1,3}", fullmatch=True).filter(lambda path: "/." not in path),
    st.dictionaries(TEXTS, TEXTS, max_size=3),
    st.from_regex(r"[A-Za-z0-9/+]{1,20}", fullmatch=True),
)
def test_a_signature_is_botocores(service: str, path: str, query: dict[str, str], secret: str) -> None:
    path = path if service == "s3" else "/"
    theirs = AWSRequest("GET", f"https://h.test{path}", params=query, headers={"X-Amz-Date": DATE, "x-amz-content-sha256": EMPTY_SHA256})
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(ReadOnlyCredentials("AKIA", secret, None), service, "us-east-1")
    theirs.context["timestamp"] = DATE
    theirs.url = str(theirs.url).replace(path, canonical_path(path)) if service == "s3" else theirs.url
    expected = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)
    headers = [("host", "h.test"), ("x-amz-content-sha256", EMPTY_SHA256), ("x-amz-date", DATE)]
    scope = Scope(DATE[:8], "us-east-1", service)
    text = string_to_sign(DATE, scope, canonical_request("GET", path, canonical_query(list(query.items())), headers, EMPTY_SHA256))
    assert signature_of(signing_key(Secret(secret), scope), text) == expected


def canonical_path(path: str) -> str:
    return canonical_request("GET", path, "", [], "").split("\n")[1]


def test_the_key_is_that_of_awss_own_example() -> None:
    # AWS's documentation, "Deriving a signing key": 20150830, us-east-1, iam.
    key = signing_key(Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Scope("20150830", "us-east-1", "iam"))
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


@pytest.mark.parametrize("other", [Scope("20260102", "r", "s3"), Scope("20260101", "q", "s3"), Scope("20260101", "r", "sts")])
def test_a_key_is_good_for_one_day_region_and_service(other: Scope) -> None:
    assert signing_key(Secret("s"), Scope("20260101", "r", "s3")) != signing_key(Secret("s"), other)


def test_blanks_in_a_header_are_signed_as_one() -> None:
    assert "\nx:a b\n" in canonical_request("GET", "/", "", [("x", " a   b ")], EMPTY_SHA256)


def test_the_query_is_signed_in_the_order_of_its_encoded_names() -> None:
    assert canonical_query([("b", "1"), ("a b", "/+"), ("B", "")]) == "B=&a%20b=%2F%2B&b=1"

"""A row's condition keys: known, absent, or untold."""

from bucketpass.usage.request import KEY_COLUMNS, SessionFacts, caller_of, connection_of, is_header_key, is_session_key

NETWORK, TLS, HEADERS = KEY_COLUMNS


def test_a_public_address_and_an_endpoint_exclude_each_other() -> None:
    assert NETWORK.keys("198.51.100.7", "") == {"aws:sourceip": "198.51.100.7"}
    assert NETWORK.keys("10.0.0.1", "vpce-1") == {"aws:sourcevpce": "vpce-1", "aws:vpcsourceip": "10.0.0.1"}
    assert NETWORK.keys("config.amazonaws.com", "") == {}


def test_an_access_log_does_not_tell_the_endpoint_of_a_private_address() -> None:
    assert NETWORK.keys("10.0.0.1", None) is None
    assert NETWORK.keys("198.51.100.7", None) == {"aws:sourceip": "198.51.100.7"}


def test_plain_http_has_no_tls_version() -> None:
    assert TLS.keys("TLSv1.3") == {"aws:securetransport": "true", "s3:tlsversion": "1.3"}
    assert TLS.keys("") == {"aws:securetransport": "false"}


def test_headers_are_keys_where_the_log_has_them() -> None:
    assert HEADERS.keys('{"x-amz-acl": "private", "x-amz-tagging": "a=b"}') == {
        "s3:x-amz-acl": "private",
        "s3:requestobjecttag/a": "b",
        "s3:requestobjecttagkeys": ("a",),
    }
    assert HEADERS.keys(None) is None
    assert is_header_key("s3:x-amz-acl")
    assert not is_header_key("s3:prefix")


def test_what_a_session_brings() -> None:
    session = SessionFacts("arn:aws:iam::111122223333:oidc-provider/acme.okta.com", "sub", "aud", "anna", {"Team": "a"})
    caller = caller_of("role:111122223333/trainer", "s1", session)
    assert caller is not None
    assert (caller.claims, caller.tags, caller.source_identity) == (
        {"acme.okta.com:sub": "sub", "acme.okta.com:aud": "aud"},
        {"Team": "a"},
        "anna",
    )
    assert all(map(is_session_key, ("aws:principaltag/team", "acme.okta.com:sub", "aws:sourceidentity")))
    assert not any(map(is_session_key, ("aws:principalarn", "s3:prefix")))


def test_callers_of_every_kind() -> None:
    kinds = [caller_of(name, "", None) for name in ("anonymous", "user:1/a", "root:1", "service:x.amazonaws.com", "account:1", "other:x")]
    assert [None if caller is None else caller.principal.kind.value for caller in kinds] == [
        "anonymous",
        "user",
        "root",
        "service",
        None,
        None,
    ]
    assert connection_of("198.51.100.7", "", "TLSv1.2", time=0).connection.time is not None

"""Addresses and forms, against the standard library's."""

from itertools import product
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.wire.url import Url, form_encoded, parse_url

HOSTS = ("sts.us-east-1.amazonaws.com", "127.0.0.1", "[::1]", "[fd00:ec2::254]", "Host.Test", "a")
TAILS = ("", "/", "/a/b", "?x=1", "/a?x=http://b/", "/p#fragment", "#fragment", "/a@b:c")


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
@pytest.mark.parametrize("user", ["", "user@", "user:pass@", "a@b:c@"])
def test_an_address_is_taken_apart_as_urllib_does(scheme: str, user: str) -> None:
    for host, port, tail in product(HOSTS, ("", ":", ":1", ":65535"), TAILS):
        text = f"{scheme}://{user}{host}{port}{tail}"
        expected = urlsplit(text)
        target = f"{expected.path or '/'}{'?' + expected.query if expected.query else ''}"
        default = 443 if expected.scheme == "https" else 80
        authority = expected.netloc.rpartition("@")[2]
        assert parse_url(text) == Url(expected.scheme, user[:-1], authority, expected.hostname or "", expected.port or default, target)


@pytest.mark.parametrize("text", ["", "sts.test", "file:///etc/passwd", "ftp://host/", "//host/", "javascript://host/"])
def test_what_is_neither_http_nor_https_is_refused(text: str) -> None:
    with pytest.raises(ConnectionError, match="not an http or https URL"):
        parse_url(text)


@pytest.mark.parametrize(
    "authority",
    ["", ":80", "host:0", "host:65536", "host:port", "host:-1", "host:1:2", "host:\u00b2", "[::1", "[::1]x", "b\u00fccher.test"]
    + [f"ho{character}st" for character in ' \t\r\n\0<>"\\^`{|}'],
)
def test_what_is_no_host_and_port_is_refused(authority: str) -> None:
    with pytest.raises(ConnectionError, match="not a host and port"):
        parse_url(f"http://{authority}/")


@given(st.text())
def test_any_text_is_an_address_or_a_connection_error(text: str) -> None:
    for each in (text, f"http://{text}"):
        try:
            parse_url(each)
        except ConnectionError:
            continue


def test_the_password_of_an_address_is_in_neither_its_error_nor_its_representation() -> None:
    assert repr(parse_url("http://user:secret@proxy.test/path")) == "Url(http://proxy.test)"
    with pytest.raises(ConnectionError) as error:
        parse_url("http://user:secret@proxy.test:x/")
    assert "secret" not in str(error.value)


@given(st.dictionaries(st.text(), st.text()))
def test_a_form_is_encoded_as_urllib_does_with_a_space_as_percent_20(fields: dict[str, str]) -> None:
    assert form_encoded(fields) == urlencode(fields, quote_via=lambda text, *_: quote(text, safe="")).encode()

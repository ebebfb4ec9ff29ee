"""HTTP/1.1 as bytes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.identity.http import HttpRequest, HttpResponse, Network, decode, encode, parsed_proxy, proxy_authorization
from bucketpass.identity.url import parse_url


def test_a_request_goes_out_with_its_host_target_and_length() -> None:
    request = HttpRequest("POST", "http://sts.test:8080/path?a=b", (("Accept", "x"),), b"body")
    assert encode(request) == (
        b"POST /path?a=b HTTP/1.1\r\nHost: sts.test:8080\r\nConnection: close\r\nAccept-Encoding: identity\r\n"
        b"Accept: x\r\nContent-Length: 4\r\n\r\nbody"
    )


def test_through_a_proxy_the_target_is_the_whole_address() -> None:
    assert encode(HttpRequest("GET", "http://sts.test"), through_proxy=True).startswith(
        b"GET http://sts.test/ HTTP/1.1\r\nHost: sts.test\r\n"
    )


def test_a_line_break_in_a_header_is_refused() -> None:
    with pytest.raises(ConnectionError, match="line break"):
        encode(HttpRequest("GET", "http://sts.test/", (("Authorization", "Bearer x\r\nHost: evil"),)))


def test_the_representation_shows_neither_headers_nor_body_nor_query() -> None:
    shown = repr(HttpRequest("POST", "https://sts.test/?token=secret", (("Authorization", "secret"),), b"secret"))
    assert shown == "HttpRequest(POST https://sts.test/)"
    assert repr(HttpResponse(200, {}, b"secret")) == "HttpResponse(200, 6 bytes)"


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: today\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED], ids=["by length", "in chunks"])
def test_an_answer_is_there_only_once_it_is_whole(answer: bytes) -> None:
    end = answer.index(b"lo", 40) + 2
    assert [decode(answer[:size], at_end=False) for size in range(end)] == [None] * end
    response = decode(answer, at_end=False)
    assert response is not None
    assert response.body == b"hello"


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED], ids=["by length", "in chunks"])
def test_an_answer_that_ends_too_soon_is_an_error(answer: bytes) -> None:
    with pytest.raises(ConnectionError, match="too soon"):
        decode(answer[: answer.index(b"\r\n\r\n") + 6], at_end=True)


def test_without_a_length_the_body_goes_to_the_end() -> None:
    assert decode(b"HTTP/1.0 200 OK\r\n\r\nhello", at_end=False) is None
    assert decode(b"HTTP/1.0 200 OK\r\n\r\nhello", at_end=True) == HttpResponse(200, {}, b"hello")


def test_interim_answers_are_passed_over() -> None:
    response = decode(b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE, at_end=False)
    assert response is not None
    assert (response.status, response.headers["date"]) == (200, "today")


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_an_error(garbage: bytes) -> None:
    with pytest.raises(ConnectionError):
        decode(garbage, at_end=True)


@given(st.binary(max_size=200))
def test_any_bytes_give_an_answer_or_nothing_or_a_connection_error(data: bytes) -> None:
    with suppress(ConnectionError):
        decode(b"HTTP/1.1 200 OK\r\n" + data, at_end=True)


PROXIED = {"HTTPS_PROXY": "http://proxy:3128", "HTTP_PROXY": "http://plain:3128", "NO_PROXY": "corp.test, .internal,10.0.0.0/8"}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://sts.us-east-1.amazonaws.com/", "http://proxy:3128"),
        ("http://sts.test/", "http://plain:3128"),
        ("https://corp.test/", ""),
        ("https://sts.corp.test/", ""),
        ("https://notcorp.test/", "http://proxy:3128"),
        ("https://a.internal/", ""),
        ("http://10.1.2.3/", ""),
        ("http://127.0.0.1:8080/", ""),
        ("http://169.254.169.254/", ""),
        ("http://localhost/", ""),
    ],
)
def test_the_proxy_is_the_one_for_the_scheme_unless_no_proxy_names_the_host(url: str, proxy: str) -> None:
    assert Network.from_variables(PROXIED).proxy_for(parse_url(url)) == proxy


def test_a_cgi_program_does_not_take_the_proxy_that_its_caller_names() -> None:
    network = Network.from_variables({"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil:1"})
    assert network.proxy_for(parse_url("http://sts.test/")) == ""


@pytest.mark.parametrize("url", ["http://host:port/", "http://host:99999/", "http://b\u00fccher.test/"])
def test_an_address_that_cannot_be_one_is_a_connection_error(url: str) -> None:
    with pytest.raises(ConnectionError, match="no host and port"):
        Network().send(HttpRequest("GET", url), timeout=1)


def test_a_header_that_http_cannot_carry_is_a_connection_error() -> None:
    with pytest.raises(ConnectionError, match="characters"):
        encode(HttpRequest("GET", "http://sts.test/", (("Authorization", "\u20ac"),)))


def test_an_address_that_is_neither_http_nor_https_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(ConnectionError, match="no http or https"):
        Network().send(HttpRequest("GET", "file:///etc/passwd"), timeout=1)


def test_a_proxy_is_told_the_user_and_the_password_of_its_address() -> None:
    proxy = parsed_proxy("http://user:p%40ss@proxy.test:3128")
    assert proxy is not None
    assert proxy_authorization(proxy) == (("Proxy-Authorization", "Basic dXNlcjpwQHNz"),)
    assert "p%40ss" not in repr(proxy)


def test_a_proxy_may_be_named_without_its_scheme() -> None:
    proxy = parsed_proxy("proxy.test:3128")
    assert proxy is not None
    assert (proxy.scheme, proxy.host, proxy.port, proxy_authorization(proxy)) == ("http", "proxy.test", 3128, ())
    assert parsed_proxy("") is None


@pytest.mark.parametrize("proxy", ["https://user:secret@proxy.test", "socks5://user:secret@proxy.test", "http://user:secret@:1"])
def test_a_proxy_that_cannot_be_gone_through_is_an_error_that_does_not_show_its_password(proxy: str) -> None:
    with pytest.raises(ConnectionError) as error:
        parsed_proxy(proxy)
    assert "secret" not in str(error.value)

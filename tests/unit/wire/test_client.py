"""Requests and whole answers as bytes."""

from collections.abc import Callable
from contextlib import suppress

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http_messages import in_pieces, responses

from bucketpass.wire.client import HttpRequest, HttpResponse, encode, read_response
from bucketpass.wire.stream import Stream


def decode(data: bytes) -> HttpResponse:
    return read_response(Stream(in_pieces(data)))


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


class MoreToCome(Exception):
    """The connection is open and has nothing more yet."""


def unfinished(data: bytes) -> Callable[[int], bytes]:
    pieces = [data]

    def receive(size: int) -> bytes:
        if not pieces:
            raise MoreToCome
        return pieces.pop()

    return receive


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED], ids=["by length", "in chunks"])
def test_an_answer_is_there_only_once_it_is_whole(answer: bytes) -> None:
    for size in range(1, len(answer)):
        with pytest.raises(MoreToCome):
            read_response(Stream(unfinished(answer[:size])))
    assert read_response(Stream(unfinished(answer))).body == b"hello"


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED], ids=["by length", "in chunks"])
def test_an_answer_that_ends_too_soon_is_an_error(answer: bytes) -> None:
    for size in range(len(answer)):
        with pytest.raises(ConnectionError):
            decode(answer[:size])


def test_without_a_length_the_body_goes_to_the_end() -> None:
    assert decode(b"HTTP/1.0 200 OK\r\n\r\nhello") == HttpResponse(200, {}, b"hello")


def test_an_answer_that_has_no_body_is_whole_after_its_head() -> None:
    assert decode(b"HTTP/1.1 204 No Content\r\n\r\nhello").body == b""


def test_interim_answers_are_passed_over() -> None:
    response = decode(b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE)
    assert (response.status, response.headers["date"]) == (200, "today")


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 \xb200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1_0\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x_1\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName : value\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    ],
)
def test_what_is_not_http_or_is_read_in_two_ways_is_an_error(garbage: bytes) -> None:
    with pytest.raises(ConnectionError):
        decode(garbage)


def test_a_header_that_http_cannot_carry_is_a_connection_error() -> None:
    with pytest.raises(ConnectionError, match="characters"):
        encode(HttpRequest("GET", "http://sts.test/", (("Authorization", "\u20ac"),)))


def h11_response(data: bytes) -> HttpResponse:
    """The answer as h11 reads it. Raises h11.RemoteProtocolError."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
    connection.send(h11.EndOfMessage())
    for piece in (data, b""):
        connection.receive_data(piece)
    head: h11.Response | None = None
    body = b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
    assert head is not None
    fields: dict[str, str] = {}
    for raw_name, value in head.headers:
        name = raw_name.decode("latin-1")
        fields[name] = f"{fields[name]},{value.decode('latin-1')}" if name in fields else value.decode("latin-1")
    return HttpResponse(head.status_code, fields, body)


@given(responses())
def test_what_is_accepted_h11_accepts_with_the_same_result(data: bytes) -> None:
    try:
        ours = decode(data)
    except ConnectionError:
        return
    theirs = h11_response(data)
    assert (ours.status, ours.body) == (theirs.status, theirs.body)
    lowered = {name: value.lower() if name == "transfer-encoding" else value for name, value in ours.headers.items()}
    assert lowered == theirs.headers


@given(responses(), st.integers(1, 40))
def test_any_bytes_in_any_pieces_give_the_same_answer_or_a_connection_error(data: bytes, size: int) -> None:
    with suppress(ConnectionError):
        assert read_response(Stream(in_pieces(data, size))) == decode(data)


@given(st.binary(max_size=200))
def test_any_bytes_after_the_status_line_give_an_answer_or_a_connection_error(data: bytes) -> None:
    with suppress(ConnectionError):
        decode(b"HTTP/1.1 200 OK\r\n" + data)

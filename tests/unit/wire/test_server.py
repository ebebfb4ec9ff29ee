"""Requests as a server gets them, and heads of answers."""

import pytest
from hypothesis import given
from tests.http_messages import in_pieces, requests

from bucketpass.wire.server import Peer, ServerRequest, ServerResponse, body_of, parse_query, read_request, response_head
from bucketpass.wire.stream import Body, Stream
from bucketpass.wire.syntax import HttpError


def read(data: bytes) -> ServerRequest | None:
    return read_request(Stream(in_pieces(data)), Peer(), lambda: None)


def test_a_request_is_kept_as_it_was_sent() -> None:
    request = read(b"PUT /a%2Fb//c?x=1&y HTTP/1.1\r\nHost: h\r\nx-amz-meta-My_Key:  v \r\nContent-Length: 3\r\n\r\nabcNEXT")
    assert request is not None
    assert (request.method, request.raw_path, request.path, request.raw_query) == ("PUT", "/a%2Fb//c", "/a/b//c", "x=1&y")
    assert request.headers == (("Host", "h"), ("x-amz-meta-My_Key", "v"), ("Content-Length", "3"))
    assert request.header("host") == "h"
    assert request.body.read() == b"abc"


def test_a_target_in_absolute_form_is_the_same_request() -> None:
    request = read(b"GET http://localhost:9000/bucket/a%20key?x=1 HTTP/1.1\r\nHost: localhost:9000\r\n\r\n")
    assert request is not None
    assert (request.target, request.raw_path, request.query) == ("/bucket/a%20key?x=1", "/bucket/a%20key", (("x", "1"),))


def test_headers_of_one_name_are_joined_and_of_parameters_the_first_counts() -> None:
    request = read(b"GET /?a=1&a=2 HTTP/1.1\r\nHost: h\r\nX: 1\r\nx: 2\r\n\r\n")
    assert request is not None
    assert (request.header("x"), request.parameters) == ("1,2", {"a": "1"})
    assert ServerRequest(request.method, request.target, request.headers).fields == request.fields


def test_a_closed_connection_is_no_request() -> None:
    assert read(b"") is None


def test_only_http_1_1_is_served() -> None:
    with pytest.raises(HttpError) as refused:
        read(b"GET / HTTP/1.0\r\nHost: h\r\n\r\n")
    assert refused.value.status == 505


def test_a_client_that_waits_is_told_to_go_on_when_the_body_is_wanted() -> None:
    told: list[str] = []
    data = b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"
    request = read_request(Stream(in_pieces(data)), Peer(), lambda: told.append("go on"))
    assert request is not None
    assert told == []
    assert (request.body.read(), told) == (b"x", ["go on"])


def test_a_line_end_in_a_header_of_the_answer_is_never_sent() -> None:
    with pytest.raises(HttpError):
        response_head(200, [("x-amz-meta-a", "b\r\nSet-Cookie: c")], keep_alive=True, length=0)


def test_an_answers_head_says_what_follows() -> None:
    head = response_head(206, [("ETag", '"x"'), ("X", "\u20ac")], keep_alive=False, length=5)
    assert head == b'HTTP/1.1 206 Partial Content\r\nETag: "x"\r\nX: ?\r\nContent-Length: 5\r\nConnection: close\r\n\r\n'
    assert response_head(599, [], keep_alive=True, length=None) == b"HTTP/1.1 599 Unknown\r\n\r\n"


def test_an_answers_body_comes_in_blocks() -> None:
    assert [list(ServerResponse(200, [], body).blocks()) for body in (b"ab", [b"a", b"b"])] == [[b"ab"], [b"a", b"b"]]


def test_a_body_of_bytes_has_their_length() -> None:
    assert (body_of(b"abc").length, body_of(b"abc").read(), body_of(b"").read()) == (3, b"abc", b"")


def test_a_query_is_taken_apart_in_order() -> None:
    assert parse_query("b=2&a=%2B+&flag&&empty=") == (("b", "2"), ("a", "+ "), ("flag", ""), ("empty", ""))


@given(requests())
def test_any_request_is_read_or_refused_with_a_status_of_http(data: bytes) -> None:
    try:
        request = read(data)
        assert request is not None
        assert isinstance(request.body, Body)
        request.body.read()
        assert request.target.startswith("/")
    except HttpError as refused:
        assert refused.status in {400, 413, 414, 431, 501, 505}

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.sandbox.http import HttpError, HttpRequest, HttpResponse, Peer, parse_query, read_request, response_head


def read(data: bytes) -> HttpRequest | None:
    return read_request(BytesIO(data), Peer(), lambda: None)


def test_a_request_is_kept_as_it_was_sent() -> None:
    request = read(b"PUT /a%2Fb//c?x=1&y HTTP/1.1\r\nHost: h\r\nx-amz-meta-My_Key:  v \r\nContent-Length: 3\r\n\r\nabcNEXT")
    assert request is not None
    assert (request.method, request.raw_path, request.raw_query) == ("PUT", "/a%2Fb//c", "x=1&y")
    assert request.headers == (("Host", "h"), ("x-amz-meta-My_Key", "v"), ("Content-Length", "3"))
    assert request.header("HOST".lower()) == "h"
    assert request.body.read() == b"abc"


def test_headers_of_one_name_are_joined_and_of_parameters_the_first_counts() -> None:
    request = read(b"GET /?a=1&a=2 HTTP/1.1\r\nX: 1\r\nx: 2\r\n\r\n")
    assert request is not None
    assert request.header("x") == "1,2"
    assert request.parameters == {"a": "1"}


def test_a_closed_connection_is_no_request() -> None:
    assert read(b"") is None


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 505),
        (b"GET http://other/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", 400),
        (b"G\x00T / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: h\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nNoColon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 999999999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: v\r\n" % n for n in range(300)) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nh: " + b"v" * 20_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_two_programs_could_read_in_two_ways_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(HttpError) as refused:
        read(data)
    assert refused.value.status == status


def test_a_chunked_body_is_put_together_and_its_trailers_dropped() -> None:
    request = read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\nNEXT")
    assert request is not None
    assert request.body.read() == b"abcde"
    assert request.body.read() == b""


@pytest.mark.parametrize("body", [b"3\r\nab", b"3\r\nabcd\r\n0\r\n\r\n", b"zz\r\n", b"-1\r\n", b""])
def test_a_broken_chunked_body_is_refused(body: bytes) -> None:
    request = read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    assert request is not None
    with pytest.raises(HttpError):
        request.body.read()


def test_a_body_that_ends_early_is_refused() -> None:
    request = read(b"PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
    assert request is not None
    with pytest.raises(HttpError, match="ended before its announced length"):
        request.body.read()


def test_a_client_that_waits_is_told_to_go_on_when_the_body_is_wanted() -> None:
    told: list[str] = []
    request = read_request(
        BytesIO(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"), Peer(), lambda: told.append("go on")
    )
    assert request is not None
    assert told == []
    assert (request.body.read(), told) == (b"x", ["go on"])


def test_a_line_end_in_a_header_of_the_answer_is_never_sent() -> None:
    with pytest.raises(HttpError):
        response_head(HttpResponse(200, [("x-amz-meta-a", "b\r\nSet-Cookie: c")]), keep_alive=True, length=0)


def test_an_answers_head_says_what_follows() -> None:
    head = response_head(HttpResponse(206, [("ETag", '"x"')]), keep_alive=False, length=5)
    assert head == b'HTTP/1.1 206 Partial Content\r\nETag: "x"\r\nContent-Length: 5\r\nConnection: close\r\n\r\n'


def test_a_query_is_taken_apart_in_order() -> None:
    assert parse_query("b=2&a=%2B+&flag&&empty=") == (("b", "2"), ("a", "+ "), ("flag", ""), ("empty", ""))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_request_or_a_clean_refusal(data: bytes) -> None:
    try:
        request = read(data)
        if request is not None:
            request.body.read()
    except HttpError as refused:
        assert refused.status >= 400

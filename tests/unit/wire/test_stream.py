"""Heads, lines and bodies out of a stream that comes in any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http_messages import in_pieces, requests

from bucketpass.wire.stream import Body, Stream
from bucketpass.wire.syntax import HttpError, body_length, parse_request_head


def body(data: bytes, length: int | None = None) -> Body:
    return Body(Stream(in_pieces(data)), length)


def test_a_head_leaves_what_follows_it() -> None:
    stream = Stream(in_pieces(b"GET / HTTP/1.1\r\nHost: h\r\n\r\nabcNEXT", 7))
    assert stream.head() == b"GET / HTTP/1.1\r\nHost: h"
    assert Body(stream, 3).read() == b"abc"
    assert b"".join(iter(lambda: stream.read(100), b"")) == b"NEXT"


def test_a_closed_connection_has_no_head() -> None:
    assert Stream(in_pieces(b"")).head() is None


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n", 400),
        (b"GET / HTTP/1.1\nHost: h\n\n", 400),
        (b"GET /" + b"a" * 70_000, 414),
        (b"GET / HTTP/1.1\r\n" + b"h: v\r\n" * 20_000, 431),
    ],
)
def test_a_head_that_never_ends_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(HttpError) as refused:
        Stream(in_pieces(data)).head()
    assert refused.value.status == status


def test_a_head_that_can_never_be_one_is_refused_before_more_of_it_comes() -> None:
    def receive(size: int) -> bytes:
        if waited:
            pytest.fail("it waits for more")
        waited.append(size)
        return b"GET / HTTP/1.1\nHost: h\n"

    waited: list[int] = []
    with pytest.raises(HttpError):
        Stream(receive).head()


def test_a_chunked_body_is_put_together_and_its_trailers_are_dropped() -> None:
    stream = Stream(in_pieces(b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\nNEXT"))
    chunks = Body(stream, None)
    assert (chunks.read(), chunks.read(), chunks.at_end) == (b"abcde", b"", True)
    assert stream.read(9) == b"NEXT"


@pytest.mark.parametrize(
    "data",
    [
        b"3\r\nab",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"zz\r\n",
        b"-1\r\n",
        b"",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\nContent-Length: 1\r\n\r\n",
        b"0\r\n" + b"t: x\r\n" * 20_000 + b"\r\n",
    ],
)
def test_a_broken_chunked_body_is_refused(data: bytes) -> None:
    with pytest.raises(HttpError):
        body(data).read()


def test_a_body_that_ends_early_is_refused() -> None:
    with pytest.raises(HttpError, match="ended before its announced length"):
        body(b"abc", 10).read()


def test_a_client_that_waits_is_told_to_go_on_when_the_body_is_wanted() -> None:
    told: list[str] = []
    waited = Body(Stream(in_pieces(b"x")), 1, lambda: told.append("go on"))
    assert (waited.expects_continue, told) == (True, [])
    assert (waited.read(), waited.expects_continue, told) == (b"x", False, ["go on"])


@given(requests(), st.integers(1, 30), st.integers(1, 30))
def test_the_pieces_in_which_bytes_come_and_are_read_change_nothing(data: bytes, size: int, block: int) -> None:
    def read(pieces: int, most: int) -> object:
        stream = Stream(in_pieces(data, pieces))
        try:
            content = Body(stream, body_length(parse_request_head(stream.head() or b"").fields))
            return b"".join(iter(lambda: content.read(most), b""))
        except HttpError:
            return HttpError

    assert read(size, block) == read(1 << 20, -1 if block == 30 else 1 << 20)

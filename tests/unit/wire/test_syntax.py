"""Heads of messages, held to h11: nothing is read that h11 would not read in the same way."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http_messages import in_pieces, requests

from bucketpass.wire.stream import Body, Stream
from bucketpass.wire.syntax import HttpError, RequestHead, body_length, chunk_size, parse_request_head, parse_response_head, render_head

HOST = b"\r\nHost: h"


def test_a_request_is_kept_as_it_was_sent() -> None:
    head = parse_request_head(b"PUT /a%2Fb//c?x=1&y HTTP/1.1\r\nHost: h\r\nx-amz-meta-My_Key:  v \r\nX: caf\xe9")
    assert (head.method, head.target, head.path, head.version) == ("PUT", "/a%2Fb//c?x=1&y", "/a%2Fb//c?x=1&y", "1.1")
    assert head.headers == (("Host", "h"), ("x-amz-meta-My_Key", "v"), ("X", "caf\xe9"))
    assert head.fields == {"host": "h", "x-amz-meta-my_key": "v", "x": "caf\xe9"}


def test_headers_of_one_name_are_joined() -> None:
    assert parse_request_head(b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\nx: 2").fields["x"] == "1,2"


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        (b"http://localhost:80/b/k?x=1", b"localhost", "/b/k?x=1"),
        (b"http://LocalHost:9000/b/k", b"localhost:9000", "/b/k"),
        (b"https://localhost/b", b"localhost:443", "/b"),
        (b"http://localhost", b"localhost", "/"),
        (b"http://localhost?list-type=2", b"localhost", "/?list-type=2"),
    ],
)
def test_a_target_in_absolute_form_is_accepted(target: bytes, host: bytes, path: str) -> None:
    head = parse_request_head(b"GET " + target + b" HTTP/1.1\r\nHost: " + host)
    assert (head.target, head.path) == (target.decode(), path)


@pytest.mark.parametrize(
    "target",
    [b"http://other/", b"http://h:81/", b"https://h:80/", b"http://u@h/", b"ftp://h/", b"http:///", b"*", b"h:80", b"a/b", b"://h/"],
)
def test_a_target_that_is_neither_a_path_nor_a_url_of_the_host_is_refused(target: bytes) -> None:
    with pytest.raises(HttpError, match="target"):
        parse_request_head(b"GET " + target + b" HTTP/1.1" + HOST)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", 400),
        (b"GET /" + HOST, 400),
        (b"GET  / HTTP/1.1" + HOST, 400),
        (b"GET / HTTP/1.2" + HOST, 505),
        (b"GET / HTTP/1.\xb2" + HOST, 505),
        (b"PRI * HTTP/2.0" + HOST, 505),
        (b"GET /\xc3\xa9 HTTP/1.1" + HOST, 400),
        (b"G\x00T / HTTP/1.1" + HOST, 400),
        (b"G(T / HTTP/1.1" + HOST, 400),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\nHost: h", 400),
        (b"GET / HTTP/1.1\rHost: h", 400),
        (b"GET / HTTP/1.1\r\nHost : h", 400),
        (b"GET / HTTP/1.1\r\n: h", 400),
        (b"GET / HTTP/1.1" + HOST + b"\r\n folded", 400),
        (b"GET / HTTP/1.1" + HOST + b"\r\n folded: x", 400),
        (b"GET / HTTP/1.1\r\nHost: a\x00b", 400),
        (b"GET / HTTP/1.1\r\nHost: a\x0bb", 400),
        (b"GET / HTTP/1.1" + HOST + b"\r\nNoColon", 400),
        (b"GET / HTTP/1.1" + HOST + b"\r\nCaf\xe9: x", 400),
        (b"GET / HTTP/1.1" + HOST + HOST, 400),
        (b"GET / HTTP/1.1" + HOST + b"\r\nContent-Length: 1\r\ncontent-length: 1", 400),
        (b"GET / HTTP/1.1" + HOST + b"\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
        (b"GET / HTTP/1.1" + HOST + b"\r\nAuthorization: a\r\nauthorization: b", 400),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1" + HOST, 414),
        (b"GET / HTTP/1.1" + HOST + b"".join(b"\r\nh%d: v" % n for n in range(300)), 431),
        (b"GET / HTTP/1.1" + HOST + b"\r\nh: " + b"v" * 20_000, 431),
        (b"GET / HTTP/1.1" + HOST + b"\r\nh: v" * 20_000, 431),
    ],
)
def test_what_two_programs_could_read_in_two_ways_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(HttpError) as refused:
        parse_request_head(head)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"content-length": "1", "transfer-encoding": "chunked"}, 400),
        ({"content-length": "+1"}, 400),
        ({"content-length": "0x10"}, 400),
        ({"content-length": "1_0"}, 400),
        ({"content-length": "\xb2"}, 400),
        ({"content-length": "\u0663"}, 400),
        ({"content-length": ""}, 400),
        ({"content-length": "5, 5"}, 400),
        ({"content-length": "9" * 15}, 413),
        ({"transfer-encoding": "gzip, chunked"}, 501),
        ({"transfer-encoding": "identity"}, 501),
    ],
)
def test_a_body_whose_end_is_not_certain_is_refused(fields: dict[str, str], status: int) -> None:
    with pytest.raises(HttpError) as refused:
        body_length(fields)
    assert refused.value.status == status


def test_the_length_of_a_body_is_what_its_headers_say() -> None:
    assert (body_length({}), body_length({"content-length": "007"}), body_length({"transfer-encoding": "Chunked"})) == (0, 7, None)


BAD_SIZES = (b"", b"1_0", b"0x1", b"0x_1", b"+1", b"-1", b" 1", b"1 ", b"\xb2", b"g", b";x", b"1;\x00", b"f" * 13, b"1;\n")


@pytest.mark.parametrize("line", BAD_SIZES)
def test_a_chunk_without_a_plain_size_is_refused(line: bytes) -> None:
    with pytest.raises(HttpError):
        chunk_size(line)


def test_a_chunks_size_is_hexadecimal_and_its_extensions_are_skipped() -> None:
    assert (chunk_size(b"1f"), chunk_size(b"00A"), chunk_size(b"3;name=value")) == (31, 10, 3)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "\u20ac"])
def test_what_a_head_cannot_hold_is_never_sent(value: str) -> None:
    with pytest.raises(HttpError):
        render_head("HTTP/1.1 200 OK", [("x-amz-meta-a", value)])


def test_a_head_is_sent_with_its_empty_line() -> None:
    assert render_head("HTTP/1.1 200 OK", [("ETag", '"x"')]) == b'HTTP/1.1 200 OK\r\nETag: "x"\r\n\r\n'


NAMES, VALUES = st.from_regex(r"[a-z-]{1,9}", fullmatch=True), st.from_regex(r"([!-~]+( [!-~]+)*)?", fullmatch=True)


@given(st.dictionaries(NAMES, VALUES), st.integers(100, 599))
def test_what_is_rendered_is_read_as_it_was(fields: dict[str, str], status: int) -> None:
    head = render_head(f"HTTP/1.1 {status} Phrase", fields.items())
    assert parse_response_head(head.removesuffix(b"\r\n\r\n"))[::2] == (status, fields)


def ours(data: bytes) -> tuple[RequestHead, bytes]:
    stream = Stream(in_pieces(data))
    head = parse_request_head(stream.head() or b"")
    return head, Body(stream, body_length(head.fields)).read()


@given(requests())
def test_what_is_accepted_h11_accepts_with_the_same_result(data: bytes) -> None:
    try:
        head, body = ours(data)
    except HttpError:
        return
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(data)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    assert (head.method, head.target, head.version) == (request.method.decode(), request.target.decode(), request.http_version.decode())
    theirs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw_items()]
    assert [(name, value.lower() if name.lower() == "transfer-encoding" else value) for name, value in head.headers] == theirs
    read = b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        assert isinstance(event, h11.Data)
        read += event.data
    assert body == read
    assert head.keep_alive is (connection.their_state is h11.DONE)

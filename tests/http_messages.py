"""HTTP messages for properties: heads of header lines and the bodies that they announce, most of them right, many nearly."""

from collections.abc import Callable

from hypothesis import strategies as st

NAMES = (
    *("Date", "X-A", "x-a", "Connection", "Content-Length", "Transfer-Encoding", "Host", "Expect", "Authorization"),
    *("Content-Length ", " Folded", "", "X\x00", "X:Y", "Caf\xe9"),
)
VALUES = (
    *("v", "close", "keep-alive", "a\tb", "caf\xe9", "", "h", "0", "2", "5", "chunked", "100-continue"),
    *("a\x00b", "a\x0bb", "a\rb", "a\nb", "x" * 50),
)
LENGTHS = ("2", "05", "5, 5", "5 ", "-1", "+5", "0x5", "1_0", "\xb2", "\xb25", "9" * 15, "9" * 25, "")
SIZES = ("0", "00", "1", "05", "1_0", "0x1", "0x_1", "+1", "-1", " 1", "1 ", "\xb2", "", "1;x=y", "f" * 30)
STATUS_LINES = (
    *("HTTP/1.1 200 OK",) * 20,
    *("HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.0 200 OK", "HTTP/2.0 200 OK"),
    *("HTTP/1.1 403 Caf\xe9", "HTTP/1.1  200 OK", "HTTP/1.1 2\xb20 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 600 X"),
    *("HTTP/1.1 099 X", "http/1.1 200 OK", "ICY 200 OK", "", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"),
)
TARGETS = (
    *("/", "/a%2Fb?x=1&y", "/caf\xe9", "*", "http://h/a", "http://h", "HTTP://H?x", "http://other/a"),
    *("http://h:80/", "https://h:443/a", "http://h:443/", "http://u@h/", "ftp://h/", "/a b", "", "h:80", "//x"),
)


def mostly(right: str, *others: str) -> st.SearchStrategy[str]:
    """`right` in three of four cases."""
    return st.one_of(st.just(right), st.just(right), st.just(right), st.sampled_from(others))


ENDS = mostly("\r\n", "\n", "\r", "\r\n ", "")
LINES = st.one_of(
    st.sampled_from(("Date: today\r\n", "X-A:v\r\n", "x-a: \tw \r\n", "Connection: close\r\n")),
    st.builds(
        lambda name, blank, value, end: f"{name}:{blank}{value}{end}",
        st.sampled_from(NAMES),
        st.sampled_from((" ", "", "\t")),
        st.sampled_from(VALUES),
        ENDS,
    ),
)


@st.composite
def chunked(draw: st.DrawFn) -> tuple[str, str]:
    """A Transfer-Encoding line and a body in chunks; a size, an end or a trailer may be wrong."""
    body = ""
    for part in draw(st.lists(st.text("abc\r\n", min_size=1, max_size=17), max_size=3)):
        size = draw(mostly(f"{len(part):x}", f"{len(part):X};ext=1", *SIZES))
        body += f"{size}{draw(ENDS)}{part}{draw(ENDS)}"
    trailers = "".join(draw(st.lists(LINES, max_size=2)))
    return draw(mostly("Transfer-Encoding: chunked\r\n", "transfer-encoding:Chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n")), (
        f"{body}0\r\n{trailers}{draw(ENDS)}"
    )


@st.composite
def counted(draw: st.DrawFn) -> tuple[str, str]:
    """A Content-Length line and a body; the length may be another one."""
    body = draw(st.text("ab\r\n", max_size=12))
    return f"Content-Length: {draw(mostly(str(len(body)), *LENGTHS))}\r\n", body


FRAMED = st.one_of(chunked(), chunked(), counted(), st.just(("", "")), st.tuples(st.just(""), st.text("ab\r\n0", max_size=12)))


@st.composite
def messages(draw: st.DrawFn, start: st.SearchStrategy[str], first: st.SearchStrategy[str]) -> bytes:
    """A message with its body: one framing, seldom two."""
    framing, body = draw(FRAMED)
    lines = [draw(first), *draw(st.lists(LINES, max_size=2)), framing]
    if draw(st.integers(0, 9)) == 0:
        lines.append(draw(FRAMED)[0])
    return f"{draw(start)}\r\n{''.join(draw(st.permutations(lines)))}\r\n{body}".encode("latin-1")


def responses() -> st.SearchStrategy[bytes]:
    """Responses with their bodies."""
    return messages(st.sampled_from(STATUS_LINES), st.just(""))


def requests() -> st.SearchStrategy[bytes]:
    """Requests with their bodies."""
    line = st.builds(
        lambda method, target, version: f"{method} {target} {version}",
        mostly("PUT", "GET", "OPTIONS", "G\x00T", "", "g(t"),
        st.sampled_from(("/",) * 9 + TARGETS),
        mostly("HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 "),
    )
    return messages(line, mostly("Host: h\r\n", "host:H:80\r\n", "Host: h\r\nHost: h\r\n", ""))


def in_pieces(data: bytes, size: int = 1 << 20) -> Callable[[int], bytes]:
    """What receives `data`, at most `size` bytes at a time."""
    rest = data

    def receive(most: int) -> bytes:
        nonlocal rest
        block, rest = rest[: min(size, most)], rest[min(size, most) :]
        return block

    return receive

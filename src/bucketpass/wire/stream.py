"""The bytes of a connection in the order in which they come: heads, lines, and one body at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bucketpass.wire.syntax import MAX_HEAD_BYTES, MAX_LINE_BYTES, HttpError, chunk_size, parse_headers, split_lines

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BLOCK_BYTES", "Body", "Stream"]

READ_BYTES = 64 * 1024
BLOCK_BYTES = 256 * 1024
END_OF_HEAD = b"\r\n\r\n"
FRAMING = frozenset({"content-length", "transfer-encoding"})  # never in trailers (RFC 9110 section 6.5.1)


class Stream:
    """What `receive` gives: up to so many bytes at a call, none at the end."""

    __slots__ = ("_buffer", "_receive")

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._buffer = b""

    def fill(self) -> bool:
        """Wait until there is something to read; false at the end."""
        self._buffer = self._buffer or self._receive(READ_BYTES)
        return bool(self._buffer)

    def head(self) -> bytes | None:
        """The next head without its empty line; None where the stream ends before it. Raises HttpError."""
        if not self.fill():
            return None
        while (end := self._buffer.find(END_OF_HEAD)) < 0:
            # Only a head that comes in pieces is looked at twice: one that can never end is refused at once.
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise HttpError(431 if b"\r\n" in self._buffer[:MAX_LINE_BYTES] else 414, "the head is too large")
            if self._buffer.count(b"\n") != self._buffer.count(b"\r\n"):
                raise HttpError(400, "a line does not end with CR LF")
            self._more("the head")
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        return head

    def line(self) -> bytes:
        """The next line without its end. Raises HttpError."""
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise HttpError(431, "a line is too long")
            self._more("a line")
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        if not self._buffer:
            return self._receive(size)
        block, self._buffer = self._buffer[:size], self._buffer[size:]
        return block

    def _more(self, where: str) -> None:
        block = self._receive(READ_BYTES)
        if not block:
            raise HttpError(400, f"the connection ended inside {where}")
        self._buffer += block


class Body:
    """The bytes of one body, read once. `length` is what was announced, None where it comes in chunks.

    `before_reading` is called once, before the first byte is asked for.
    """

    __slots__ = ("_before_reading", "_chunk_left", "_left", "_stream", "length")

    def __init__(self, stream: Stream, length: int | None, before_reading: Callable[[], None] | None = None) -> None:
        self.length = length
        self._stream = stream
        self._left = length
        self._chunk_left = 0
        self._before_reading = before_reading

    @property
    def at_end(self) -> bool:
        """Whether nothing is left to read."""
        return self._left == 0

    @property
    def expects_continue(self) -> bool:
        """Whether the client still waits for `100 Continue`, and so has not sent the body."""
        return self._before_reading is not None

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that is left where it is negative; nothing at the end. Raises HttpError."""
        if self._before_reading is not None:
            self._before_reading()
            self._before_reading = None
        if size < 0:
            return b"".join(iter(lambda: self.read(BLOCK_BYTES), b""))
        if self._left == 0 or size == 0:
            return b""
        return self._read_chunk(size) if self._left is None else self._read_counted(size, self._left)

    def _read_counted(self, size: int, left: int) -> bytes:
        block = self._stream.read(min(size, left))
        if not block:
            raise HttpError(400, "the body ended before its announced length")
        self._left = left - len(block)
        return block

    def _read_chunk(self, size: int) -> bytes:
        if self._chunk_left == 0:
            self._chunk_left = chunk_size(self._stream.line())
            if self._chunk_left == 0:
                self._skip_trailers()
                self._left = 0
                return b""
        block = self._stream.read(min(size, self._chunk_left))
        if not block:
            raise HttpError(400, "the body ended inside a chunk")
        self._chunk_left -= len(block)
        if self._chunk_left == 0 and self._stream.line():
            raise HttpError(400, "a chunk is longer than its size")
        return block

    def _skip_trailers(self) -> None:
        lines: list[bytes] = []
        size = 0
        while line := self._stream.line():
            lines.append(line)
            size += len(line)
            if size > MAX_HEAD_BYTES:
                raise HttpError(431, "the trailers are too large")
        if lines and not FRAMING.isdisjoint(parse_headers(split_lines(b"\r\n".join(lines)))[1]):
            raise HttpError(400, "a trailer names the body's length")

"""One port on loopback that speaks both http and https.

The first byte of a connection says which: a TLS handshake starts with 0x16, no HTTP method does. Each connection has a
thread, keeps its clients' connections open, and gives slow ones a deadline.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from bucketpass.errors import RequestError, SandboxError
from bucketpass.sandbox.wire_errors import unreadable
from bucketpass.wire.server import Peer, ServerRequest, ServerResponse, read_request, response_head
from bucketpass.wire.stream import BLOCK_BYTES, Body, Stream
from bucketpass.wire.syntax import HttpError, keeps_open

__all__ = ["Handler", "Listener"]

Handler = Callable[[ServerRequest], ServerResponse]

LOOPBACK = "127.0.0.1"
TLS_HANDSHAKE = 0x16
IDLE_SECONDS = 60.0
SLOWEST_BYTES_PER_SECOND = 16 * 1024
UNKNOWN_BODY_BYTES = 1024**3  # what a body without a length may take its time for
MAX_CONNECTIONS = 512
DRAIN_BYTES = 1024 * 1024  # of an unread body; a longer one is cheaper to answer with a closed connection
LINGER_SECONDS = 3.0
_LENGTH = frozenset({"Content-Length", "content-length"})
WITHOUT_BODY = frozenset({204, 304})


class Listener:
    """A server that answers every request with `handler`, from `start()` to `stop()`."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext, *, port: int = 0, idle_seconds: float = IDLE_SECONDS) -> None:
        self._handler = handler
        self._tls = tls
        self._idle_seconds = idle_seconds
        self._socket = _bind(port)
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, name="bucketpass-sandbox", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        port: int = self._socket.getsockname()[1]
        return port

    def start(self) -> None:
        """Connections are accepted in a thread of their own."""
        self._socket.listen(128)
        self._thread.start()

    def stop(self) -> None:
        """The port is free and every connection closed."""
        self._stopping = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)
        with self._lock:
            connections = tuple(self._connections)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, (address, _) = self._socket.accept()
            except OSError:
                return
            with self._lock:
                crowded = len(self._connections) >= MAX_CONNECTIONS
                if not crowded:
                    self._connections.add(connection)
            if crowded:
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, raw: socket.socket, address: str) -> None:
        connection = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.settimeout(self._idle_seconds)
            first = raw.recv(1, socket.MSG_PEEK)
            tls_version = None
            if first and first[0] == TLS_HANDSHAKE:
                connection = self._tls.wrap_socket(raw, server_side=True)
                tls_version = (connection.version() or "").removeprefix("TLSv")
                with self._lock:
                    self._connections.discard(raw)
                    self._connections.add(connection)
            if first:
                self._converse(connection, Peer(address, tls_version))
        except (OSError, ssl.SSLError):
            pass  # the client went away, or never spoke TLS; there is nobody to answer
        finally:
            with self._lock:
                self._connections.discard(raw)
                self._connections.discard(connection)
            with suppress(OSError):
                connection.close()

    def _converse(self, connection: socket.socket, peer: Peer) -> None:
        incoming = _Incoming(connection)
        stream = Stream(incoming.receive)
        while not self._stopping and self._answer_one(connection, stream, incoming, peer):
            pass

    def _answer_one(self, connection: socket.socket, stream: Stream, incoming: _Incoming, peer: Peer) -> bool:
        """Read and answer one request; false where the connection is to be closed."""
        try:
            incoming.allow(self._idle_seconds)
            if not stream.fill():
                return False
            incoming.allow(self._idle_seconds)
            request = read_request(stream, peer, lambda: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"))
            if request is None:
                return False
            length = request.body.length if isinstance(request.body, Body) else None
            incoming.allow(self._idle_seconds + (UNKNOWN_BODY_BYTES if length is None else length) / SLOWEST_BYTES_PER_SECOND)
            response = self._handler(request)
            whole = _drained(request)
            stays = self._send(connection, incoming, request, response, stays=whole and keeps_open(request.fields))
            if not whole:
                incoming.allow(LINGER_SECONDS)
                _read_away(request)
        except HttpError as problem:
            answer = unreadable(problem)
            body = b"".join(answer.blocks())
            connection.sendall(response_head(answer.status, answer.headers, keep_alive=False, length=len(body)) + body)
            return False
        return stays

    def _send(
        self, connection: socket.socket, incoming: _Incoming, request: ServerRequest, response: ServerResponse, *, stays: bool
    ) -> bool:
        incoming.limit(self._idle_seconds)
        given = any(name in _LENGTH for name, _ in response.headers)
        bodiless = request.method == "HEAD" or response.status in WITHOUT_BODY
        if isinstance(response.body, bytes):
            length = None if given or response.status in WITHOUT_BODY else len(response.body)
            head = response_head(response.status, response.headers, keep_alive=stays, length=length)
            connection.sendall(head if bodiless else head + response.body)
            return stays
        stays = stays and (given or bodiless)
        connection.sendall(response_head(response.status, response.headers, keep_alive=stays, length=None))
        blocks = response.blocks()
        try:
            if not bodiless:
                for block in blocks:
                    connection.sendall(block)
        finally:
            if close := getattr(blocks, "close", None):
                close()
        return stays


class _Incoming:
    """What a client sends, until a deadline.

    SECURITY: a client that sends a byte now and then would hold a thread for ever with a limit of each read alone.
    """

    __slots__ = ("_connection", "_deadline", "_limit")

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._deadline = 0.0
        self._limit = 0.0

    def allow(self, seconds: float) -> None:
        """Give the client so long from now on."""
        self._deadline = time.monotonic() + seconds

    def receive(self, size: int) -> bytes:
        """Up to `size` bytes; none where the client has closed. Raises TimeoutError."""
        left = max(0.001, self._deadline - time.monotonic())
        # Setting it is a call of the system: what is within a second of the limit that stands already is left as it is.
        if left < self._limit - 1 or left > self._limit + 1 or left < 1:
            self.limit(left)
        return self._connection.recv(size)

    def limit(self, seconds: float) -> None:
        """Let the connection wait so long for its next step."""
        if seconds != self._limit:
            self._connection.settimeout(seconds)
            self._limit = seconds


def _bind(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        # SECURITY: loopback only; the sandbox is for this machine's programs.
        listening.bind((LOOPBACK, port))
    except OSError as problem:
        listening.close()
        reason = "is in use" if problem.errno == errno.EADDRINUSE else f"cannot be listened on: {problem.strerror}"
        raise SandboxError(f"port `{port}` {reason}", remedy="choose another one with --port, or 0 for any free one") from None
    except OverflowError:
        listening.close()
        raise RequestError(f"got port `{port}`, expected 0 to 65535", remedy="choose another one with --port") from None
    return listening


def _drained(request: ServerRequest) -> bool:
    """The rest of the body is read, so that the next request on the connection starts where it should."""
    body = request.body
    if not isinstance(body, Body) or body.at_end:
        return True
    if body.expects_continue:
        return False
    left = DRAIN_BYTES
    while left > 0:
        block = body.read(min(left, BLOCK_BYTES))
        if not block:
            return True
        left -= len(block)
    return False


def _read_away(request: ServerRequest) -> None:
    """What a refused client goes on sending is read for a moment: its system would else throw away the answer with the connection."""
    body = request.body
    if not isinstance(body, Body) or body.expects_continue:
        return
    with suppress(HttpError):
        while body.read(BLOCK_BYTES):
            pass

"""The local endpoint: one thread that answers each request from memory, in microseconds.

It listens on loopback or on a Unix socket, nowhere else. A connection that sends slowly, or too much, loses its place; so
does the oldest where there are too many. Nothing here waits for STS: a request that finds no credentials is parked for at
most 800 ms while the provider's keeper gets them.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import stat
import struct
from time import monotonic

from bucketpass.credentials.budgets import (
    ENDPOINT_CONNECTIONS,
    ENDPOINT_HEADER_BYTES,
    ENDPOINT_PATIENCE_SECONDS,
    ENDPOINT_REQUEST_SECONDS,
    FILE_MODE,
)
from bucketpass.credentials.endpoint import CREDENTIALS_PATH, EndpointRefusal, EndpointRequest, refusal
from bucketpass.credentials.endpoint_services import EndpointService
from bucketpass.digits import whole_number
from bucketpass.errors import InvalidInput
from bucketpass.wire.url import LAST_PORT

__all__ = ["EndpointServer", "addresses", "listen", "listen_for_operations"]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
READ_BYTES = 16_384
BACKLOG = 256
LOOK_SECONDS = 0.25  # between looks at connections that are too slow
PARKED_LOOK_SECONDS = 0.01  # between looks whether credentials have come
END = b"\r\n\r\n"
PEER = struct.Struct("iII")  # struct ucred: the process, the user, the group
OF_ALL = 0o666  # of a socket: to call it takes permission to write


class EndpointConnection:
    """A caller: what it has sent so far, and until when it has time."""

    __slots__ = ("buffer", "deadline", "parked", "peer", "user")

    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self.user = user_of(peer)
        self.buffer = b""
        self.deadline = monotonic() + ENDPOINT_REQUEST_SECONDS
        self.parked: EndpointRequest | None = None


class EndpointServer:
    """Answers callers of `listener` until `stop` is called. `url` is where the SDKs find it."""

    def __init__(self, service: EndpointService, listener: socket.socket) -> None:
        self._service = service
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._connections: dict[int, EndpointConnection] = {}
        self._parked: list[EndpointConnection] = []
        self._stop_reader, self._stop_writer = os.pipe()
        self.url = addresses(listener)[0]

    def run(self) -> None:
        """Serve until `stop`. Everything is closed afterwards."""
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._stop_reader, selectors.EVENT_READ)
        try:
            while self._serve_once():
                pass
        finally:
            for connection in tuple(self._connections.values()):
                self._close(connection)
            if self._listener.family == socket.AF_UNIX:
                remove(self._listener.getsockname())
            self._listener.close()
            self._selector.close()
            os.close(self._stop_reader)

    def stop(self) -> None:
        """Make `run` return."""
        os.close(self._stop_writer)

    def _serve_once(self) -> bool:
        """Answer all who have asked; false once the server shall stop."""
        timeout = PARKED_LOOK_SECONDS if self._parked else LOOK_SECONDS if self._connections else None
        for key, _ in self._selector.select(timeout):
            if key.fd == self._stop_reader:
                return False
            if key.fileobj is self._listener:
                self._accept()
            else:
                self._read(key.data)
        if self._parked:
            self._look_at_parked()
        self._drop_slow()
        return True

    def _accept(self) -> None:
        """Take the callers who wait, and read at once what most of them have already sent."""
        for _ in range(BACKLOG):
            try:
                peer, _address = self._listener.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:
                # No descriptors left: the oldest makes place.
                self._drop_oldest()
                return
            peer.setblocking(False)
            if peer.family != socket.AF_UNIX:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if len(self._connections) >= ENDPOINT_CONNECTIONS:
                self._drop_oldest()
            connection = EndpointConnection(peer)
            self._connections[peer.fileno()] = connection
            self._selector.register(peer, selectors.EVENT_READ, connection)
            self._read(connection)

    def _read(self, connection: EndpointConnection) -> None:
        """Take what has come, and answer each request that is whole."""
        try:
            data = connection.peer.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or connection.parked is not None:
            self._close(connection)
            return
        connection.buffer += data
        self._answer_whole(connection)

    def _answer_whole(self, connection: EndpointConnection) -> None:
        """Answer each request that is whole, until one is the last or has to wait."""
        while END in connection.buffer:
            head, _, connection.buffer = connection.buffer.partition(END)
            asked = self._service.authorize(head, connection.user)
            if not self._answer(connection, asked):
                return
        if len(connection.buffer) > ENDPOINT_HEADER_BYTES:
            self._answer(connection, refusal(431, "the request's headers are too large"))

    def _answer(self, connection: EndpointConnection, asked: EndpointRequest | EndpointRefusal, *, may_wait: bool = True) -> bool:
        """Send the answer; false where the connection is closed or parked."""
        if isinstance(asked, EndpointRequest):
            found = self._service.content(asked, may_wait=may_wait)
            if found is None:
                connection.parked = asked
                connection.deadline = monotonic() + ENDPOINT_PATIENCE_SECONDS
                self._parked.append(connection)
                return False
            if isinstance(found, bytes):
                return self._send(connection, 200, found, keep=asked.keep_alive)
            asked = found
        return self._send(connection, asked.status, asked.data, keep=False)

    def _send(self, connection: EndpointConnection, status: int, data: bytes, *, keep: bool) -> bool:
        """Send a whole answer. One who does not take 2 KiB at once is not waited for."""
        self._service.answered[status] += 1
        try:
            whole = connection.peer.send(data) == len(data)
        except OSError:
            whole = False
        if keep and whole:
            connection.deadline = monotonic() + ENDPOINT_REQUEST_SECONDS
            # The newest last: those at the front of the dictionary are the ones who have been slow for longest.
            self._connections[connection.peer.fileno()] = self._connections.pop(connection.peer.fileno())
            return True
        self._close(connection)
        return False

    def _look_at_parked(self) -> None:
        """Answer those who wait for credentials, once there are some or their time is over."""
        waiting, self._parked = self._parked, []
        now = monotonic()
        for connection in waiting:
            asked = connection.parked
            if asked is None or connection.peer.fileno() < 0:
                continue
            connection.parked = None
            if now < connection.deadline:
                deadline = connection.deadline
                if self._answer(connection, asked):
                    self._answer_whole(connection)
                elif connection.parked is not None:
                    connection.deadline = deadline
                continue
            self._answer(connection, asked, may_wait=False)

    def _drop_slow(self) -> None:
        """Close those whose time is over; the dictionary has the oldest first."""
        now = monotonic()
        slow = []
        for connection in self._connections.values():
            if connection.deadline > now:
                break
            if connection.parked is None:
                slow.append(connection)
        for connection in slow:
            self._close(connection)

    def _drop_oldest(self) -> None:
        if self._connections:
            self._close(next(iter(self._connections.values())))

    def _close(self, connection: EndpointConnection) -> None:
        """Forget a caller."""
        descriptor = connection.peer.fileno()
        if self._connections.pop(descriptor, None) is not None:
            self._selector.unregister(connection.peer)
            connection.peer.close()


def user_of(peer: socket.socket) -> int | None:
    """The ID of the user whose process called, as the kernel knew it then; None for a caller by IP. See: unix(7), SO_PEERCRED."""
    if peer.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    _, user, _ = PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
    return int(user)


def addresses(listener: socket.socket) -> tuple[str, frozenset[str]]:
    """Where the SDKs find the endpoint, and the Host headers by which they may name it."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}", frozenset({"localhost"})
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if listener.family == socket.AF_INET6 else host
    # The CRT names the host without its port. What protects is that the name is one of loopback's.
    hosts = {shown, "localhost"}
    return f"http://{shown}:{port}{CREDENTIALS_PATH}", frozenset(hosts | {f"{host}:{port}" for host in hosts})


def listen(address: str, *, for_users: bool = False) -> socket.socket:
    """A socket that listens at `host:port` on loopback, or at `unix:PATH`. Raises InvalidInput.

    for_users: other users' processes may call the Unix socket, to be told apart by the kernel.
    """
    try:
        if address.startswith("unix:"):
            # SECURITY: anybody may call where the service tells users apart; a caller that is none of them and shows no token gets nothing.
            return listen_unix(address.removeprefix("unix:"), OF_ALL if for_users else FILE_MODE)
        host, _, port = address.rpartition(":")
        host = host.strip("[]")
        number = whole_number(port, LAST_PORT)
        if host not in LOOPBACK or number is None:
            # SECURITY: on any other address whoever reaches this machine could ask for its credentials.
            raise InvalidInput(f"cannot listen on `{address}`", remedy="expected 127.0.0.1:PORT, [::1]:PORT or unix:PATH")
        listener = socket.create_server((host, number), family=socket.AF_INET6 if host == "::1" else socket.AF_INET, backlog=BACKLOG)
    except OSError as error:
        raise InvalidInput(
            f"cannot listen on `{address}`: {error.strerror}", remedy="choose another address; port 0 takes any that is free"
        ) from None
    listener.setblocking(False)
    return listener


def listen_for_operations(address: str) -> socket.socket:
    """A socket that listens at `host:port`, on any address of this machine. Raises InvalidInput."""
    host, _, port = address.rpartition(":")
    host, number = host.strip("[]"), whole_number(port, LAST_PORT)
    if number is None:
        raise InvalidInput(f"cannot listen on `{address}`", remedy="expected ADDRESS:PORT, such as 0.0.0.0:9464")
    try:
        listener = socket.create_server((host, number), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG)
    except OSError as error:
        raise InvalidInput(f"cannot listen on `{address}`: {error.strerror}", remedy="choose another address") from None
    listener.setblocking(False)
    return listener


def listen_unix(path: str, mode: int) -> socket.socket:
    """A socket in the file system, with this mode from the beginning."""
    remove_leftover(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)
    try:
        listener.bind(path)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def remove_leftover(path: str) -> None:
    """What an endpoint left that was killed is gone. Anything else at this path stays, and `bind` says so."""
    with contextlib.suppress(FileNotFoundError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            caller.settimeout(1.0)
            try:
                caller.connect(path)
            except ConnectionRefusedError:
                remove(path)


def remove(path: str) -> None:
    """The socket is gone from the file system."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - pathlib costs an endpoint 2 MiB

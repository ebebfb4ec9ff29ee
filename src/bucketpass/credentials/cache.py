"""Files that only this user can read: what one process of a host learns, all of them know.

A directory of mode 0700 holds entries of mode 0600, replaced whole by a rename, and one lock file beside each. A lock's
holder writes into it until when it will have taken its next step, by the host's monotonic clock: one that is stopped or
frozen, and so keeps the kernel's lock without working, is passed over. What is
not exactly that (a link, somebody else's file, one that others can read, garbage) is treated as missing and replaced.
An entry of credentials begins with a head::

    bucketpass 1 <SHA-256 of what follows> <renew> <until> <failures>

`renew` is when somebody shall ask STS again: first by age, after `failures` in a row by backoff. `until` is the last
moment at which the credentials are given out. What follows stands in `entry.py`.

This module is on the way of a credential process that has 12 ms, so it imports `posix` and not `os` (1.5 ms), and holds
credentials as bytes.
"""

from __future__ import annotations

import posix
import sys
import time

from bucketpass.credentials.budgets import (
    DIRECTORY_MODE,
    ENTRY_BYTES,
    FILE_MODE,
    LOCK_GRACE_SECONDS,
    LOCK_POLL_SECONDS,
    LOCK_START_SECONDS,
    LOCK_TURNS,
    STALE_SECONDS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import TypeVar

    Found = TypeVar("Found")

__all__ = ["Lock", "Store", "default_directory", "digest", "head_of", "postponed", "promise", "sealed"]

MAGIC = b"bucketpass 1"
VARIABLE = "BUCKETPASS_CACHE"
OFF = "off"
MEMORY_DIRECTORY = "/dev/shm"  # noqa: S108 - in memory and gone with the machine; ours in it has mode 0700 and is checked
PROMISE_BYTES = 24
KIND, REGULAR = 0o170000, 0o100000
# SECURITY: no link is followed, a FIFO does not make us wait, no program that we start inherits the file.
SAFE = posix.O_NOFOLLOW | posix.O_CLOEXEC | posix.O_NONBLOCK


def digest(*parts: str | bytes) -> str:
    """A name for `parts`: as hard to meet by chance as SHA-256, and different where the same bytes are cut differently."""
    # What hashlib gives, 2 ms sooner: as CPython's own `random` does it.
    try:
        if sys.version_info >= (3, 12):
            from _sha2 import sha256
        else:
            from _sha256 import sha256  # type: ignore[import-not-found, no-redef, unused-ignore]
    except ImportError:
        from hashlib import sha256
    state = sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        state.update(b"%d:" % len(raw))
        state.update(raw)
    return str(state.hexdigest())


def default_directory(variables: Mapping[str, str]) -> str | None:
    """Where this user's cache is on this host; None where BUCKETPASS_CACHE is `off`."""
    chosen = variables.get(VARIABLE)
    if chosen:
        return None if chosen == OFF else chosen
    user = posix.geteuid()
    try:
        posix.stat(MEMORY_DIRECTORY)
    except OSError:
        return f"{variables.get('XDG_CACHE_HOME') or variables.get('HOME', '') + '/.cache'}/bucketpass-{user}"
    return f"{MEMORY_DIRECTORY}/bucketpass-{user}"


def head_of(data: bytes | None) -> tuple[float, float, int, bytes] | None:
    """(renew, until, failures, the process's output) of an entry that is whole, else None."""
    words = (data or b"").split(b" ", 3)
    if len(words) != 4 or b" ".join(words[:2]) != MAGIC or words[2].decode("latin-1") != digest(words[3]):
        return None
    numbers, output, *_ = words[3].split(b"\n")
    renew, until, failures = numbers.split(b" ")
    return float(renew), float(until), int(failures), output


def sealed(renew: float, until: float, failures: int, rest: bytes) -> bytes:
    """An entry with its head."""
    content = b"%.3f %.3f %d\n%b" % (renew, until, failures, rest)
    return b"%b %b %b" % (MAGIC, digest(content).encode(), content)


def postponed(data: bytes, renew: float, failures: int) -> bytes:
    """The same credentials, to be renewed at `renew`, after `failures` failures in a row."""
    numbers, _, rest = data.split(b" ", 3)[3].partition(b"\n")
    return sealed(renew, float(numbers.split(b" ")[1]), failures, rest)


class Store:
    """One directory of entries. Raises PermissionError where it cannot be trusted, OSError where it cannot be made."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._descriptor = open_directory(directory)

    def __del__(self) -> None:
        descriptor = getattr(self, "_descriptor", None)
        if descriptor is not None:
            posix.close(descriptor)

    def read(self, name: str) -> bytes | None:
        """The entry's bytes, or None where there is none that can be trusted."""
        try:
            descriptor = posix.open(name, posix.O_RDONLY | SAFE, dir_fd=self._descriptor)
        except OSError:
            return None
        try:
            return posix.read(descriptor, ENTRY_BYTES) if is_private(posix.fstat(descriptor)) else None
        finally:
            posix.close(descriptor)

    def write(self, name: str, data: bytes) -> None:
        """The entry is `data`, whole, whatever stood there before."""
        draft = f"{name}.{posix.getpid()}.{time.monotonic_ns()}"
        # SECURITY: O_EXCL, so that nobody's file or link is written through.
        descriptor = posix.open(draft, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | SAFE, FILE_MODE, dir_fd=self._descriptor)
        try:
            try:
                posix.write(descriptor, data)
            finally:
                posix.close(descriptor)
            posix.rename(draft, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        except OSError:
            self._remove(draft)
            raise

    def try_lock(self, name: str) -> Lock | None:
        """The lock of the entry `name`, or None while a process that works holds it. It ends with its holder, however that ends."""
        for turn in range(LOCK_TURNS):
            got = self._try_lock(f"{name}.lock{turn or ''}")
            if isinstance(got, Lock):
                return got
            if time.monotonic() < got:
                return None
        return None

    def _try_lock(self, path: str) -> Lock | float:
        """The lock in this file, or until when its holder has promised to go on."""
        import fcntl

        flags = posix.O_RDWR | posix.O_CREAT | SAFE
        try:
            descriptor = posix.open(path, flags, FILE_MODE, dir_fd=self._descriptor)
        except OSError:
            self._remove(path)  # a link or something else that is no file of ours
            descriptor = posix.open(path, flags, FILE_MODE, dir_fd=self._descriptor)
        # Known as held before it is: a fork between the two would copy a lock that the child does not know of.
        lock = Lock(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            until = promised(posix.pread(descriptor, PROMISE_BYTES, 0))
            lock.close()
            return until
        lock.promise(LOCK_START_SECONDS)
        return lock

    def found_or_lock(self, name: str, look: Callable[[], Found | None], patience: float) -> Found | Lock | None:
        """What `look` finds while others make it, or the lock under which the caller is to make it; None after `patience` seconds."""
        deadline = time.monotonic() + patience
        pause = LOCK_POLL_SECONDS[0]
        while (found := look()) is None:
            lock = self.try_lock(name)
            if lock is not None:
                # Looked again under the lock: its last holder may have made it between the two.
                found = look()
                if found is None:
                    return lock
                lock.release()
                return found
            if time.monotonic() >= deadline:
                return None
            time.sleep(pause)
            pause = min(pause * 1.5, LOCK_POLL_SECONDS[1])
        return found

    def prune(self, now: float) -> None:
        """Files that nothing has touched for a day are gone."""
        for name in posix.listdir(self._descriptor):
            try:
                if posix.stat(name, dir_fd=self._descriptor, follow_symlinks=False).st_mtime < now - STALE_SECONDS:
                    self._remove(name)
            except OSError:
                continue  # removed by another

    def _remove(self, name: str) -> None:
        try:
            posix.unlink(name, dir_fd=self._descriptor)
        except OSError:
            return


class Lock:
    """An exclusive lock between processes, until it is released."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        HELD.add(self)

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.release()

    def promise(self, seconds: float) -> None:
        """Others wait for so long, and a little longer, before they take this process for stopped."""
        try:
            posix.pwrite(self._descriptor, b"%0*.6f" % (PROMISE_BYTES, time.monotonic() + seconds + LOCK_GRACE_SECONDS), 0)
        except OSError:
            return  # a full disk: nobody passes this process over

    def release(self) -> None:
        """Others may take it."""
        if self in HELD:
            try:  # noqa: SIM105 - contextlib costs a credential process 2 ms
                posix.ftruncate(self._descriptor, 0)
            except OSError:
                pass  # what is left in it ends by itself
            self.close()

    def close(self) -> None:
        """This process holds it no more; a copy in another process still does."""
        if self in HELD:
            HELD.discard(self)
            posix.close(self._descriptor)


HELD: set[Lock] = set()


def promise(seconds: float) -> None:
    """This process will have taken its next step within `seconds`, whatever it holds."""
    for lock in tuple(HELD):
        lock.promise(seconds)


def promised(written: bytes) -> float:
    """Until when a lock's holder has promised to go on; without end where it has not said."""
    try:
        return float(written)
    except ValueError:
        return float("inf")


def forget_locks() -> None:
    """In a child: close what the fork copied, or a lock would live on after its holder was killed."""
    for lock in tuple(HELD):
        lock.close()


posix.register_at_fork(after_in_child=forget_locks)


def open_directory(path: str) -> int:
    """A descriptor of the directory, made where it was missing, and checked. Raises OSError."""
    flags = posix.O_RDONLY | posix.O_DIRECTORY | posix.O_NOFOLLOW | posix.O_CLOEXEC
    try:
        descriptor = posix.open(path, flags)
    except FileNotFoundError:
        make_directories(path)
        descriptor = posix.open(path, flags)
    status = posix.fstat(descriptor)
    # SECURITY: what others own or could have written to may hold their credentials, or links of theirs.
    if status.st_uid != posix.geteuid() or status.st_mode & 0o022:
        posix.close(descriptor)
        raise PermissionError(1, "the cache directory belongs to another user, or others may write to it", path)
    if status.st_mode & 0o077:
        posix.fchmod(descriptor, DIRECTORY_MODE)
    return descriptor


def make_directories(path: str) -> None:
    """`path` and what is missing above it exist, for this user only."""
    parent = path.rpartition("/")[0]
    if parent:
        try:
            posix.stat(parent)
        except FileNotFoundError:
            make_directories(parent)
    try:
        posix.mkdir(path, DIRECTORY_MODE)
    except FileExistsError:
        return  # another process was first


def is_private(status: posix.stat_result) -> bool:
    """Whether a file is a plain one of this user, which nobody else can read and no other name leads to."""
    return (
        status.st_mode & KIND == REGULAR
        and status.st_uid == posix.geteuid()
        and not status.st_mode & 0o077
        and status.st_nlink == 1
        and status.st_size <= ENTRY_BYTES
    )

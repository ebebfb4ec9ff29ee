"""Files that only this user can read: what one process of a host learns, all of them know.

A directory of mode 0700 holds entries of mode 0600, replaced whole by a rename, and one lock file beside each. A lock's
holder writes into it until when it will have taken its next step, by the host's monotonic clock: one that is stopped or
frozen, and so keeps the kernel's lock without working, is passed over. What is
not exactly that (a link, somebody else's file, one that others can read, garbage) is treated as missing and replaced.
An entry of credentials begins with a head::

    bucketpass 2 <SHA-256 of what follows> <renew> <until> <failures> <since>

All by the wall clock: `since` is when they were got, `renew` is when somebody shall ask STS again: first by age, after `failures` in a row
by backoff. `until` is the last moment at which the credentials are given out. What follows stands in `entry.py`; `warm.py` reads the head.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time

from bucketpass.credentials.budgets import (
    DIRECTORY_MODE,
    FILE_MODE,
    LOCK_GRACE_SECONDS,
    LOCK_POLL_SECONDS,
    LOCK_START_SECONDS,
    LOCK_TURNS,
    STALE_SECONDS,
)
from bucketpass.credentials.warm import MAGIC, READ_SAFELY, digest, entry_of, open_trusted, read_entry, ready

TYPE_CHECKING = False  # `typing` costs 4 ms, which processes that wait for another need not spend
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TypeVar

    Found = TypeVar("Found")

__all__ = ["HostCache", "Lock", "postponed", "promise", "sealed"]

PROMISE_BYTES = 24
OF_THE_PROCESS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})  # nothing is wrong with the file, which another may hold
ENTRY_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | READ_SAFELY


def sealed(renew: float, until: float, failures: int, rest: bytes, since: float = 0.0) -> bytes:
    """An entry with its head."""
    content = b"%.3f %.3f %d %.3f\n%b" % (renew, until, failures, since, rest)
    return b"%b %b %b" % (MAGIC, digest(content).encode(), content)


def postponed(data: bytes, renew: float, failures: int) -> bytes:
    """The same credentials, to be renewed at `renew`, after `failures` failures in a row."""
    numbers, _, rest = data.split(b" ", 3)[3].partition(b"\n")
    _, until, _, since = numbers.split(b" ")
    return sealed(renew, float(until), failures, rest, float(since))


class HostCache:
    """One directory of entries. Raises PermissionError where it cannot be trusted, OSError where it cannot be made."""

    def __init__(self, directory: str) -> None:
        self.directory = os.path.abspath(directory)  # the process may change its own
        self._descriptor = open_directory(directory)

    def __del__(self) -> None:
        descriptor = getattr(self, "_descriptor", None)
        if descriptor is not None:
            os.close(descriptor)

    def follow(self) -> None:
        """Use the directory that is at the path now, made anew where it was removed: a cleaner, or an operator, may have done that."""
        mine = os.fstat(self._descriptor)
        try:
            there = os.stat(self.directory, follow_symlinks=False)
            if (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino):
                return
        except OSError:
            pass  # removed
        try:
            fresh = open_directory(self.directory)
        except OSError:
            return  # what is there cannot be trusted
        os.dup2(fresh, self._descriptor, inheritable=False)
        os.close(fresh)

    def read(self, name: str) -> bytes | None:
        """The entry's bytes, or None where there is none that can be trusted."""
        return read_entry(self._descriptor, name)

    def name_of(self, alias: str) -> str:
        """The name of the entry that has this alias; empty where there is none."""
        return entry_of(self._descriptor, alias)

    def ready(self, name: str) -> tuple[float, bytes, int] | None:
        """When the entry is due to be renewed, what a process prints, and how many renewals failed; None without valid credentials."""
        return ready(self._descriptor, name)

    def write(self, name: str, data: bytes) -> None:
        """The entry is `data`, whole, whatever stood there before."""
        draft = f"{name}.{os.getpid()}.{time.monotonic_ns()}"
        # SECURITY: O_EXCL, so that nobody's file or link is written through.
        descriptor = os.open(draft, ENTRY_WRITE, FILE_MODE, dir_fd=self._descriptor)
        try:
            try:
                # Half an entry is never put in place: its head would not fit it, and every process would ask STS.
                if os.write(descriptor, data) != len(data):
                    raise OSError(errno.ENOSPC, "no room for the entry", name)
            finally:
                os.close(descriptor)
            os.rename(draft, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
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
        flags = os.O_RDWR | os.O_CREAT | READ_SAFELY
        try:
            descriptor = os.open(path, flags, FILE_MODE, dir_fd=self._descriptor)
        except OSError as error:
            if error.errno in OF_THE_PROCESS:
                raise
            self._remove(path)  # a link, or something else that this user did not make as a file
            descriptor = os.open(path, flags, FILE_MODE, dir_fd=self._descriptor)
        # Known as held before it is: a fork between the two would copy a lock that the child does not know of.
        lock = Lock(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            until = promised(os.pread(descriptor, PROMISE_BYTES, 0))
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
        for name in os.listdir(self._descriptor):
            try:
                if os.stat(name, dir_fd=self._descriptor, follow_symlinks=False).st_mtime < now - STALE_SECONDS:
                    self._remove(name)
            except OSError:
                continue  # removed by another

    def take(self, name: str, taken: str) -> bytes | None:
        """The bytes of `name`, which is called `taken` from now on: for one of all processes that want it. None for the others."""
        try:
            os.rename(name, taken, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        except OSError:
            return None
        return self.read(taken)

    def remove(self, *names: str) -> None:
        """Delete the entries; those that do not exist are not an error."""
        for name in names:
            self._remove(name)

    def _remove(self, name: str) -> None:
        try:
            os.unlink(name, dir_fd=self._descriptor)
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
            os.pwrite(self._descriptor, b"%0*.6f" % (PROMISE_BYTES, time.monotonic() + seconds + LOCK_GRACE_SECONDS), 0)
        except OSError:
            return  # a full disk: nobody passes this process over

    def release(self) -> None:
        """Others may take it."""
        if self in HELD:
            try:  # noqa: SIM105 - contextlib costs a credential process 2 ms
                os.ftruncate(self._descriptor, 0)
            except OSError:
                pass  # what is left in it ends by itself
            self.close()

    def close(self) -> None:
        """This process holds it no more; a copy in another process still does."""
        if self in HELD:
            HELD.discard(self)
            os.close(self._descriptor)


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


os.register_at_fork(after_in_child=forget_locks)


def open_directory(path: str) -> int:
    """A descriptor of the directory, made where it was missing, and checked. Raises OSError."""
    try:
        descriptor = open_trusted(path)
    except FileNotFoundError:
        make_directories(path)
        descriptor = open_trusted(path)
    if os.fstat(descriptor).st_mode & 0o077:
        os.fchmod(descriptor, DIRECTORY_MODE)
    return descriptor


def make_directories(path: str) -> None:
    """`path` and what is missing above it exist, for this user only."""
    parent = path.rpartition("/")[0]
    if parent:
        try:
            os.stat(parent)
        except FileNotFoundError:
            make_directories(parent)
    try:
        os.mkdir(path, DIRECTORY_MODE)
    except FileExistsError:
        return  # another process was first

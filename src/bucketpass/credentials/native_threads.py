"""Threads of the system's own, also where gevent or eventlet has put greenlets in their place.

Under a patched `threading` the keeper would be a greenlet: while it waits for STS by calls that do not yield, every greenlet
of the process stands still. So the keeper is a real thread, its locks are real, and only those who wait for it yield.
"""

from __future__ import annotations

import _thread
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Threads", "Turnstile", "threads_of_this_process"]

GREEN_LOOK_SECONDS = 0.01  # between the looks of a greenlet that waits for a real thread


class Threads(NamedTuple):
    """How this process starts a real thread and makes a real lock. `is_green`: those who wait have to yield to other greenlets."""

    start: Callable[[Callable[..., object], tuple[object, ...]], int]
    lock: Callable[[], Any]
    is_green: bool = False

    def acquire(self, lock: Any, seconds: float) -> bool:
        """True if `lock` was got within `seconds`."""
        if not self.is_green:
            return bool(lock.acquire(timeout=max(seconds, 0.0)))
        deadline = time.monotonic() + seconds
        while not lock.acquire(False):
            if time.monotonic() >= deadline:
                return False
            time.sleep(GREEN_LOOK_SECONDS)  # patched: it yields
        return True


def threads_of_this_process() -> Threads:
    """The real ones, as `_thread` has them, or as gevent or eventlet keeps them."""
    if "gevent.monkey" in sys.modules:
        from gevent.monkey import get_original, is_module_patched

        if is_module_patched("threading") or is_module_patched("_thread"):
            start, lock = get_original("_thread", ("start_new_thread", "allocate_lock"))
            return Threads(start, lock, is_green=True)
    if "eventlet.patcher" in sys.modules:
        patcher = sys.modules["eventlet.patcher"]
        if patcher.is_monkey_patched("thread"):
            original = patcher.original("_thread")
            return Threads(original.start_new_thread, original.allocate_lock, is_green=True)
    return Threads(_thread.start_new_thread, _thread.allocate_lock)


class Turnstile:
    """A lock, those who wait until what it guards has changed, and the keeper that they wake."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._lock = threads.lock()
        self._waiters: list[Any] = []
        self._wake = threads.lock()
        self._wake.acquire()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exception: object) -> None:
        self._lock.release()

    @property
    def has_waiters(self) -> bool:
        """True if somebody waits for a change."""
        return bool(self._waiters)

    def wait(self, seconds: float) -> None:
        """Let the lock go until `changed` is called, for `seconds` at most. Called with the lock held."""
        waiter = self._threads.lock()
        waiter.acquire()
        self._waiters.append(waiter)
        self._lock.release()
        try:
            self._threads.acquire(waiter, seconds)
        finally:
            self._lock.acquire()
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def changed(self) -> None:
        """Everybody who waits goes on. Called with the lock held."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.release()

    def wake(self) -> None:
        """The keeper goes on, now or when it next wants to sleep."""
        try:
            self._wake.release()
        except RuntimeError:
            return  # it was woken already

    def sleep(self, seconds: float) -> None:
        """The keeper's sleep, until `wake`."""
        self._wake.acquire(timeout=max(seconds, 0.0))

"""Python's cycle collector, paused for a command that builds large trees of values and ends. The library never does this:
the collector is its caller's.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Python's cycle collector does not run inside.

    Declarations and plans are trees of values that all live on: there is nothing to collect, and each of the collector's rounds
    would look at every value again, which takes a quarter of the time for thousands of services. Nor does it look at what is left
    when the process ends.
    """
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

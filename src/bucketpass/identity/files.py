"""Files that others write: tokens, secrets, policies. Read whole, and never waited for without a limit."""

from __future__ import annotations

import os
import time

__all__ = ["FIFO_SECONDS", "read_bytes"]

FIFO_SECONDS = 5.0  # an agent that writes a token into a pipe when it is opened has it at hand
LOOK_SECONDS = 0.02
READ_BYTES = 1 << 16
KIND, FIFO = 0o170000, 0o010000


def read_bytes(path: str, most: int, *, patience: float = FIFO_SECONDS) -> bytes:
    """The first `most` bytes of a file. Raises OSError; TimeoutError where it is a pipe, and nobody has written all after `patience`."""
    # Without O_NONBLOCK a pipe that nobody writes to would hold this process for ever, already when it is opened.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        is_pipe = os.fstat(descriptor).st_mode & KIND == FIFO
        deadline = time.monotonic() + patience
        data = b""
        while len(data) < most:
            try:
                chunk = os.read(descriptor, min(READ_BYTES, most - len(data)))
            except BlockingIOError:
                chunk = None
            if chunk:
                data += chunk
            elif chunk is None or (is_pipe and not data):
                # No writer yet reads as the end does.
                if time.monotonic() >= deadline:
                    raise TimeoutError(110, f"nobody wrote to this pipe within {patience:g} s", path)
                time.sleep(LOOK_SECONDS)
            else:
                break
        return data
    finally:
        os.close(descriptor)

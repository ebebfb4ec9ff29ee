"""A running sandbox follows its declaration: services and issuers that are added to the file are known without a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from bucketpass.errors import BucketpassError
from bucketpass.sandbox.runfile import announce
from bucketpass.sandbox.service import Sandbox

__all__ = ["FileVersion", "follow_declaration", "version_of"]

POLL_SECONDS = 0.2
FileVersion = tuple[int, int, int]


def follow_declaration(
    sandbox: Sandbox,
    declaration: Path,
    run_file: Path,
    *,
    seen: FileVersion | None,
    ended: threading.Event,
    report: Callable[[BucketpassError], None],
) -> None:
    """Return when `ended` is set; until then, what the file declares is known to `sandbox` and stands in its run file.

    seen: the version of the file that the sandbox was started with. A declaration with a mistake goes to `report`, and what was known
    stays.
    """
    while not ended.wait(POLL_SECONDS):
        now = version_of(declaration)
        if now in (seen, None):
            continue
        seen = now
        from bucketpass.model import load_access

        try:
            sandbox.declare(load_access(declaration))
        except BucketpassError as error:
            report(error)
        else:
            announce(sandbox, run_file, declaration)


def version_of(file: Path) -> FileVersion | None:
    """Return what is another one once the file was written again; None where there is no file."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

"""The warm path of the credential process: from the host's cache to standard output, with no import that it does not need.

The one module that imports CPython's private modules. A new interpreter takes 8.3 ms of this process's 12 ms; on the same machine
`import os` takes another 1.5 to 4 ms and `import hashlib` 4 ms, so what reads the cache uses what these two are made of: `posix`, and
`_sha2` as CPython's own `random` does. `process.py` starts here; what the cache does not have is for `cold.py`, in ordinary Python.
"""

from __future__ import annotations

import posix
import sys
import time

from bucketpass.credentials.budgets import CLOCK_STEP_SECONDS, ENTRY_BYTES
from bucketpass.credentials.options import ignores_endpoints, token_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

__all__ = [
    "READ_SAFELY",
    "alias_of",
    "cached",
    "chosen_profile",
    "config_path",
    "contents",
    "default_directory",
    "digest",
    "entry_of",
    "environment",
    "fail",
    "files_of",
    "head_of",
    "leave",
    "open_trusted",
    "read_entry",
    "ready",
    "write_output",
]

FILE_BYTES = 1 << 20
MAGIC = b"bucketpass 2"
VARIABLE = "BUCKETPASS_CACHE"
OFF = "off"
MEMORY_DIRECTORY = "/dev/shm"  # noqa: S108 - in memory and gone with the machine; ours in it has mode 0700 and is checked
KIND, REGULAR = 0o170000, 0o100000
# SECURITY: no link is followed, a FIFO does not make us wait, no program that we start inherits the file.
READ_SAFELY = posix.O_NOFOLLOW | posix.O_CLOEXEC | posix.O_NONBLOCK


def environment() -> dict[str, str]:
    """The environment's variables, as `os.environ` has them."""
    return {name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape") for name, value in posix.environ.items()}


def leave(code: int) -> NoReturn:
    """End the process at once: there is nothing that Python would have to put away in the millisecond that this takes."""
    posix._exit(code)


def files_of(values: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, bytes]:
    """What stands in the files that decide which session it is, by their paths, as far as there are any."""
    paths = [token_path(values), values.get("policy-file"), values.get("declaration")]
    if "endpoint-url" not in values and not ignores_endpoints(variables):
        paths.append(config_path(variables))  # it may set the address of STS
    return {path: found for path in paths if path is not None and (found := contents(path)) is not None}


def alias_of(values: Mapping[str, str], variables: Mapping[str, str], files: Mapping[str, bytes]) -> str:
    """The name under which the cache has the entry of these options and these very files."""
    # SECURITY: all that decides the session, or one of another tenant, profile or policy would be found by it.
    given = (f"{name}={value}" for name, value in sorted(values.items()))
    return digest(*given, "", chosen_profile(variables), *(part for path in sorted(files) for part in (path, files[path])))


def chosen_profile(variables: Mapping[str, str]) -> str:
    """The profile that the environment names; empty where it names none."""
    return variables.get("AWS_PROFILE") or variables.get("AWS_DEFAULT_PROFILE") or ""


def config_path(variables: Mapping[str, str]) -> str:
    """Where the user's AWS config file is."""
    return variables.get("AWS_CONFIG_FILE") or f"{variables.get('HOME', '')}/.aws/config"


def cached(path: str, alias: str) -> tuple[float, bytes, int] | None:
    """(renew, output, failures) as `ready` has them, from the cache at `path`, where it exists and can be trusted."""
    try:
        directory = open_trusted(path)
    except OSError:
        return None
    try:
        return ready(directory, entry_of(directory, alias))
    finally:
        posix.close(directory)


def entry_of(directory: int, alias: str) -> str:
    """The name of the entry that has this alias; empty where there is none."""
    name = (read_entry(directory, alias) or b"").decode("latin-1")
    return name if name.isalnum() else ""


def ready(directory: int, name: str) -> tuple[float, bytes, int] | None:
    """When the entry is due to be renewed, what a process prints, and how many renewals failed; None without valid credentials."""
    head = head_of(read_entry(directory, name)) if name else None
    # An entry of the future is from before the clock was set back, and nobody knows by how much it has aged.
    return (head[0], head[3], head[2]) if head is not None and head[4] - CLOCK_STEP_SECONDS <= time.time() < head[1] else None


def digest(*parts: str | bytes) -> str:
    """A name for `parts`: as hard to meet by chance as SHA-256, and different where the same bytes are cut differently."""
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


def open_trusted(path: str) -> int:
    """A descriptor of the cache's directory. Raises FileNotFoundError, and PermissionError where it cannot be trusted."""
    descriptor = posix.open(path, posix.O_RDONLY | posix.O_DIRECTORY | posix.O_NOFOLLOW | posix.O_CLOEXEC)
    status = posix.fstat(descriptor)
    # SECURITY: what others own or could have written to may hold their credentials, or links of theirs.
    if status.st_uid != posix.geteuid() or status.st_mode & 0o022:
        posix.close(descriptor)
        raise PermissionError(1, "the cache directory belongs to another user, or others may write to it", path)
    return descriptor


def read_entry(directory: int, name: str) -> bytes | None:
    """The bytes of a file in the directory, or None where there is none that can be trusted."""
    try:
        descriptor = posix.open(name, posix.O_RDONLY | READ_SAFELY, dir_fd=directory)
    except OSError:
        return None
    try:
        return posix.read(descriptor, ENTRY_BYTES) if is_private(posix.fstat(descriptor)) else None
    finally:
        posix.close(descriptor)


def is_private(status: posix.stat_result) -> bool:
    """Whether a file is a plain one of this user, which nobody else can read and no other name leads to."""
    return (
        status.st_mode & KIND == REGULAR
        and status.st_uid == posix.geteuid()
        and not status.st_mode & 0o077
        and status.st_nlink == 1
        and status.st_size <= ENTRY_BYTES
    )


def head_of(data: bytes | None) -> tuple[float, float, int, bytes, float] | None:
    """(renew, until, failures, the process's output, since) of an entry that is whole, else None."""
    words = (data or b"").split(b" ", 3)
    if len(words) != 4 or b" ".join(words[:2]) != MAGIC or words[2].decode("latin-1") != digest(words[3]):
        return None
    numbers, output, *_ = words[3].split(b"\n")
    renew, until, failures, since = numbers.split(b" ")
    return float(renew), float(until), int(failures), output, float(since)


def contents(path: str | None) -> bytes | None:
    """The file's bytes, or None where there is none."""
    if path is None:
        return None
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK)
        try:
            if posix.fstat(descriptor).st_mode & KIND == REGULAR:
                return posix.read(descriptor, FILE_BYTES)
        finally:
            posix.close(descriptor)
        from bucketpass.identity.files import read_bytes

        return read_bytes(path, FILE_BYTES)
    except OSError:
        return None


def write_output(output: bytes) -> None:
    """Write the line to standard output, all of it: a pipe that is nearly full takes a part at a time."""
    rest = output + b"\n"
    while rest:
        rest = rest[posix.write(1, rest) :]


def fail(message: str, code: int) -> int:
    """One line on standard error."""
    posix.write(2, f"error: {message}\n".encode())
    return code

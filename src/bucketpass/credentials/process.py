"""A credential process for the AWS SDKs: prints the host's credentials within 12 ms, or gets them within 45 ms and a round trip.

It is started as `python -I -S PATH/run_process.py --role-arn ... --token-file ...` (the line that
`bucketpass credential-process --print-profile` prints): without `site`, and with no import that a warm cache does not
need. The warm path knows the entry by the options and the token's very bytes, so another token is never taken for this one.

See: AWS SDKs and Tools Reference, "Process credential provider".
"""

from __future__ import annotations

import posix
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from bucketpass.credentials.cache import Store
    from bucketpass.credentials.values import Refusal

__all__ = ["main", "run"]

EXIT_FAILED = 1
EXIT_INVALID_INPUT = 3
TOKEN_BYTES = 65_536


class Ready:
    """What can be printed, and whether it is due to be renewed."""

    __slots__ = ("is_due", "output")

    def __init__(self, output: bytes, *, is_due: bool) -> None:
        self.output = output
        self.is_due = is_due


def main(words: Sequence[str], variables: Mapping[str, str]) -> int:
    """Print credentials in AWS's JSON; the value is the exit code."""
    from bucketpass.credentials.cache import Store, default_directory
    from bucketpass.credentials.options import option_values, token_path

    try:
        values = option_values(words, variables)
    except ValueError as error:
        return fail(str(error), EXIT_INVALID_INPUT)
    token = contents(token_path(values))
    directory = default_directory({**variables, "BUCKETPASS_CACHE": values.get("cache", "")})
    if token is None or directory is None:
        return cold(values, variables)
    try:
        store = Store(directory)
    except OSError:
        return cold(values, variables)
    return shared(store, values, variables, token)


def shared(store: Store, values: dict[str, str], variables: Mapping[str, str], token: bytes) -> int:
    """Print what the host has; where it has nothing, one process asks and the others wait."""
    from bucketpass.credentials.budgets import FOREGROUND_SECONDS
    from bucketpass.credentials.cache import Lock, digest, head_of

    started = time.monotonic()
    policy = contents(values.get("policy-file")) or b""
    alias = digest(*(f"{name}={value}" for name, value in sorted(values.items())), token, policy)

    def look() -> Ready | Refusal | None:
        name = (store.read(alias) or b"").decode("latin-1")
        if not name.isalnum():
            return None
        head = head_of(store.read(name))
        if head is not None and time.time() < head[1]:
            return Ready(head[3], is_due=time.time() >= head[0])
        from bucketpass.credentials.entry import decode_refusal

        return decode_refusal(store.read(f"{name}.refused"), started)

    found: Ready | Refusal | Lock | None
    try:
        found = store.found_or_lock(alias, look, FOREGROUND_SECONDS)
    except OSError:
        return cold(values, variables)
    if isinstance(found, Lock):
        with found:
            return cold(values, variables, alias)
    if found is None:
        return fail(f"another process of this host has asked STS for {FOREGROUND_SECONDS:g} s, without an answer", EXIT_FAILED)
    if not isinstance(found, Ready):
        return refused(found)
    if found.is_due and posix.fork() == 0:
        renew_unseen(values, variables, alias)
    posix.write(1, found.output + b"\n")
    return 0


def cold(values: dict[str, str], variables: Mapping[str, str], alias: str | None = None, *, renewing: bool = False) -> int:
    """Get credentials, from the host's cache by the token's claims or from STS, and print them."""
    from bucketpass.credentials.assemble import assemble
    from bucketpass.credentials.entry import process_output
    from bucketpass.credentials.values import Refusal
    from bucketpass.identity.interface import this_machine

    try:
        got = assemble(values, machine=this_machine(variables))._replace(alias=alias).fetch_credentials(renewing=renewing)
    except Exception as error:
        from bucketpass.errors import BucketpassError

        if not isinstance(error, BucketpassError):
            raise
        return fail(str(error), error.exit_code)
    if isinstance(got, Refusal):
        return refused(got)
    posix.write(1, process_output(got.credentials) + b"\n")
    return 0


def renew_unseen(values: dict[str, str], variables: Mapping[str, str], alias: str) -> NoReturn:
    """Renew the host's credentials in a process that nobody waits for: the caller has the valid ones, without a stall."""
    nowhere = posix.open("/dev/null", posix.O_RDWR)
    for descriptor in (0, 1, 2):
        posix.dup2(nowhere, descriptor)
    posix.setsid()
    try:
        cold(values, variables, alias, renewing=True)
    finally:
        posix._exit(0)


def contents(path: str | None) -> bytes | None:
    """The file's bytes, or None where there is none."""
    if path is None:
        return None
    from bucketpass.identity.files import read_bytes

    try:
        return read_bytes(path, TOKEN_BYTES)
    except OSError:
        return None


def refused(refusal: Refusal) -> int:
    """Say why there are no credentials."""
    from bucketpass.credentials.failures import error_of

    return fail(str(error_of(refusal)), EXIT_FAILED)


def fail(message: str, code: int) -> int:
    """One line on standard error."""
    posix.write(2, f"error: {message}\n".encode())
    return code


def run() -> NoReturn:
    """Be the process. It ends at once: there is nothing that Python would have to put away in the millisecond that this takes."""
    variables = {name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape") for name, value in posix.environ.items()}
    try:
        code = main(sys.argv[1:], variables)
    except BrokenPipeError:
        code = EXIT_FAILED
    posix._exit(code)

"""The credential process where the cache has nothing that is fresh: one process asks STS, the others of the host wait."""

from __future__ import annotations

import os
import time

from bucketpass.credentials.budgets import BUSY_SECONDS, FOREGROUND_SECONDS
from bucketpass.credentials.cache import HostCache, Lock
from bucketpass.credentials.options import token_path
from bucketpass.credentials.warm import fail, write_output

TYPE_CHECKING = False  # `typing` costs 4 ms, which those who wait need not spend
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from bucketpass.credentials.values import Refusal

__all__ = ["cold", "shared"]

EXIT_FAILED = 1


class Ready:
    """What can be printed, and whether it is due to be renewed."""

    __slots__ = ("failing", "is_due", "output")

    def __init__(self, output: bytes, *, is_due: bool, failing: str = "") -> None:
        self.output = output
        self.is_due = is_due
        self.failing = failing  # the entry whose renewals fail


def shared(path: str, values: dict[str, str], variables: Mapping[str, str], alias: str, files: dict[str, bytes]) -> int:
    """Print what the host has; where it has nothing, one process asks and the others wait."""
    started = time.monotonic()
    try:
        store = HostCache(path)
    except OSError:
        return cold(values, variables)

    def look() -> Ready | Refusal | None:
        name = store.name_of(alias)
        if not name:
            return None
        found = store.ready(name)
        if found is not None:
            return Ready(found[1], is_due=time.time() >= found[0], failing=name if found[2] else "")
        refused = store.read(f"{name}.refused")
        if refused is None:
            return None
        from bucketpass.credentials.entry import decode_refusal

        return decode_refusal(refused, started, time.monotonic() + BUSY_SECONDS)

    found: Ready | Refusal | Lock | None
    try:
        found = store.found_or_lock(alias, look, FOREGROUND_SECONDS)
    except OSError:
        return cold(values, variables)
    if isinstance(found, Lock):
        with found:
            return cold(values, variables, alias, files)
    if found is None:
        return fail(f"another process of this host has asked STS for {FOREGROUND_SECONDS:g} s, without an answer", EXIT_FAILED)
    if not isinstance(found, Ready):
        return refused(found)
    if found.is_due and os.fork() == 0:
        renew_unseen(values, variables, alias, files)
    if found.failing:
        report_failing(store, found.failing)
    write_output(found.output)
    return 0


def report_failing(store: HostCache, name: str) -> None:
    """Say once on standard error that renewals fail, while the credentials at hand are still good."""
    from bucketpass.credentials.entry import decode_refusal
    from bucketpass.credentials.host import failure_names

    refusal = decode_refusal(store.take(*failure_names(name)), 0.0)
    if refusal is not None:
        from bucketpass.credentials.failures import error_of

        os.write(2, f"warning: renewing the credentials fails, those at hand are still good: {error_of(refusal)}\n".encode())


def cold(
    values: dict[str, str],
    variables: Mapping[str, str],
    alias: str | None = None,
    files: dict[str, bytes] | None = None,
    *,
    renewing: bool = False,
) -> int:
    """Get credentials, from the host's cache by the token's claims or from STS, and print them. `files`: what the alias is made of."""
    from bucketpass.credentials.assemble import assemble
    from bucketpass.credentials.entry import process_output
    from bucketpass.credentials.values import Refusal
    from bucketpass.identity.interface import this_machine

    machine = this_machine(variables, values.get("ca-bundle"))
    if files is not None:
        machine = machine._replace(read=first_as(files, token_path(values) or "", machine.read))
    try:
        got = assemble(values, machine=machine)._replace(alias=alias).fetch_credentials(renewing=renewing)
    except Exception as error:
        from bucketpass.errors import BucketpassError

        if not isinstance(error, BucketpassError):
            raise
        return fail(str(error), error.exit_code)
    if isinstance(got, Refusal):
        return refused(got)
    write_output(process_output(got.credentials))
    return 0


def first_as(files: dict[str, bytes], token: str, read: Callable[[str], str]) -> Callable[[str], str]:
    """What reads files as they were when the alias was made of them; the one at `token` so once, and then as it is.

    SECURITY: a file that is replaced between the two would put another tenant's session, or another policy's, under this alias.
    """

    def read_known(path: str) -> str:
        known = files.pop(path, None) if path == token else files.get(path)
        if known is None:
            return read(path)
        from bucketpass.identity.interface import utf8

        return utf8(path, known)

    return read_known


def renew_unseen(values: dict[str, str], variables: Mapping[str, str], alias: str, files: dict[str, bytes]) -> NoReturn:
    """Renew the host's credentials in a process that nobody waits for: the caller has the valid ones, without a stall."""
    nowhere = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.setsid()
    try:
        cold(values, variables, alias, files, renewing=True)
    finally:
        os._exit(0)


def refused(refusal: Refusal) -> int:
    """Say why there are no credentials."""
    from bucketpass.credentials.failures import error_of

    return fail(str(error_of(refusal)), EXIT_FAILED)

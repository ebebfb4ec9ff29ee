"""The credential process where the cache has nothing that is fresh: one process asks STS, the others of the host wait."""

from __future__ import annotations

import os
import time

from bucketpass.credentials.budgets import FOREGROUND_SECONDS
from bucketpass.credentials.cache import HostCache, Lock
from bucketpass.credentials.warm import fail, write_output

TYPE_CHECKING = False  # `typing` costs 4 ms, which those who wait need not spend
if TYPE_CHECKING:
    from collections.abc import Mapping
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


def shared(path: str, values: dict[str, str], variables: Mapping[str, str], alias: str) -> int:
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

        return decode_refusal(refused, started)

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
    if found.is_due and os.fork() == 0:
        renew_unseen(values, variables, alias)
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


def cold(values: dict[str, str], variables: Mapping[str, str], alias: str | None = None, *, renewing: bool = False) -> int:
    """Get credentials, from the host's cache by the token's claims or from STS, and print them."""
    from bucketpass.credentials.assemble import assemble
    from bucketpass.credentials.entry import process_output
    from bucketpass.credentials.values import Refusal
    from bucketpass.identity.interface import this_machine

    try:
        got = (
            assemble(values, machine=this_machine(variables, values.get("ca-bundle")))
            ._replace(alias=alias)
            .fetch_credentials(renewing=renewing)
        )
    except Exception as error:
        from bucketpass.errors import BucketpassError

        if not isinstance(error, BucketpassError):
            raise
        return fail(str(error), error.exit_code)
    if isinstance(got, Refusal):
        return refused(got)
    write_output(process_output(got.credentials))
    return 0


def renew_unseen(values: dict[str, str], variables: Mapping[str, str], alias: str) -> NoReturn:
    """Renew the host's credentials in a process that nobody waits for: the caller has the valid ones, without a stall."""
    nowhere = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.setsid()
    try:
        cold(values, variables, alias, renewing=True)
    finally:
        os._exit(0)


def refused(refusal: Refusal) -> int:
    """Say why there are no credentials."""
    from bucketpass.credentials.failures import error_of

    return fail(str(error_of(refusal)), EXIT_FAILED)

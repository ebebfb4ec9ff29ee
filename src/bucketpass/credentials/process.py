"""A credential process for the AWS SDKs: prints the host's credentials within 12 ms, or gets them within 45 ms and a round trip.

It is started as `python -I -S PATH/run_process.py --role-arn ... --token-file ...` (the line that
`bucketpass credential-process --print-profile` prints): without `site`. `warm.py` finds the entry by the options and the token's
very bytes, so another token is never taken for this one; `cold.py` gets what the cache does not have.

See: AWS SDKs and Tools Reference, "Process credential provider".
"""

from __future__ import annotations

import gc
import sys
import time

from bucketpass.credentials.options import option_values, token_path
from bucketpass.credentials.warm import alias_of, cached, default_directory, environment, fail, files_of, leave, write_output

TYPE_CHECKING = False  # `typing` costs 4 of the 12 ms
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

__all__ = ["main", "run"]

DOTS = 2  # of a whole token
EXIT_FAILED = 1
EXIT_INVALID_INPUT = 3


def main(words: Sequence[str], variables: Mapping[str, str]) -> int:
    """Print credentials in AWS's JSON; the value is the exit code."""
    try:
        values = option_values(words, variables)
    except ValueError as error:
        return fail(str(error), EXIT_INVALID_INPUT)
    files = files_of(values, variables)
    path = default_directory({**variables, "BUCKETPASS_CACHE": values.get("cache", "")})
    # SECURITY: tokens of two tenants may begin alike: a part of one, read while it is written, does not name a session.
    if files.get(token_path(values) or "", b"").count(b".") != DOTS or path is None:
        from bucketpass.credentials.cold import cold

        return cold(values, variables)
    alias = alias_of(values, variables, files)
    found = cached(path, alias)
    if found is not None and time.time() < found[0] and not found[2]:
        write_output(found[1])
        return 0
    from bucketpass.credentials.cold import shared

    return shared(path, values, variables, alias, files)


def run() -> NoReturn:
    """Be the process."""
    # The process ends before there is anything to collect; the rounds that imports set off take 2 ms of a cold start.
    gc.disable()
    try:
        code = main(sys.argv[1:], environment())
    except BrokenPipeError:
        code = EXIT_FAILED
    except OSError as error:
        code = fail(f"this process cannot go on: {error.strerror or error}", EXIT_FAILED)
    leave(code)

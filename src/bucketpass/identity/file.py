"""A token in a file, which something else keeps fresh: a projected volume, an agent, a sidecar."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from bucketpass.identity.interface import NotHere, broken
from bucketpass.identity.token import UNUSABLE
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from bucketpass.identity.interface import Machine, TokenSource

__all__ = ["FileSource", "detect"]

DOTS = 2  # of a whole token; what is cut after them is refused by STS, and read again
PAUSES = (0.02, 0.06, 0.12, 0.3)  # between looks at a file that is just being written, and not replaced by a rename
VARIABLES = ("BUCKETPASS_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE")


class FileSource(NamedTuple):
    """The token in `path`, read anew at every fetch, so that a rotated one is noticed."""

    machine: Machine
    path: str
    name: str = "file"
    sleep: Callable[[float], None] = time.sleep

    def describe(self) -> str:
        """The path."""
        return f"file {self.path}"

    def fetch(self) -> Secret:
        """The file's text without the line break that editors and `echo` leave."""
        text = ""
        for pause in (*PAUSES, None):
            try:
                text = self.machine.read(self.path).strip()
            except OSError as error:
                if pause is None or not isinstance(error, FileNotFoundError):
                    broken(
                        f"cannot read the token file `{self.path}`: {error.strerror or error}", "mount the token there, or correct the path"
                    )
            if text.count(".") == DOTS or pause is None:
                break
            self.sleep(pause)
        if not text:
            broken(f"the token file `{self.path}` is empty", "see that the agent which writes it is running", UNUSABLE)
        return Secret(text)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The file named by `argument`, or by a variable."""
    path = argument or machine.value(*VARIABLES)
    return FileSource(machine, path) if path else NotHere(f"`{'` and `'.join(VARIABLES)}` are not set")

"""A token in a file, which something else keeps fresh: a projected volume, an agent, a sidecar."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bucketpass.identity.interface import NotHere, broken
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from bucketpass.identity.interface import Machine, TokenSource

__all__ = ["FileSource", "detect"]

VARIABLES = ("BUCKETPASS_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE")


class FileSource(NamedTuple):
    """The token in `path`, read anew at every fetch, so that a rotated one is noticed."""

    machine: Machine
    path: str
    name: str = "file"

    def describe(self) -> str:
        """The path."""
        return f"file {self.path}"

    def fetch(self) -> Secret:
        """The file's text without the line break that editors and `echo` leave."""
        try:
            text = self.machine.read(self.path).strip()
        except OSError as error:
            broken(f"cannot read the token file `{self.path}`: {error.strerror or error}", "mount the token there, or correct the path")
        if not text:
            broken(f"the token file `{self.path}` is empty", "see that the agent which writes it is running")
        return Secret(text)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The file named by `argument`, or by a variable."""
    path = argument or machine.value(*VARIABLES)
    return FileSource(machine, path) if path else NotHere(f"`{'` and `'.join(VARIABLES)}` are not set")

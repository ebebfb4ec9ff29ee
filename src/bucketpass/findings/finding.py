"""One finding."""

from __future__ import annotations

from dataclasses import dataclass

from bucketpass.errors import Place, Severity
from bucketpass.findings.registry import CODES, Code

__all__ = ["Finding"]

NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found, under a code of the registry. Raises KeyError if the registry does not have the code.

    message: one line, in lower case, with names in backticks. remedy: the registry's, where a finding does not say it more exactly.
    place: the file and line, or as its `path` what in a declaration or an account has it. details: lines that show it, such as a
    request that is allowed.
    """

    code: str
    message: str
    remedy: str = ""
    place: Place = NOWHERE
    details: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.remedy:
            object.__setattr__(self, "remedy", self.entry.remedy)

    @property
    def entry(self) -> Code:
        """What the code means."""
        return CODES[self.code]

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return self.entry.severity

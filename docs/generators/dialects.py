"""The differences of a dialect as text: `python -m docs.generators.dialects rgw`, which the documentation shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bucketpass.compile.dialect import DialectDifference, DifferenceKind, dialect_named

__all__ = ["listing"]

HEADINGS = {
    DifferenceKind.WORDING: "said in other words, with the same effect",
    DifferenceKind.STRICTER: "stricter: what AWS allows is refused",
    DifferenceKind.WEAKER: "weaker: what AWS refuses is allowed; to be accepted by name",
    DifferenceKind.MISSING: "missing: an error where it is declared",
}


def listing(name: str) -> str:
    """All differences of the dialect, kind by kind."""
    differences = dialect_named(name).differences
    return "\n".join(
        line
        for kind, heading in HEADINGS.items()
        for line in (f"{heading}", *(line for difference in differences if difference.kind is kind for line in _lines(difference)), "")
    )


def _lines(difference: DialectDifference) -> Iterator[str]:
    yield f"  {difference.code}"
    yield f"    AWS    {difference.aws}"
    yield f"    there  {difference.there}"
    if difference.waiver:
        yield f"    accept --waive {difference.waiver}"
    elif difference.kind is not DifferenceKind.STRICTER:
        yield f"    so     {difference.handling}"


if __name__ == "__main__":
    print(listing(sys.argv[1]))

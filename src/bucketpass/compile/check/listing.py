"""Every rule of `bucketpass check` as text. `python -m bucketpass.compile.check.listing` prints it for the documentation."""

from __future__ import annotations

from bucketpass.compile.check.rules import RULES

__all__ = ["listing"]


def listing() -> str:
    """Code, severity and title of each rule."""
    return "\n".join(f"{rule.code:<24}{rule.severity.value:<9}{rule.title}" for rule in RULES.values())


if __name__ == "__main__":
    print(listing())

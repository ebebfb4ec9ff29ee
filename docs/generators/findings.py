"""The reference page of findings. `python -m docs.generators.findings` prints its generated part."""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.findings.registry import TOPICS, Code

__all__ = ["listing"]


def listing() -> str:
    """Every code of the registry, by topic."""
    return "\n".join(line for topic, codes in TOPICS.items() for line in (f"## {topic}", "", *_entries(codes)))


def _entries(codes: tuple[Code, ...]) -> Iterator[str]:
    for code in codes:
        more = f" [More]({code.link})" if code.link else ""
        yield from (f"### {code.name}", f"**{code.severity.value}**: {code.title}", "", code.explanation, "")
        yield from (f"*Remedy:* {code.remedy}{more}", "")


if __name__ == "__main__":
    print(listing())

"""The threat model's page tells the truth: every attack names a test, and every test that it names exists."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "threat-model.md"
NAMED = re.compile(r"\[`(test_\w+)`\]\(([^)]+)\)")
ATTACK_TABLES = re.compile(r"\| attack \| held by \|\n\|---\|---\|\n((?:\|.*\|\n)+)")


def attacks() -> list[str]:
    return [row for table in ATTACK_TABLES.findall(PAGE.read_text()) for row in table.splitlines()]


def test_every_attack_names_a_test() -> None:
    assert len(attacks()) >= 30
    assert [row for row in attacks() if not NAMED.search(row)] == []


def test_every_test_that_is_named_is_there() -> None:
    missing = [
        f"{path}::{name}"
        for row in attacks()
        for name, path in NAMED.findall(row)
        if not re.search(rf"^    def {name}\(|^(async )?def {name}\(", (PAGE.parent / path).read_text(), re.MULTILINE)
    ]
    assert missing == []

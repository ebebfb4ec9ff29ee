"""Mermaid and Markdown show names as they are."""

from dataclasses import replace

from tests.unit.report.test_content import DECLARATION, report

from bucketpass.errors import Place
from bucketpass.findings import Finding
from bucketpass.report.text import as_markdown, as_mermaid


def test_a_drawing_has_issuers_services_and_prefixes() -> None:
    assert as_mermaid(report()).splitlines() == [
        "flowchart LR",
        '  i0(["okta"])',
        '  s1["trainer"]',
        '  p2[("datasets/raw/*")]',
        '  p3[("scratch/teams/#60;team#62;/*")]',
        "  i0 --> s1",
        "  s1 -->|read| p2",
        "  s1 -->|write, delete| p3",
    ]


def test_many_grants_are_drawn_by_bucket() -> None:
    many = replace(report(), grants=tuple(replace(one, place=f"{number}/*") for number in range(100) for one in report().grants))
    assert len(as_mermaid(many).splitlines()) == 8


def test_markdown_has_a_row_for_each_grant_and_escapes_what_it_would_read() -> None:
    text = as_markdown(report(DECLARATION.replace("prefix: raw/", 'prefix: "a|b*/"')))
    assert "| trainer | datasets/a\\|b\\*/\\* | read | from 198.51.100.0/24 | 2027-01-31 00:00 | 13 |" in text
    assert "### Who else" in text and "### Guarantees" not in text


def test_markdown_shows_changes_guarantees_and_drift_where_there_are_any() -> None:
    guarantee = {"name": "tokens of trainer", "theorem": "t", "verdict": "proved", "assumed": ["a fact"]}
    change = {"kind": "more", "subject": "trainer", "description": "may now delete", "path": ""}
    found = replace(report(), guarantees=(guarantee,), changes=(change,), drift=(), compared_with="old.yaml")
    text = as_markdown(found)
    assert all(
        part in text for part in ("- **trainer** may now delete", "| proved | tokens of trainer: t |", "- a fact", "### Drift\n\nNone.")
    )


def test_a_finding_in_markdown_has_its_place_its_names_as_code_and_its_remedy() -> None:
    finding = Finding("issuer-note", "got `a_b` <b>", "Write `x`.", Place("access.yaml", 3, 5))
    hostile = Finding("issuer-note", "got `<script>` and a lone ` beside", "Look.")
    text = as_markdown(replace(report(), findings=(finding, hostile)))
    assert "- note access.yaml:3:5 `issuer-note`: got `a_b` \\<b\\>. Remedy: Write `x`." in text
    assert "got \\`\\<script\\>\\` and a lone \\` beside" in text

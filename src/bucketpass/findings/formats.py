"""Findings in the forms that other programs read: JSON, SARIF 2.1.0, and GitHub's workflow commands.

See: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "Workflow commands".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bucketpass.errors import Diagnostic, Severity
from bucketpass.findings.finding import Finding
from bucketpass.findings.registry import CODES

__all__ = ["as_github", "as_json", "as_sarif", "finding_object"]

GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
GITHUB_ESCAPES = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
GITHUB_PROPERTY_ESCAPES = (*GITHUB_ESCAPES, (":", "%3A"), (",", "%2C"))


def finding_object(found: Finding | Diagnostic) -> dict[str, object]:
    """One finding or diagnostic as JSON prints it, in every verb. A code of AWS's own has no title and no link."""
    entry, place = CODES.get(found.code), found.place
    return {
        "severity": found.severity.value,
        "code": found.code,
        "title": entry.title if entry else "",
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "path": place.path,
        "message": found.message,
        "remedy": found.remedy,
        "link": entry.link if entry else "",
    }


def as_json(findings: Iterable[Finding]) -> dict[str, object]:
    """The findings as one object."""
    return {"findings": [finding_object(finding) for finding in findings]}


def as_sarif(findings: Sequence[Finding], version: str, *, file: str = "access.yaml") -> dict[str, object]:
    """The findings as a SARIF log, for code scanning. `file`: where findings are shown that have no file of their own."""
    codes = sorted({finding.code for finding in findings})
    rules = [_sarif_rule(code) for code in codes]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "bucketpass", "version": version, "rules": rules}},
                "results": [_sarif_result(finding, codes.index(finding.code), file) for finding in findings],
            }
        ],
    }


def _sarif_rule(code: str) -> dict[str, object]:
    entry = CODES[code]
    rule: dict[str, object] = {
        "id": code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.explanation},
        "help": {"text": entry.remedy},
        "defaultConfiguration": {"level": entry.severity.value},
    }
    return rule | {"helpUri": entry.link} if entry.link else rule


def _sarif_result(finding: Finding, index: int, file: str) -> dict[str, object]:
    place = finding.place
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": place.file or file},
            "region": {"startLine": place.line or 1, "startColumn": place.column or 1},
        },
        "logicalLocations": [{"fullyQualifiedName": place.path}],
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity.value,
        "message": {"text": f"{finding.message}. Remedy: {finding.remedy}"},
        "locations": [location],
    }


def as_github(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The findings as workflow commands, which GitHub shows beside the lines of a pull request."""
    return tuple(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    place = finding.place
    given = (("file", place.file), ("line", place.line), ("col", place.column), ("title", f"bucketpass: {finding.entry.title}"))
    properties = ",".join(f"{name}={_escaped(str(value), GITHUB_PROPERTY_ESCAPES)}" for name, value in given if value is not None)
    text = f"{finding.message} ({finding.remedy})"
    return f"::{GITHUB_LEVELS[finding.severity]} {properties}::{_escaped(text, GITHUB_ESCAPES)}"


def _escaped(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for character, escape in escapes:
        text = text.replace(character, escape)
    return text

"""Findings in the forms that other programs read: JSON, SARIF 2.1.0, and GitHub's workflow commands.

See: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "Workflow commands".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bucketpass.compile.check.rules import RULES, Finding
from bucketpass.errors import Severity

__all__ = ["as_github", "as_json", "as_sarif"]

GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
GITHUB_ESCAPES = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
GITHUB_PROPERTY_ESCAPES = (*GITHUB_ESCAPES, (":", "%3A"), (",", "%2C"))


def as_json(findings: Iterable[Finding]) -> dict[str, object]:
    """The findings as one object."""
    return {
        "findings": [
            {
                "severity": finding.rule.severity.value,
                "code": finding.rule.code,
                "title": finding.rule.title,
                "file": finding.place.file,
                "line": finding.place.line,
                "column": finding.place.column,
                "path": finding.place.path,
                "message": finding.message,
                "mend": finding.mend,
                "reference": finding.rule.reference,
            }
            for finding in findings
        ]
    }


def as_sarif(findings: Sequence[Finding], version: str) -> dict[str, object]:
    """The findings as a SARIF log, for code scanning."""
    codes = sorted({finding.rule.code for finding in findings})
    rules = [
        {
            "id": code,
            "shortDescription": {"text": RULES[code].title},
            "helpUri": RULES[code].reference,
            "defaultConfiguration": {"level": RULES[code].severity.value},
        }
        for code in codes
    ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "bucketpass", "version": version, "rules": rules}},
                "results": [_sarif_result(finding, codes.index(finding.rule.code)) for finding in findings],
            }
        ],
    }


def _sarif_result(finding: Finding, index: int) -> dict[str, object]:
    place = finding.place
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": place.file or "access.yaml"},
            "region": {"startLine": place.line or 1, "startColumn": place.column or 1},
        },
        "logicalLocations": [{"fullyQualifiedName": place.path}],
    }
    return {
        "ruleId": finding.rule.code,
        "ruleIndex": index,
        "level": finding.rule.severity.value,
        "message": {"text": f"{finding.message}. Mend: {finding.mend}" if finding.mend else finding.message},
        "locations": [location],
    }


def as_github(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The findings as workflow commands, which GitHub shows beside the lines of a pull request."""
    return tuple(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    place = finding.place
    given = (("file", place.file), ("line", place.line), ("col", place.column), ("title", f"bucketpass: {finding.rule.title}"))
    properties = ",".join(f"{name}={_escaped(str(value), GITHUB_PROPERTY_ESCAPES)}" for name, value in given if value is not None)
    text = f"{finding.message} ({finding.mend})" if finding.mend else finding.message
    return f"::{GITHUB_LEVELS[finding.rule.severity]} {properties}::{_escaped(text, GITHUB_ESCAPES)}"


def _escaped(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for character, escape in escapes:
        text = text.replace(character, escape)
    return text

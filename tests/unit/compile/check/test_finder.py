from pathlib import Path

import pytest
from tests.declarations import TARGET

from bucketpass.compile import compile_access
from bucketpass.compile.check import findings, of_error, worth_knowing
from bucketpass.errors import DeclarationError, QuotaError, Severity
from bucketpass.findings import Finding
from bucketpass.model import parse_declaration, read_declaration

EXAMPLE = Path(__file__).parents[4] / "examples" / "access.yaml"


def found(text: str) -> tuple[Finding, ...]:
    declaration = parse_declaration(text, "access.yaml")
    return findings(declaration, compile_access(declaration.access, TARGET))


def test_the_example_has_no_warning() -> None:
    declaration = read_declaration(EXAMPLE)
    told = findings(declaration, compile_access(declaration.access, TARGET))
    assert {finding.severity for finding in told} == {Severity.NOTE}


def test_findings_stand_in_the_order_of_the_file_each_at_its_line() -> None:
    told = found(
        "issuers:\n  ci: {preset: gitlab, audience: x}\n  unused: {preset: modal}\nbuckets:\n  data: {}\nservices:\n"
        "  job:\n    identity: {issuer: ci, subject: x}\n    grants:\n      - {bucket: data, prefix: raw, access: read}\n"
    )
    warnings = [(finding.code, finding.place.line, finding.place.path) for finding in told if finding.severity is Severity.WARNING]
    assert warnings == [("unused", 3, "issuers.unused"), ("open-prefix", 10, "services.job.grants[0].prefix")]
    assert [finding.place.line for finding in told] == sorted(finding.place.line or 0 for finding in told)


@pytest.mark.parametrize(
    ("error", "code"), [(DeclarationError("wrong", remedy="Correct it."), "declaration"), (QuotaError("large"), "quota")]
)
def test_what_prevents_a_plan_is_a_finding_too(error: DeclarationError, code: str) -> None:
    told = of_error(error)
    assert [(finding.code, finding.message) for finding in told] == [(code, error.diagnostics()[0].message)]


def test_outputs_have_each_warning_and_the_number_of_notes() -> None:
    text = (
        "issuers:\n  ci: {preset: gitlab, audience: x}\n  unused: {preset: modal}\nbuckets:\n  data: {}\nservices:\n"
        "  job:\n    identity: {issuer: ci, subject: x}\n    grants:\n      - {bucket: data, prefix: raw, access: read}\n"
    )
    access = parse_declaration(text, "access.yaml").access
    told = worth_knowing(access, compile_access(access, TARGET))
    notes = sum(finding.severity is Severity.NOTE for finding in found(text))
    assert {(one.code, one.place.path) for one in told if one.severity is Severity.WARNING} == {
        ("unused", "issuers.unused"),
        ("open-prefix", "services.job.grants[0].prefix"),
    }
    assert [one.message for one in told if one.severity is Severity.NOTE] == [f"there are {notes} notes on the declaration"]

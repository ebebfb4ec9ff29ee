from bucketpass.errors import Diagnostic, Place, Severity
from bucketpass.findings import CODES, Finding, counts_line, entry_lines, finding_lines

PLACE = Place("access.yaml", 9, 7, "services.job.grants[0]")
FINDING = Finding("whole-bucket", "the service may read everything in `data`", place=PLACE, details=("s3:GetObject on data/x",))
DIAGNOSTIC = Diagnostic("request", "got no URI", "name one")


def test_findings_and_diagnostics_look_the_same() -> None:
    assert list(finding_lines(FINDING)) == [
        "warning access.yaml:9:7 services.job.grants[0] whole-bucket",
        "  the service may read everything in `data`",
        "    s3:GetObject on data/x",
        "  remedy: Give the grant a `prefix`.",
    ]
    assert list(finding_lines(DIAGNOSTIC)) == ["error request", "  got no URI", "  remedy: name one"]


def test_the_counts_name_every_severity() -> None:
    assert counts_line([FINDING, DIAGNOSTIC, DIAGNOSTIC]) == "2 errors, 1 warning, 0 notes"
    assert counts_line([]) == "0 errors, 0 warnings, 0 notes"


def test_an_entry_says_all_that_the_registry_has() -> None:
    for code in CODES.values():
        text = " ".join("\n".join(entry_lines(code)).split())
        assert text.startswith(f"{code.severity.value} {code.name}: {code.title} {code.explanation} remedy: {code.remedy}")
        assert code.link in text
    assert Severity.ERROR.value in "\n".join(entry_lines(CODES["usage"]))

from typing import Any

from bucketpass.errors import Place
from bucketpass.findings import CODES, Finding
from bucketpass.findings.formats import as_github, as_json, as_sarif

PLACE = Place("access.yaml", 9, 7, "services.job.grants[0]")
FOUND = (
    Finding("whole-bucket", "all of it,\nreally: 100%", "give it a prefix", PLACE),
    Finding("unconfirmed", "who knows", "find out", Place()),
)


def test_json_has_everything() -> None:
    written: Any = as_json(FOUND)
    assert written["findings"][0] == {
        "severity": "warning",
        "code": "whole-bucket",
        "title": "a grant covers a whole bucket",
        "file": "access.yaml",
        "line": 9,
        "column": 7,
        "path": "services.job.grants[0]",
        "message": "all of it,\nreally: 100%",
        "remedy": "give it a prefix",
        "link": CODES["whole-bucket"].link,
    }


def test_github_commands_cannot_be_broken_by_what_they_say() -> None:
    assert as_github(FOUND) == (
        "::warning file=access.yaml,line=9,col=7,title=bucketpass%3A a grant covers a whole bucket::"
        "all of it,%0Areally: 100%25 (give it a prefix)",
        "::notice title=bucketpass%3A something about this issuer is not confirmed::who knows (find out)",
    )


def test_sarif_has_rules_and_results_that_refer_to_them() -> None:
    log: Any = as_sarif(FOUND, "1.0")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["whole-bucket", "unconfirmed"]
    assert run["results"][0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "access.yaml"},
        "region": {"startLine": 9, "startColumn": 7},
    }
    assert {result["level"] for result in run["results"]} <= {"error", "warning", "note", "none"}

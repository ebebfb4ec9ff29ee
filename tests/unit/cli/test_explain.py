"""`bucketpass explain`."""

import json
from pathlib import Path

import pytest
from tests.unit.cli.test_deciding import ACCESS

from bucketpass.cli.main import main


def explained(folder: Path, *words: str) -> int:
    (folder / "access.yaml").write_text(ACCESS)
    return main(["explain", "trainer", *words, "--access", str(folder / "access.yaml")])


def test_every_statement_is_shown_with_what_did_not_match(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(tmp_path, "get", "s3://datasets/other/1") == 2
    printed = capsys.readouterr().out
    assert "sts:AssumeRoleWithWebIdentity on arn:aws:iam::111122223333:role/bucketpass-trainer: allowed by statement 0" in printed
    assert "Resource is `arn:aws:s3:::datasets/other/1`, the statement has" in printed


def test_the_json_output_has_each_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(tmp_path, "get", "s3://datasets/raw/1", "--json") == 0
    trust, read = json.loads(capsys.readouterr().out)["explanations"]
    assert [layer["layer"] for layer in trust["layers"]] == ["resource-based policy"]
    assert [layer["layer"] for layer in read["layers"]] == ["resource-based policy", "identity-based policy"]
    assert any(statement["applies"] for layer in read["layers"] for statement in layer["statements"])


def test_a_risk_of_a_trust_that_takes_the_token_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/i.example"},
            "Condition": {"StringEquals": {"i.example:aud": "data"}},
        },
    }
    (tmp_path / "trust.json").write_text(json.dumps(trust))
    words = ["--trust", str(tmp_path / "trust.json"), "--provider", "https://i.example", "--client-id", "data"]
    claims = json.dumps({"iss": "https://i.example", "sub": "anybody", "aud": "data"})
    assert main(["explain", "trainer", "get", "s3://datasets/raw/1", *words, "--claims", claims]) == 2
    assert "The token is accepted, but:\n  error trust policy trust.json trust-without-subject\n" in capsys.readouterr().out


def test_a_code_alone_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "trust-without-subject"]) == 0
    assert capsys.readouterr().out.startswith("error trust-without-subject: any token of this issuer can assume the role\n\n")
    assert main(["explain", "trust-without-subject", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["severity"] == "error"


def test_an_unknown_code_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "trust-without-sub"]) == 3
    assert "did you mean `trust-without-subject`?" in capsys.readouterr().err
    assert main(["explain", "trainer", "get"]) == 3
    assert "the S3 URI is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("bad-token", "the token is one that AWS refuses"),
        ("AccessDenied", "the role does not exist, or"),
        ("no-answer", "STS did not answer"),
    ],
)
def test_the_codes_of_refusals_are_explained_too(code: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith(f"error {code}: ")
    assert words in printed

"""Each verb's JSON has the schema that it names, with its version."""

import json
from pathlib import Path

import pytest
from docs.generators.json_schemas import SCHEMAS, files
from jsonschema import Draft202012Validator
from tests.declarations import EVERYTHING_DECLARED
from tests.json_outputs import validated
from tests.unit.prove import foreign

from bucketpass.cli.json_output import VERSIONS
from bucketpass.cli.main import main

FACTS = ("--account", "111122223333", "--region", "eu-central-1")
REQUEST = ("trainer", "get", "s3://datasets/raw/1")
POLICIES = ("--trust", "trust.json", "--role-policy", "policy.json", "--bucket", "data", "--provider", foreign.OKTA.url)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = (Path(__file__).parents[3] / "examples" / "access.yaml").read_text()
    (tmp_path / "access.yaml").write_text(example)
    (tmp_path / "wrong.yaml").write_text(example.replace("bucket: datasets", "bucket: dataset"))
    (tmp_path / "new.yaml").write_text(example.replace("prefix: raw/, ", "").replace("access: write", "access: [write, delete]"))
    (tmp_path / "everything.yaml").write_text(EVERYTHING_DECLARED)
    (tmp_path / "trust.json").write_text(json.dumps(foreign.CLASSIC_TRUST))
    (tmp_path / "policy.json").write_text(json.dumps(foreign.CLASSIC_POLICY))
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "data-acme"}}
    (tmp_path / "template.json").write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Data": bucket}}))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("error", ("plan", "wrong.yaml")),
        ("error", ("plan", "--no-such-option")),
        ("check", ("check",)),
        ("check", ("check", "wrong.yaml")),
        ("plan", ("plan", *FACTS)),
        ("plan", ("plan", "everything.yaml", *FACTS)),
        ("diff", ("diff", "access.yaml", "new.yaml")),
        ("decide", ("decide", *REQUEST)),
        ("decide", ("decide", *REQUEST, "--claims", '{"iss": "https://acme.okta.com/oauth2/default", "sub": "x", "aud": "y"}')),
        ("explain", ("explain", *REQUEST)),
        ("explain", ("explain", "trainer", "delete", "s3://datasets/raw/1")),
        ("code", ("explain", "trust-without-subject")),
        ("prove", ("prove", "--only", "tokens")),
        ("prove", ("prove", "--never", "GetObject s3://datasets/raw/*", "--by", "trainer")),
        ("prove-differences", ("prove", "--access", "new.yaml", "--against", "access.yaml")),
        ("prove-findings", ("prove", *POLICIES)),
        ("review", ("review", "template.json")),
        ("configure", ("configure", "trainer", "--for", "systemd", *FACTS)),
        ("init", ("init", "--issuer", "github", "--repository", "a/b", "--branch", "main", "--bucket", "data-acme", "--directory", "new")),
    ],
)
def test_the_output_of_a_verb_has_its_schema(kind: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    main([*words, "--json"])
    captured = capsys.readouterr()
    assert validated(captured.out)["schema"] == f"bucketpass.{kind}/{VERSIONS[kind]}"
    assert captured.err == ""


def test_each_kind_of_output_has_a_schema_that_is_one() -> None:
    assert SCHEMAS.keys() == VERSIONS.keys()
    for text in files().values():
        Draft202012Validator.check_schema(json.loads(text))


def test_a_field_that_no_schema_names_is_found() -> None:
    with pytest.raises(Exception, match="Additional properties"):
        validated(json.dumps({"schema": "bucketpass.init/1", "directory": "x", "files": [], "more": 1}))

import json
from pathlib import Path

import pytest
import yaml
from tests.declarations import EVERYTHING_DECLARED

from bucketpass.cli.main import main

HERE = ("--account", "111122223333", "--region", "eu-central-1")


@pytest.fixture
def access(tmp_path: Path) -> str:
    file = tmp_path / "access.yaml"
    file.write_text(EVERYTHING_DECLARED)
    return str(file)


@pytest.mark.parametrize(("form", "key"), [("json", "roles"), ("cloudformation", "Resources"), ("terraform", "resource")])
def test_each_form_is_json(access: str, form: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--access", access, "--format", form, *HERE]) == 0
    assert key in json.loads(capsys.readouterr().out)


def test_the_table_names_every_role(access: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--access", access, *HERE]) == 0
    written = capsys.readouterr().out
    assert "bucketpass-trainer" in written
    assert "bucketpass-eval.one" in written


def test_a_narrow_screen_breaks_long_names_and_drops_none_of_them(
    access: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["plan", "--access", access, *HERE]) == 0
    assert "…" not in capsys.readouterr().out


def test_a_wrong_account_is_one_clear_error(access: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--access", access, "--account", "12"]) == 3
    assert "got the account `12`, expected 12 digits" in capsys.readouterr().err


def test_mistakes_are_told_and_nothing_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "access.yaml"
    file.write_text("issuers: {}\nbuckets: {}\n")
    assert main(["plan", "--access", str(file)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{file}:1:1" in captured.err


def test_yaml_and_json_of_a_template_are_the_same_values(access: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--access", access, "--format", "cloudformation", *HERE]) == 0
    template = json.loads(capsys.readouterr().out)
    assert main(["plan", "--access", access, "--format", "cloudformation-yaml", *HERE]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == template


FOREIGN = """
issuers: {ci: {preset: github}}
buckets:
  partner: {account: "444455556666", encryption: {key: "arn:aws:kms:eu-central-1:444455556666:key/1"}}
services:
  trainer:
    identity: {issuer: ci, repository: acme/eval, environment: production}
    grants: {bucket: partner, prefix: raw/, access: read}
"""


def test_another_accounts_administrators_get_a_file_of_what_they_put_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "access.yaml"
    file.write_text(FOREIGN)
    assert main(["plan", "--access", str(file), "--for-account", "444455556666", "--out", str(tmp_path / "out"), *HERE]) == 0
    (written,) = (tmp_path / "out").iterdir()
    assert capsys.readouterr().out == f"{written}\n"
    partner = json.loads(written.read_text())["partner"]
    assert {principal["AWS"][0] for principal in (partner["key_policy_statements"]["Statement"][0]["Principal"],)} == {
        "arn:aws:iam::111122223333:role/bucketpass-trainer"
    }
    assert "s3:GetObject" in json.dumps(partner["bucket_policy"])


KEYS = """
issuers: {ci: {preset: github}}
buckets: {datasets: {}}
services:
  trainer:
    identity: {issuer: ci, repository: acme/eval, environment: production}
    keys: ["arn:aws:kms:eu-central-1:444455556666:key/1", "arn:aws:kms:eu-central-1:111122223333:key/2"]
    grants: {bucket: datasets, prefix: raw/, access: read}
"""


def test_the_owner_of_a_key_that_a_service_names_gets_the_statements_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "access.yaml"
    file.write_text(KEYS)
    assert main(["plan", "--access", str(file), "--for-account", "444455556666", *HERE]) == 0
    ((key, about),) = json.loads(capsys.readouterr().out).items()
    assert key == about["key"] == "arn:aws:kms:eu-central-1:444455556666:key/1"
    (statement,) = about["key_policy_statements"]["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::111122223333:role/bucketpass-trainer"]}
    assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt"], [key])
    assert statement["Condition"]["StringEquals"] == {"kms:ViaService": ["s3.eu-central-1.amazonaws.com"]}


@pytest.mark.parametrize(
    ("form", "where"),
    [("cloudformation", ("Metadata", "bucketpass", "OtherAccounts")), ("terraform", ("output", "other_accounts", "value"))],
)
def test_every_output_has_the_statements_for_other_accounts(
    form: str, where: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "access.yaml"
    file.write_text(FOREIGN)
    assert main(["plan", "--access", str(file), "--format", form, *HERE]) == 0
    value = json.loads(capsys.readouterr().out)
    for name in where:
        value = value[name]
    assert "bucket_policy" in value["444455556666"]["partner"]


def test_an_account_without_a_bucket_is_one_clear_error(access: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--access", access, "--for-account", "444455556666", *HERE]) == 3
    assert "no declared bucket or key is in account `444455556666`" in capsys.readouterr().err


def test_a_template_that_cloudformation_refuses_has_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    services = "".join(f"  s{number}: {{identity: {{issuer: ci, repository: acme/r{number}, branch: main}}}}\n" for number in range(501))
    (tmp_path / "access.yaml").write_text(f"issuers: {{ci: {{preset: github}}}}\nbuckets: {{}}\nservices:\n{services}")
    form = ["plan", str(tmp_path / "access.yaml"), "--format", "cloudformation"]
    assert main(form) == 1
    assert "the template has 502 resources, CloudFormation takes 500 in a stack" in capsys.readouterr().err
    assert main([*form, "--out", str(tmp_path / "stacks")]) == 0

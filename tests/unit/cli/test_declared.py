import argparse
from pathlib import Path

import pytest

from bucketpass.cli.declared import add_access, add_target, show_map_line, target_of
from bucketpass.compile import Target
from bucketpass.errors import InvalidInput


def target(*words: str) -> Target:
    parser = argparse.ArgumentParser()
    add_access(parser)
    add_target(parser)
    return target_of(parser.parse_args(words))


def test_arguments_come_before_the_environment_and_that_before_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCOUNT_ID", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert target() == Target("111122223333", "us-east-1", "aws")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "444455556666")
    assert target() == Target("444455556666", "cn-north-1", "aws-cn")
    assert target("--account", "777788889999", "--region", "us-gov-west-1") == Target("777788889999", "us-gov-west-1", "aws-us-gov")


def test_an_account_has_twelve_digits() -> None:
    with pytest.raises(InvalidInput, match="12 digits"):
        target("--account", "1")


def test_what_is_deployed_leads_to_its_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a b.yaml"
    show_map_line(file, "sandbox")
    assert capsys.readouterr().out == ""
    file.touch()
    show_map_line(file, "https://example.com")
    assert capsys.readouterr().out == f"access map: bucketpass report '{file}' --deployed https://example.com\n"

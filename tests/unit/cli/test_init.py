import json
from io import StringIO
from pathlib import Path

import pytest

from bucketpass.cli.main import main
from bucketpass.model import load_access

FLAGS = ("--issuer", "github", "--repository", "acme/eval", "--environment", "production", "--bucket", "datasets")


def test_flags_make_files_that_are_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new"
    assert main(["init", "--directory", str(folder), "--access", "read", "--access", "write", *FLAGS]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["Pulumi.yaml", "__main__.py", "access.yaml"]
    assert load_access(folder / "access.yaml").services["service"].identity[0].claims["repository"] == "acme/eval"
    assert "bucketpass check" in capsys.readouterr().out


def test_the_preset_may_stand_first(tmp_path: Path) -> None:
    assert main(["init", "github", "--directory", str(tmp_path), *FLAGS[2:]]) == 0
    assert load_access(tmp_path / "access.yaml").issuers.keys() == {"github"}


def test_the_help_lists_the_options_of_each_preset_on_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["init", "--help"])
    shown = capsys.readouterr().out
    assert "  github      --repository --environment\n" in shown
    assert len(shown.splitlines()) < 90


def test_files_that_are_there_are_not_replaced_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Pulumi.yaml").write_text("mine")
    assert main(["init", "--directory", str(tmp_path), *FLAGS]) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["Pulumi.yaml"]
    assert "already exists" in capsys.readouterr().err
    assert main(["init", "--directory", str(tmp_path), "--force", "--json", *FLAGS]) == 0
    assert json.loads(capsys.readouterr().out)["files"] == ["access.yaml", "__main__.py", "Pulumi.yaml"]


class Terminal(StringIO):
    """Standard input with a person behind it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "prefix", "service"), [("raw/\ntrainer\n", "raw/", "trainer"), ("\n\n", "", "service")])
def test_somebody_who_is_asked_for_the_bucket_is_asked_whose_and_which_objects(
    typed: str, prefix: str, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"datasets\n{typed}"))
    assert main(["init", "--directory", str(tmp_path), *FLAGS[:-2]]) == 0
    access = load_access(tmp_path / "access.yaml")
    assert {name: service.grants[0].prefix for name, service in access.services.items()} == {service: prefix}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "`--issuer` is missing"),
        (("--issuer", "githib"), "got the unknown issuer `githib`"),
        (("--issuer", "github", "--namespace", "x"), "GitHub Actions does not have `--namespace`"),
        (("--issuer", "okta"), "`--url` is missing"),
        (("--issuer", "gitlab"), "`--audience` is missing"),
        (("--issuer", "github"), "`--repository` is missing"),
        (("--issuer", "github", "--repository", "a/b", "--branch", "c"), "`--bucket` is missing"),
        (
            ("--issuer", "github", "--repository", "a/b", "--bucket", "c-d"),
            "`--environment` is missing (the deployment environment of the job; or --branch, --tag, --event)",
        ),
        (("--issuer", "github", "--repository", "a/b", "--branch", "c", "--tag", "d", "--bucket", "e"), "expected one of: repository + "),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_written(
    flags: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--directory", str(tmp_path), *flags]) == 3
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_one_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["init", "--directory", str(tmp_path / "file" / "new"), *FLAGS]) == 3
    assert "cannot write to" in capsys.readouterr().err


@pytest.mark.parametrize("repository", ["acme", "a/b/c", "https://github.com/a/b"])
def test_a_repository_of_another_form_is_refused_and_nothing_is_written(
    repository: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--directory", str(tmp_path), *FLAGS, "--repository", repository]) == 3
    assert f"got `--repository {repository}`, expected `owner/name`" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []

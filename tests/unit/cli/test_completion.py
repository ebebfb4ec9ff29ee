"""What a shell is offered, and that bash takes it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bucketpass.cli.commands import COMMANDS
from bucketpass.cli.completion import FILES, SCRIPTS, candidates
from bucketpass.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "access.yaml").write_text((Path(__file__).parents[3] / "examples" / "access.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def values(line: str) -> list[str]:
    return [value for value, _ in candidates(line.split(" "))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", list(COMMANDS)),
        ("de", ["demo", "decide"]),
        ("decide ", ["trainer", "evaluator"]),
        ("decide tr", ["trainer"]),
        ("decide trainer g", ["get"]),
        ("decide trainer get s3://datasets/r", ["s3://datasets/raw/"]),
        ("decide --plain-http trainer --tag a=b get s3://", ["s3://datasets/", "s3://datasets/raw/", "s3://datasets/checkpoints/"]),
        ("explain trust-without-s", ["trust-without-subject"]),
        ("explain eval", ["evaluator"]),
        ("configure ok", ["okta"]),
        ("configure trainer --for sys", ["systemd"]),
        ("prove --role bucketpass-t", ["bucketpass-trainer"]),
        ("prove --by ", ["trainer", "evaluator"]),
        ("exec --role-arn ", ["arn:aws:iam::111122223333:role/bucketpass-trainer", "arn:aws:iam::111122223333:role/bucketpass-evaluator"]),
        ("exec --prefix datasets/r", ["datasets/raw/"]),
        ("prove --only tr", ["trainer"]),
        ("up --to s", ["sandbox"]),
        ("check --format s", ["sarif"]),
        ("check --acc", ["--access", "--account"]),
        ("check --access ", [FILES]),
        ("diff ", [FILES]),
        ("sandbox tail --den", ["--denied"]),
        ("sandbox token e", ["evaluator"]),
        ("init --issuer aut", ["auth0"]),
        ("doctor s3://datasets/c", ["s3://datasets/checkpoints/"]),
        ("nonsense ", []),
        ("plan x y ", []),
    ],
)
def test_the_last_word_is_completed(line: str, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCOUNT_ID", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert sorted(values(line)) == sorted(expected)


@pytest.mark.parametrize("text", [None, "services: [", "issuers: {}\n"])
def test_a_declaration_that_is_missing_or_wrong_offers_nothing_and_is_no_error(text: str | None, folder: Path) -> None:
    (folder / "access.yaml").unlink()
    if text is not None:
        (folder / "access.yaml").write_text(text)
    assert values("decide ") == []


def test_another_declaration_can_be_named(folder: Path) -> None:
    (folder / "access.yaml").rename(folder / "other.yaml")
    assert values("decide --access other.yaml tr") == ["trainer"]


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_verb_offers_its_options(verb: str) -> None:
    assert all(value.startswith("--") for value in values(f"{verb} --"))
    assert verb == "completion" or values(f"{verb} --")


LINES = {
    "bucketpass che": "check",
    "bucketpass decide tr": "trainer",
    "bucketpass decide trainer get s3://datasets/ra": "s3://datasets/raw/",
    "bucketpass explain trust-without-su": "trust-without-subject",
}


def shell_output(shell: str, script: str, folder: Path) -> list[str]:
    """The lines that the shell prints where `bucketpass` is this program. Skips, and says so, where there is no such shell."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} IS NOT INSTALLED, its completion is not tried: apt-get install {shell}")
    command = folder / "bucketpass"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m bucketpass "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}
    done = subprocess.run([shell, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(("line", "expected"), LINES.items())
def test_bash_completes_by_the_script(line: str, expected: str, folder: Path) -> None:
    script = (
        f"{SCRIPTS['bash']}\nCOMP_LINE={line!r} COMP_POINT={len(line)}\n"
        "compopt() { :; }\n_bucketpass\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    # Readline takes `:` for the end of a word.
    assert shell_output("bash", script, folder) == [expected.removeprefix("s3:")]


@pytest.mark.parametrize(("line", "expected"), LINES.items())
def test_zsh_completes_by_the_script(line: str, expected: str, folder: Path) -> None:
    stubs = 'compdef() { : }\n_describe() { print -rl -- "${found[@]}" }\n'
    script = f"{stubs}{SCRIPTS['zsh']}\nwords=({line}) CURRENT={len(line.split())}\n_bucketpass\n"
    (found,) = shell_output("zsh", script, folder)
    assert found.startswith(expected.replace(":", "\\:") + ":")


@pytest.mark.parametrize(("line", "expected"), LINES.items())
def test_fish_completes_by_the_script(line: str, expected: str, folder: Path) -> None:
    (found,) = shell_output("fish", f"{SCRIPTS['fish']}\ncomplete --do-complete '{line}'\n", folder)
    assert found.partition("\t")[0] == expected


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_scripts_are_right_for_their_shell(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", str(script)], check=True)


def test_a_candidate_and_its_description_stand_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["complete", "--", "decide", "tr"]) == 0
    assert capsys.readouterr().out == "trainer\tdatasets/raw/, datasets/checkpoints/\n"

"""The same cause ends every verb in the same way: exit code, code of the finding, stream and form."""

import json
import re
from pathlib import Path

import pytest

from bucketpass.cli.commands import COMMANDS
from bucketpass.cli.main import main
from bucketpass.findings import CODES

DECIDE = ("trainer", "get", "s3://datasets/raw/1")
FACTS = ("--account", "111122223333")

# Verb -> the rest of a command line that is right, as far as it does not name what the cause is about.
DECLARED = {
    "check": (),
    "plan": (),
    "decide": DECIDE,
    "explain": DECIDE,
    "prove": (),
    "up": (),
    "preview": (),
    "configure": ("trainer", "--for", "systemd", *FACTS, "--region", "us-east-1"),
    "doctor": (),
    "sandbox": (),
    "usage": ("logs",),
}
OF_A_REGION = {
    "check": (),
    "plan": (),
    "decide": DECIDE,
    "explain": DECIDE,
    "prove": (),
    "configure": ("trainer", "--for", "systemd", *FACTS),
    "import": ("--directory", "new"),
    "sandbox": (),
    "usage": ("logs",),
    "review": (),
}
OF_THE_SANDBOX = {
    "up": (),
    "preview": (),
    "down": ("--yes",),
    "decide": (*DECIDE, "--deployed", "sandbox"),
    "explain": (*DECIDE, "--deployed", "sandbox"),
    "prove": ("--deployed", "sandbox"),
    "import": ("--from", "sandbox", "--directory", "new"),
    "sandbox": ("tail",),
    "review": ("--deployed", "sandbox"),
}
OF_AWS = {
    "decide": (*DECIDE, "--deployed", "aws"),
    "explain": (*DECIDE, "--deployed", "aws"),
    "prove": ("--deployed", "aws"),
    "import": ("--directory", "new", "--region", "us-east-1"),
    "review": ("--deployed", "aws"),
}
OF_PULUMI = {"up": ("--to", "aws", "--yes"), "preview": ("--to", "aws"), "down": ("--to", "aws", "--yes")}
OF_AN_ACCOUNT = {verb: words for verb, words in OF_A_REGION.items() if verb not in {"configure", "import", "sandbox"}}

# Cause -> verbs, what each is given beside, exit code, code.
CAUSES: dict[str, tuple[dict[str, tuple[str, ...]], tuple[str, ...], int, str]] = {
    "an unknown option": (dict.fromkeys(COMMANDS, ()), ("--no-such-option",), 3, "usage"),
    "no declaration": (DECLARED, ("--access", "no-such-file.yaml"), 3, "declaration"),
    "a wrong declaration": (DECLARED, ("--access", "wrong.yaml"), 3, "declaration"),
    "no Region of AWS": (OF_A_REGION, ("--region", "us-esat-1"), 3, "invalid-input"),
    "no account": (OF_AN_ACCOUNT, ("--account", "12"), 3, "invalid-input"),
    "no sandbox": (OF_THE_SANDBOX, (), 1, "sandbox"),
    "no credentials for AWS": (OF_AWS, (), 3, "no-aws-credentials"),
    "no Pulumi": (OF_PULUMI, (), 3, "missing-program"),
}
CASES = [
    pytest.param(verb, (*words, *more), exit_code, code, id=f"{cause}: {verb}")
    for cause, (verbs, more, exit_code, code) in CAUSES.items()
    for verb, words in verbs.items()
]
WRITES_JSON = frozenset(COMMANDS) - {"exec", "serve", "credential-process", "completion"}


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without anything: a folder with a declaration, and with a wrong one."""
    example = (Path(__file__).parents[3] / "examples" / "access.yaml").read_text()
    (tmp_path / "access.yaml").write_text(example)
    (tmp_path / "wrong.yaml").write_text(example.replace("bucket: datasets", "bucket: dataset"))
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.mark.parametrize(("verb", "words", "exit_code", "code"), CASES)
def test_people_see_code_message_and_remedy_on_standard_error(
    verb: str, words: tuple[str, ...], exit_code: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, *words]) == exit_code
    captured = capsys.readouterr()
    assert captured.out == ""
    heads = [line for line in captured.err.splitlines() if not line.startswith(" ")]
    assert re.fullmatch(rf"error( \S+:\d+:\d+)?( \S+)? {code}", heads[0])
    assert "\n  remedy: " in captured.err
    assert f"Exit code {exit_code}." in CODES[code].explanation


@pytest.mark.parametrize(("verb", "words", "exit_code", "code"), [case for case in CASES if case.values[0] in WRITES_JSON])
def test_programs_get_one_object_on_standard_output(
    verb: str, words: tuple[str, ...], exit_code: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if verb == "sandbox" and "tail" in words:
        pytest.skip("one object a request")
    assert main([verb, *words, "--json"]) == exit_code
    captured = capsys.readouterr()
    written = json.loads(captured.out)
    findings = written["findings"] if "findings" in written else written["diagnostics"]
    assert ({finding["code"] for finding in findings}, captured.err) == ({code}, "")

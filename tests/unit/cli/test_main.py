import argparse
import json
from importlib import import_module

import pytest

from bucketpass.cli.commands import COMMANDS, GROUPS
from bucketpass.cli.main import main
from bucketpass.cli.show_error import show_error
from bucketpass.errors import DeclarationError, Diagnostic, Place, Severity

MISTAKES = DeclarationError(
    diagnostics=(
        Diagnostic("unknown-name", "got `traner`", "write `trainer`", Place("access.yaml", 3, 5, "services.x")),
        Diagnostic("unused", "`spare` is used nowhere", severity=Severity.WARNING),
        Diagnostic("range", "got `9h`", "at most 12h"),
    )
)


@pytest.mark.parametrize("verb", COMMANDS)
def test_each_command_has_a_module_with_its_arguments(verb: str) -> None:
    command = import_module(f"bucketpass.cli.{COMMANDS[verb].module}")
    command.add_arguments(argparse.ArgumentParser())
    assert callable(command.run)


@pytest.mark.parametrize("words", [[], ["--help"], ["help"], ["-h"]])
def test_without_a_verb_the_commands_are_listed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert [verb for verb in COMMANDS if f"  {verb} " not in shown] == []
    assert [title for title in GROUPS if f"\n{title}:\n" not in shown] == []
    assert max(map(len, shown.splitlines())) <= 108


def test_an_unknown_verb_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dmeo"]) == 3
    assert capsys.readouterr().err == "error usage\n  `dmeo` is not a command\n  remedy: Did you mean `demo`?\n"


def test_a_wrong_flag_is_invalid_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--wrong"]) == 3
    assert capsys.readouterr().err == "error usage\n  unrecognized arguments: --wrong\n  remedy: bucketpass demo --help\n"


def test_a_mistyped_flag_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--strct"]) == 3
    assert "remedy: Did you mean `--strict`?" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["demo", "--json", "--wrong"], ["dmeo", "--json"], ["diff", "a", "--format", "json"]])
def test_a_wrong_command_line_is_json_where_json_was_asked_for(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 3
    captured = capsys.readouterr()
    assert (json.loads(captured.out)["error"], captured.err) == ("usage", "")


def test_people_see_every_mistake_with_its_place_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(MISTAKES, as_json=False)
    assert capsys.readouterr().err.splitlines() == [
        "error access.yaml:3:5 services.x unknown-name",
        "  got `traner`",
        "  remedy: write `trainer`",
        "warning unused",
        "  `spare` is used nowhere",
        "error range",
        "  got `9h`",
        "  remedy: at most 12h",
        "2 errors; nothing was done",
    ]


def test_programs_see_the_same_as_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(MISTAKES, as_json=True)
    shown = json.loads(capsys.readouterr().out)
    assert shown["error"] == "declaration"
    assert [diagnostic["line"] for diagnostic in shown["diagnostics"]] == [3, None, None]

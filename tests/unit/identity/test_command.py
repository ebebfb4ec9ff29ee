"""Tokens that a program prints."""

import subprocess

import pytest
from tests.fake_machine import fake_machine, printed

from bucketpass.errors import IdentityError
from bucketpass.identity.command import CommandSource, detect, token_in
from bucketpass.identity.interface import NotHere


@pytest.mark.parametrize("output", ["token\n", '{"access_token": "token"}', '{"id_token": "token", "access_token": "other"}'])
def test_the_output_is_the_token_or_json_that_holds_it(output: str) -> None:
    assert CommandSource(fake_machine(program=printed(output)), ("agent",)).fetch().reveal() == "token"


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (printed("", 3), "exit code 3"),
        (printed("\n"), "printed no token"),
        (printed('{"other": 1}'), "printed no token"),
        (printed("{not json"), "printed no token"),
        (FileNotFoundError(2, "No such file or directory"), "cannot be started"),
        (subprocess.TimeoutExpired("agent", 30), "gave no token in 30 s"),
    ],
)
def test_a_program_that_fails_is_named_but_never_quoted(program: Exception | subprocess.CompletedProcess[str], says: str) -> None:
    with pytest.raises(IdentityError, match=says) as caught:
        CommandSource(fake_machine(program=program), ("agent", "--password", "hunter2")).fetch()
    assert "password" not in str(caught.value)


def test_the_command_is_split_as_a_shell_would_but_no_shell_runs_it() -> None:
    found = detect(fake_machine(), "agent 'two words' $(rm)", None)
    assert isinstance(found, CommandSource)
    assert found.words == ("agent", "two words", "$(rm)")


def test_a_quote_that_does_not_end_is_an_error() -> None:
    with pytest.raises(IdentityError, match="cannot be read"):
        detect(fake_machine(), "agent 'x", None)


def test_without_a_command_there_is_none() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)


@pytest.mark.parametrize(
    ("output", "token"),
    [
        ('[{"svids": [{"hint": "", "spiffe_id": "spiffe://x", "svid": "jwt"}]}, {"bundles": {}}]', "jwt"),
        ('{"svids": [{"svid": "jwt"}]}', "jwt"),
        ("[]", ""),
        ("[1, [2]]", ""),
        ("[" * 100_000, ""),
    ],
)
def test_the_json_that_spire_agent_prints_is_read(output: str, token: str) -> None:
    assert token_in(output) == token

"""The machine that sources look at."""

from pathlib import Path

import pytest
from tests.fake_machine import fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.interface import broken, read_file, run_program, this_machine


def test_the_first_variable_that_is_set_and_not_empty_counts() -> None:
    machine = fake_machine({"A": "", "B": "b", "C": "c"})
    assert machine.value("A", "B", "C") == "b"
    assert machine.value("A", "Z") is None


def test_an_empty_file_is_as_none() -> None:
    machine = fake_machine(files={"/empty": "\n", "/full": "x"})
    assert [machine.has_file(path) for path in ("/empty", "/full", "/none")] == [False, True, False]


def test_a_file_that_is_no_text_is_an_os_error(tmp_path: Path) -> None:
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OSError, match="not UTF-8 text"):
        read_file(str(path))


def test_a_program_runs_without_a_shell_and_without_input() -> None:
    assert run_program(("echo", "$HOME; x"), 5).stdout == "$HOME; x\n"
    assert run_program(("cat",), 5).stdout == ""


def test_this_machine_reads_its_real_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKETPASS_TEST", "x")
    assert this_machine().value("BUCKETPASS_TEST") == "x"


def test_broken_raises_with_the_remedy() -> None:
    with pytest.raises(IdentityError) as caught:
        broken("no token", "make one")
    assert caught.value.diagnostics()[0].remedy == "make one"

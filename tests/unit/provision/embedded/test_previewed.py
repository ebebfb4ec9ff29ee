import os
from dataclasses import replace
from pathlib import Path

import pytest

from bucketpass.provision.embedded.previewed import note_previewed, was_previewed
from bucketpass.provision.embedded.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__main__.py").write_text("1")
    return Program("shop", tmp_path / "shop", tmp_path / "shop", {"shop:a": "1"})


def test_what_was_noted_holds_until_the_program_changes(program: Program, tmp_path: Path) -> None:
    state = tmp_path / "shop.dev.json"
    assert not was_previewed(state, program)
    note_previewed(state, program)
    assert was_previewed(state, program)
    (program.root / "helper.py").write_text("2")
    assert not was_previewed(state, program)
    note_previewed(state, program)
    (program.root / ".bucketpass").mkdir()
    (program.root / ".bucketpass" / "x").write_text("")
    assert was_previewed(state, program)
    os.utime(program.root / "helper.py", (1, 1))
    assert not was_previewed(state, program)


def test_configuration_and_environment_count(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "shop.dev.json"
    note_previewed(state, program)
    assert not was_previewed(state, replace(program, config={"shop:a": "2"}))
    monkeypatch.setenv("STAGE", "prod")
    assert not was_previewed(state, program)


def test_no_value_is_kept(program: Program, tmp_path: Path) -> None:
    state = tmp_path / "shop.dev.json"
    note_previewed(state, replace(program, config={"shop:password": "swordfish"}))
    assert "swordfish" not in (tmp_path / "shop.dev.previewed").read_text()

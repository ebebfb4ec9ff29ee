"""Secrets of a state."""

import base64
from pathlib import Path

import pytest

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.sealing import KeyFile


def test_what_is_sealed_opens_with_the_same_key_in_another_process(tmp_path: Path) -> None:
    sealed = KeyFile(tmp_path / "key").seal("swordfish ü")
    assert "swordfish" not in base64.b64decode(sealed).decode(errors="replace")
    assert KeyFile(tmp_path / "key").open(sealed) == "swordfish ü"


def test_the_same_text_is_never_sealed_the_same_way_twice(tmp_path: Path) -> None:
    key = KeyFile(tmp_path / "key")
    assert key.seal("x") != key.seal("x")


def test_the_key_is_its_owners_alone_and_is_made_only_when_needed(tmp_path: Path) -> None:
    key = KeyFile(tmp_path / "key")
    assert not (tmp_path / "key").exists()
    key.seal("x")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_another_key_or_a_forged_text_opens_nothing(tmp_path: Path) -> None:
    sealed = KeyFile(tmp_path / "key").seal("swordfish")
    with pytest.raises(ProvisionError, match="cannot be opened"):
        KeyFile(tmp_path / "other").open(sealed)
    forged = base64.b64encode(bytes([*base64.b64decode(sealed)[:-1], 0])).decode()
    with pytest.raises(ProvisionError, match="cannot be opened"):
        KeyFile(tmp_path / "key").open(forged)

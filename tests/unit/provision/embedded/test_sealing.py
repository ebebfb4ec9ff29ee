"""Secrets in files."""

import base64
from pathlib import Path

import pytest

from bucketpass.errors import InvalidInput, ProvisionError
from bucketpass.provision.embedded.sealing import find_passphrase, sealer_of_passphrase, sealer_of_stack
from bucketpass.secret import Secret

# What Pulumi's own passphrase provider keeps of these passphrases, as its tests have it.
KEPT = {
    "password": "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ==",
    "": "v1:LVuDkcjhUns=:v1:WPbL+tmbxnqWswQ2:lebZxStyHT3IZkmbN+3xCx9zqtoPog==",
}
PASSPHRASE = Secret("correct horse")


@pytest.mark.parametrize("passphrase", KEPT)
def test_what_pulumi_sealed_with_a_passphrase_opens_with_it(passphrase: str) -> None:
    sealer = sealer_of_passphrase(Secret(passphrase), KEPT[passphrase])
    assert sealer.open(sealer.seal("swordfish")) == "swordfish"


@pytest.mark.parametrize("kept", [KEPT["password"], "v1:fozI5u6B030=", "", "v2:fozI5u6B030=:v1:a:b", "v1:*:v1:a:b"])
def test_another_passphrase_or_a_broken_proof_is_refused(kept: str) -> None:
    with pytest.raises(ProvisionError, match="incorrect passphrase"):
        sealer_of_passphrase(Secret("password123"), kept)


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_what_is_sealed_opens_in_another_process(tmp_path: Path, passphrase: Secret | None) -> None:
    sealed = sealer_of_stack(tmp_path / "key", passphrase).seal("swordfish ü")
    assert "swordfish" not in sealed
    assert "swordfish" not in base64.b64decode(sealed.split(":")[2]).decode(errors="replace")
    assert sealer_of_stack(tmp_path / "key", passphrase).open(sealed) == "swordfish ü"
    assert "correct horse" not in (tmp_path / "key").read_text()


def test_the_same_text_is_never_sealed_the_same_way_twice(tmp_path: Path) -> None:
    sealer = sealer_of_stack(tmp_path / "key", None)
    assert sealer.seal("x") != sealer.seal("x")


def test_the_key_is_its_owners_alone_and_is_made_only_when_needed(tmp_path: Path) -> None:
    sealer = sealer_of_stack(tmp_path / "key", None)
    assert not (tmp_path / "key").exists()
    sealer.seal("x")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_state_that_was_sealed_with_a_passphrase_needs_it_again(tmp_path: Path) -> None:
    sealed = sealer_of_stack(tmp_path / "key", PASSPHRASE).seal("swordfish")
    with pytest.raises(ProvisionError, match="set PULUMI_CONFIG_PASSPHRASE"):
        sealer_of_stack(tmp_path / "key", None).open(sealed)
    with pytest.raises(ProvisionError, match="incorrect passphrase"):
        sealer_of_stack(tmp_path / "key", Secret("wrong")).open(sealed)


def test_a_passphrase_that_comes_later_leaves_the_key_as_it_is(tmp_path: Path) -> None:
    sealed = sealer_of_stack(tmp_path / "key", None).seal("swordfish")
    assert sealer_of_stack(tmp_path / "key", PASSPHRASE).open(sealed) == "swordfish"


@pytest.mark.parametrize("change", [lambda text: text[:-4] + "AAA=", lambda text: "v2" + text[2:], lambda text: "v1:a", lambda text: ""])
def test_another_key_or_a_forged_text_opens_nothing(tmp_path: Path, change: object) -> None:
    sealer = sealer_of_stack(tmp_path / "key", None)
    sealed = sealer.seal("swordfish")
    with pytest.raises(ProvisionError, match="cannot be opened"):
        sealer_of_stack(tmp_path / "other", None).open(sealed)
    assert callable(change)
    with pytest.raises(ProvisionError, match="cannot be opened"):
        sealer.open(change(sealed))


def test_the_passphrase_is_found_where_pulumi_looks_for_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("from file\n")
    in_file = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "file")}
    assert find_passphrase({}) is None
    assert find_passphrase(in_file) == Secret("from file")
    assert find_passphrase({**in_file, "PULUMI_CONFIG_PASSPHRASE": "direct"}) == Secret("direct")
    assert find_passphrase({"PULUMI_CONFIG_PASSPHRASE": ""}) == Secret("")
    with pytest.raises(InvalidInput, match="cannot be read"):
        find_passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "none")})

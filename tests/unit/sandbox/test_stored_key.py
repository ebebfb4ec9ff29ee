from types import SimpleNamespace

import pytest

from bucketpass.sandbox.stored_key import StoredKey, stored_key

ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234"


def backend(**settings: object) -> SimpleNamespace:
    key = SimpleNamespace(id="1234", arn=ARN, policy="{}", aliases={}, **{"enabled": True, "key_state": "Enabled", **settings})
    key.aliases["a"] = SimpleNamespace(alias_name="alias/data", target_key_id="1234")
    return SimpleNamespace(keys={"1234": key}, tagger=SimpleNamespace(get_tag_dict_for_resource={"1234": {"team": "ml"}}.get))


@pytest.mark.parametrize("name", ["1234", "alias/data"])
def test_a_key_is_found_by_its_id_and_by_an_alias(name: str) -> None:
    found = stored_key(backend(), name)
    assert found == StoredKey(ARN, "{}", True, "Enabled", {"team": "ml"})
    assert (found.account, found.tags) == ("111122223333", {"team": "ml"})


@pytest.mark.parametrize("name", ["", "123", "alias/other", "alias/"])
def test_no_key_has_another_name(name: str) -> None:
    assert stored_key(backend(), name) is None


@pytest.mark.parametrize("settings", [{"enabled": False}, {"key_state": "PendingDeletion"}, {"key_state": "Disabled"}])
def test_a_key_that_is_disabled_or_about_to_be_deleted_is_not_usable(settings: dict[str, object]) -> None:
    found = stored_key(backend(**settings), "1234")
    assert found is not None
    assert not found.usable

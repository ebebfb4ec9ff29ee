"""KMS's handlers, against moto within the process."""

from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.kms import Alias, Key, KeyPolicy
from bucketpass.provision.embedded.values import Properties

KEY: Properties = {
    "description": "objects",
    "keyUsage": "ENCRYPT_DECRYPT",
    "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
    "isEnabled": True,
    "enableKeyRotation": True,
    "tags": {"a": "1"},
    "tagsAll": {"a": "1"},
}


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        yield moto_clients()


def test_a_key_is_read_back_as_it_was_asked_for(aws: RegionClients) -> None:
    made = Key().create(aws, KEY)
    found = Key().read(aws, made.id)
    assert found is not None
    assert {name: found[name] for name in KEY} == KEY
    assert {name: found[name] for name in made.computed} == made.computed


def test_a_key_changes_in_place(aws: RegionClients) -> None:
    key = Key().create(aws, KEY).id
    policy = '{"Version":"2012-10-17","Statement":[]}'
    new: Properties = {
        **KEY,
        "description": "more",
        "isEnabled": False,
        "enableKeyRotation": False,
        "tags": {"b": "2"},
        "tagsAll": {"b": "2"},
        "policy": policy,
    }
    Key().update(aws, key, KEY, new)
    found = Key().read(aws, key)
    assert found is not None
    assert {name: found[name] for name in new} == new
    Key().update(aws, key, new, KEY)
    again = Key().read(aws, key)
    assert again is not None
    assert (again["isEnabled"], again["enableKeyRotation"]) == (True, True)


def test_a_deleted_key_counts_as_gone(aws: RegionClients) -> None:
    key = Key().create(aws, KEY).id
    Key().delete(aws, key, {"deletionWindowInDays": 7})
    assert Key().read(aws, key) is None
    assert Key().read(aws, "11111111-2222-3333-4444-555555555555") is None


def test_an_alias_is_made_moved_and_deleted(aws: RegionClients) -> None:
    one, two = Key().create(aws, KEY).id, Key().create(aws, KEY).id
    wanted: Properties = {"name": "alias/datasets", "targetKeyId": one}
    made = Alias().create(aws, wanted)
    assert made.id == Alias().find(aws, wanted) == "alias/datasets"
    assert made.computed["arn"] == "arn:aws:kms:eu-central-1:123456789012:alias/datasets"
    Alias().update(aws, made.id, wanted, {**wanted, "targetKeyId": two})
    found = Alias().read(aws, made.id)
    assert found is not None
    assert (found["targetKeyId"], str(found["targetKeyArn"]).rpartition("/")[2]) == (two, two)
    Alias().delete(aws, made.id, {})
    Alias().delete(aws, made.id, {})
    assert Alias().read(aws, made.id) is None


def test_a_keys_policy_is_set_by_id_or_arn_and_is_the_usual_one_again() -> None:
    with mock_aws():
        aws = moto_clients()
        key = aws.kms.create_key()["KeyMetadata"]
        policy = '{"Version": "2012-10-17", "Statement": []}'
        made = KeyPolicy().create(aws, {"keyId": key["Arn"], "policy": policy})
        assert made.id == KeyPolicy().find(aws, {"keyId": key["KeyId"]}) == key["KeyId"]
        assert (KeyPolicy().read(aws, made.id) or {})["policy"] == policy
        KeyPolicy().delete(aws, made.id, {})
        assert "kms:*" in str((KeyPolicy().read(aws, made.id) or {})["policy"])
        KeyPolicy().delete(aws, "00000000-0000-0000-0000-000000000000", {})
        assert KeyPolicy().read(aws, "00000000-0000-0000-0000-000000000000") is None

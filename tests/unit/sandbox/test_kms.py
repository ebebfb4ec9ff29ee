import json
from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, inside, text_of

from bucketpass.sandbox.kms import ON_ACCOUNT, ON_KEY
from bucketpass.wire.server import ServerResponse


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def answered(response: ServerResponse) -> dict[str, object]:
    found: dict[str, object] = json.loads(text_of(response) or "{}") or {}
    return found


def code(response: ServerResponse) -> str:
    return str(answered(response).get("__type", ""))


def make(world: Inside, **members: object) -> str:
    metadata = answered(world.kms("CreateKey", None, **members))["KeyMetadata"]
    assert isinstance(metadata, dict)
    return str(metadata["Arn"])


def test_a_key_seals_and_opens_for_those_who_may(world: Inside) -> None:
    key = make(world)
    sealed = str(
        answered(world.kms("Encrypt", KeyId=key, Plaintext=b64encode(b"x").decode(), EncryptionContext={"a": "1"}))["CiphertextBlob"]
    )
    opened = answered(world.kms("Decrypt", CiphertextBlob=sealed, EncryptionContext={"a": "1"}))
    assert b64decode(str(opened["Plaintext"])) == b"x"
    condition = {"StringEquals": {"kms:EncryptionContext:a": "1"}}
    keys = world.user("u", {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": condition})
    assert code(world.kms("Decrypt", keys, CiphertextBlob=sealed, EncryptionContext={"a": "1"})) == ""
    assert code(world.kms("Decrypt", keys, CiphertextBlob=sealed, EncryptionContext={"a": "2"})) == "AccessDeniedException"
    assert code(world.kms("Encrypt", keys, KeyId=key, Plaintext="eA==")) == "AccessDeniedException"


def test_identity_policies_count_where_the_key_lets_the_account_in(world: Inside) -> None:
    keys = world.user("u", {"Effect": "Allow", "Action": "kms:*", "Resource": "*"})
    only_root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/u"}, "Action": "kms:Describe*", "Resource": "*"}
    key = make(world, Policy=json.dumps({"Version": "2012-10-17", "Statement": [only_root]}))
    assert code(world.kms("DescribeKey", keys, KeyId=key)) == ""
    assert code(world.kms("Encrypt", keys, KeyId=key, Plaintext="eA==")) == "AccessDeniedException"


@pytest.mark.parametrize(
    ("action", "members", "expected"),
    [
        ("Sign", {"KeyId": "k"}, "UnknownOperationException"),
        ("DescribeKey", {"KeyId": "none"}, "NotFoundException"),
        ("DescribeKey", {}, "NotFoundException"),
        ("Decrypt", {"CiphertextBlob": "%%%"}, "InvalidCiphertextException"),
        ("Decrypt", {"CiphertextBlob": "AAAA"}, "InvalidCiphertextException"),
        ("Decrypt", {"CiphertextBlob": "AAAA", "KeyId": "none"}, "NotFoundException"),
        ("CreateKey", {"Policy": "{}"}, "MalformedPolicyDocumentException"),
        ("CreateKey", {"Policy": "x" * 40_000}, "LimitExceededException"),
    ],
)
def test_what_kms_does_not_take_is_refused(world: Inside, action: str, members: dict[str, object], expected: str) -> None:
    assert code(world.kms(action, None, **members)) == expected


def test_a_ciphertext_opens_with_its_own_key_alone(world: Inside) -> None:
    key, other = make(world), make(world)
    sealed = str(answered(world.kms("Encrypt", KeyId=key, Plaintext="eA=="))["CiphertextBlob"])
    assert code(world.kms("Decrypt", KeyId=key, CiphertextBlob=sealed)) == ""
    assert code(world.kms("Decrypt", KeyId=other, CiphertextBlob=sealed)) == "IncorrectKeyException"
    assert code(world.kms("Decrypt", KeyId=other, CiphertextBlob="AAAA")) == "InvalidCiphertextException"


@pytest.mark.parametrize(
    ("days", "expected"), [(6, "ValidationException"), (31, "ValidationException"), ("7", "ValidationException"), (7, "")]
)
def test_a_key_is_deleted_in_a_week_or_up_to_thirty_days(world: Inside, days: object, expected: str) -> None:
    assert code(world.kms("ScheduleKeyDeletion", KeyId=make(world), PendingWindowInDays=days)) == expected


@pytest.mark.parametrize("action", sorted(ON_KEY | ON_ACCOUNT))
def test_an_operation_without_its_members_is_refused_and_breaks_nothing(world: Inside, action: str) -> None:
    key = make(world)
    for members in (
        {},
        {"KeyId": key},
        {"KeyId": key, "Tags": 1, "Policy": 2, "PolicyName": "default", "Plaintext": 3, "PendingWindowInDays": "x"},
    ):
        assert world.kms(action, None, **members).status in (200, 400), action


def test_a_key_policy_names_principals_that_exist(world: Inside) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/none"}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert code(world.kms("CreateKey", None, Policy=policy)) == "MalformedPolicyDocumentException"


SEALING = ("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext")


def called(world: Inside, action: str, key: str, sealed: str) -> str:
    members: dict[str, dict[str, object]] = {
        "Encrypt": {"Plaintext": "eA=="},
        "Decrypt": {"CiphertextBlob": sealed},
        "ScheduleKeyDeletion": {"PendingWindowInDays": 7},
    }
    lengths: dict[str, object] = {"NumberOfBytes": 32} if action.startswith("GenerateDataKey") else {}
    return code(world.kms(action, None, **{"KeyId": key, **members.get(action, {}), **lengths}))


def test_a_disabled_key_seals_and_opens_nothing(world: Inside) -> None:
    key = make(world)
    sealed = str(answered(world.kms("Encrypt", KeyId=key, Plaintext="eA=="))["CiphertextBlob"])
    world.kms("DisableKey", KeyId=key)
    assert {called(world, action, key, sealed) for action in SEALING} == {"DisabledException"}
    assert called(world, "EnableKeyRotation", key, sealed) == "DisabledException"
    assert code(world.kms("Decrypt", CiphertextBlob=sealed)) == "DisabledException"
    assert code(world.kms("CancelKeyDeletion", KeyId=key)) == "KMSInvalidStateException"
    assert called(world, "EnableKey", key, sealed) == ""
    assert {called(world, action, key, sealed) for action in SEALING} == {""}


def test_a_key_that_is_to_be_deleted_does_nothing_but_come_back(world: Inside) -> None:
    key = make(world)
    sealed = str(answered(world.kms("Encrypt", KeyId=key, Plaintext="eA=="))["CiphertextBlob"])
    world.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    refused = (*SEALING, "EnableKey", "DisableKey", "EnableKeyRotation", "ScheduleKeyDeletion")
    assert {called(world, action, key, sealed) for action in refused} == {"KMSInvalidStateException"}
    assert [called(world, action, key, sealed) for action in ("DescribeKey", "CancelKeyDeletion")] == ["", ""]
    assert called(world, "Encrypt", key, sealed) == "DisabledException"


def test_a_key_policy_is_bound_to_the_user_that_it_named(world: Inside) -> None:
    keys = world.user("ann")
    arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
    root = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    own = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "kms:DescribeKey", "Resource": "*"}
    key = make(world, Policy=json.dumps({"Version": "2012-10-17", "Statement": [root, own]}))
    assert code(world.kms("DescribeKey", keys, KeyId=key)) == ""
    assert arn in str(answered(world.kms("GetKeyPolicy", KeyId=key))["Policy"])
    for name in ("DeleteAccessKey", "DeleteUser"):
        world.form("iam", name, None, UserName="ann", AccessKeyId=keys.access_key)
    again = world.user("ann")
    assert code(world.kms("DescribeKey", again, KeyId=key)) == "AccessDeniedException"
    shown = str(answered(world.kms("GetKeyPolicy", KeyId=key))["Policy"])
    assert (arn in shown, "AIDA" in shown) == (False, True)


def test_a_call_carries_the_tags_that_it_sets_and_those_of_the_key(world: Inside) -> None:
    tags = [{"TagKey": "team", "TagValue": "ml"}]
    made = {"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}
    tagged = {"Effect": "Allow", "Action": "kms:TagResource", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "ml"}}}
    assert code(world.kms("CreateKey", world.user("maker", made), Tags=tags)) == "AccessDeniedException"
    both = world.user("tagger", made, tagged)
    assert code(world.kms("CreateKey", both, Tags=tags)) == ""
    assert code(world.kms("CreateKey", both, Tags=[{"TagKey": "team", "TagValue": "hr"}])) == "AccessDeniedException"
    key = make(world, Tags=tags)
    own = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "ml"}}}
    keys = world.user("own", own)
    assert code(world.kms("DescribeKey", keys, KeyId=key)) == ""
    assert code(world.kms("DescribeKey", keys, KeyId=make(world))) == "AccessDeniedException"
    no_cost = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}}
    fenced = world.user("fenced", {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}, no_cost)
    assert code(world.kms("UntagResource", fenced, KeyId=key, TagKeys=["team"])) == "AccessDeniedException"
    assert code(world.kms("UntagResource", fenced, KeyId=key, TagKeys=["cost"])) == ""

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
    found: dict[str, object] = json.loads(text_of(response) or "{}")
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
        ("Decrypt", {"CiphertextBlob": "AAAA"}, "NotFoundException"),
        ("CreateKey", {"Policy": "{}"}, "MalformedPolicyDocumentException"),
        ("CreateKey", {"Policy": "x" * 40_000}, "LimitExceededException"),
    ],
)
def test_what_kms_does_not_take_is_refused(world: Inside, action: str, members: dict[str, object], expected: str) -> None:
    assert code(world.kms(action, None, **members)) == expected


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

"""`ProtectedBucket`: a bucket with its guard rails."""

import json
from collections import Counter
from typing import Any

import pulumi
import pytest
from tests.pulumi_programs import ACCOUNT, Registered, is_unknown, registered, values

from bucketpass.errors import ProvisionError
from bucketpass.provision import ProtectedBucket


def made(args: Any, **options: Any) -> list[Registered]:
    return registered(lambda: ProtectedBucket("acme-data", args), **options)


@pytest.mark.parametrize("preview", [True, False])
def test_the_bucket_and_every_guard_rail_are_made_and_nothing_else(preview: bool) -> None:
    kinds = Counter(resource.type.rpartition(":")[2] for resource in made({}, preview=preview))
    assert kinds == Counter(
        [
            "ProtectedBucket",
            "Bucket",
            "BucketOwnershipControls",
            "BucketPublicAccessBlock",
            "BucketServerSideEncryptionConfiguration",
            "BucketVersioning",
            "BucketLifecycleConfiguration",
            "BucketPolicy",
        ]
    )


def test_plain_http_is_denied_to_everyone_and_nobody_is_allowed() -> None:
    (policy,) = (json.loads(resource.inputs["policy"]) for resource in made({}) if resource.type.endswith(":BucketPolicy"))
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Deny"}
    assert "DenyPlainHttp" in {statement["Sid"] for statement in policy["Statement"]}


def test_an_exclusive_bucket_lets_in_a_role_that_is_made_by_the_same_program() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/platform"

    def program() -> None:
        ProtectedBucket("acme-data", {"exclusive": True, "administrators": [pulumi.Output.from_input(role)]})

    (policy,) = (resource.inputs["policy"] for resource in registered(program) if resource.type.endswith(":BucketPolicy"))
    assert role in policy
    assert "known-later" not in policy


def test_the_outputs_are_what_a_role_needs() -> None:
    def program() -> dict[str, pulumi.Input[Any]]:
        bucket = ProtectedBucket("data", {"name": "acme-data", "encryption": "kms"})
        assert bucket.key_arn is not None
        return {"name": bucket.bucket_name, "arn": bucket.bucket_arn, "key": bucket.key_arn}

    assert values(program) == {
        "name": "acme-data",
        "arn": "arn:aws:s3:::acme-data",
        "key": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/data",
    }


def test_without_a_key_there_is_no_key() -> None:
    def program() -> None:
        assert ProtectedBucket("acme-data", {}).key_arn is None

    registered(program)


def test_documents_are_unknown_in_a_preview_whose_provider_is_not_known_yet() -> None:
    found = {resource.type.rpartition(":")[2]: resource.inputs for resource in made({"encryption": "kms"}, preview=True, region="")}
    assert is_unknown(found["BucketPolicy"]["policy"])
    assert is_unknown(found["Key"]["policy"])
    assert found["Bucket"]["bucket"] == "acme-data"


def test_a_provider_that_says_nothing_when_resources_are_made_is_an_error() -> None:
    with pytest.raises(ProvisionError, match="neither its Region nor its account"):
        made({}, region="")

"""Components by themselves, wired to each other: what one makes, the next one uses."""

from typing import Any

import pulumi
import pytest
from tests.pulumi_programs import ACCOUNT, Registered, registered

from bucketpass.provision import OidcIssuer, ProtectedBucket, ServiceRole


def wired() -> None:
    issuer = OidcIssuer("okta", {"preset": "okta", "url": "https://acme.okta.com/oauth2/default", "audience": ["s3-data"]})
    data = ProtectedBucket("datasets", {"encryption": "kms"})
    assert data.key_arn is not None
    ServiceRole(
        "trainer",
        {
            "issuer": {"preset": "okta", "url": issuer.url, "audience": ["s3-data"]},
            "identity": {"claims": {"client_id": "0oa1trainer"}},
            "grants": [{"bucket": data.bucket_name, "prefix": "raw/", "access": ["read"]}],
            "keys": [data.key_arn],
        },
    )


def policy_of(found: list[Registered]) -> Any:
    (policy,) = (resource.inputs["policy"] for resource in found if resource.type.endswith(":Policy"))
    return policy


def test_what_another_component_makes_is_in_the_documents_once_it_is_known() -> None:
    policy = policy_of(registered(wired))
    assert "arn:aws:s3:::datasets/raw/*" in policy
    assert f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/datasets" in policy
    assert "known-later" not in policy


def test_in_a_preview_what_is_not_known_has_words_in_a_readable_document_and_no_stand_in_is_seen() -> None:
    found = registered(wired, preview=True)
    policy = policy_of(found)
    assert '<keys of \\"datasets\\">' in policy
    assert "arn:aws:s3:::datasets/raw/*" in policy
    assert [resource.name for resource in found if "known-later" in str(resource.inputs)] == []


def test_the_resources_that_a_component_stands_for_have_its_own_name() -> None:
    names = {resource.type.rpartition(":")[2]: resource.name for resource in registered(wired)}
    assert names["OpenIdConnectProvider"] == "okta"
    assert names["Bucket"] == names["Key"] == names["BucketPolicy"] == "datasets"
    assert names["Role"] == names["Policy"] == "trainer"


@pytest.mark.parametrize("preview", [True, False])
def test_previews_and_updates_ask_for_the_same_resources(preview: bool) -> None:
    assert len(registered(wired, preview=preview)) == 16


def test_the_options_of_a_part_are_honoured() -> None:
    def program() -> None:
        ProtectedBucket("datasets", {}, pulumi.ResourceOptions(protect=True))

    found = registered(program)
    assert [resource.name for resource in found if not resource.protect] == []

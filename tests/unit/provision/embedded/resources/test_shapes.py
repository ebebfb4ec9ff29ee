"""Pulumi's nested properties and AWS's structures."""

from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.moto_clients import moto_clients

from bucketpass.errors import RequestError
from bucketpass.provision.embedded.resources.shapes import LIFECYCLE, PLAIN, from_aws, refuse_unknown_names, to_aws
from bucketpass.provision.embedded.values import UNKNOWN, Properties, Value

NAMES = st.sampled_from(["id", "sseAlgorithm", "kmsMasterKeyId", "status", "days", "storageClass", "bucketKeyEnabled"])
TREES: st.SearchStrategy[Value] = st.recursive(
    st.text() | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3)
)


@given(st.dictionaries(NAMES, TREES, max_size=4))
def test_there_and_back_changes_nothing(value: dict[str, Value]) -> None:
    assert from_aws(to_aws(value, PLAIN), PLAIN) == value


def test_names_that_follow_no_rule_are_in_the_table() -> None:
    rule: Properties = {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k"},
        "blockedEncryptionTypes": ["SSE-C"],
    }
    aws = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"},
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
    assert to_aws(rule, PLAIN) == aws
    assert from_aws(aws, PLAIN) == rule


def test_tags_are_an_object_to_pulumi_and_a_list_to_aws() -> None:
    assert to_aws({"and": {"tags": {"a": "1"}}}, LIFECYCLE) == {"And": {"Tags": [{"Key": "a", "Value": "1"}]}}
    assert from_aws({"And": {"Tags": [{"Key": "a", "Value": "1"}]}}, LIFECYCLE) == {"and": {"tags": {"a": "1"}}}


def test_what_is_absent_is_left_out_and_a_date_is_text() -> None:
    assert to_aws({"id": None, "days": 0}, PLAIN) == {"Days": 0}
    assert from_aws({"Date": datetime(2026, 1, 2, tzinfo=UTC)}, PLAIN) == {"date": "2026-01-02T00:00:00+00:00"}


def test_a_name_that_awss_own_description_of_a_call_has_not_is_refused_with_its_path() -> None:
    refuse = partial(refuse_unknown_names, moto_clients().s3, "put_bucket_lifecycle_configuration", "LifecycleConfiguration")
    rule: Properties = {"id": "a", "status": "Enabled", "expiration": {"days": 1}, "filter": UNKNOWN}
    refuse({"Rules": [to_aws(rule, LIFECYCLE)]})
    with pytest.raises(RequestError, match=r"`rules\[0\]\.expiration\.dayz` is not known.*Use `days`"):
        refuse({"Rules": [to_aws({**rule, "expiration": {"dayz": 1}}, LIFECYCLE)]})

"""S3 Access Grants' handlers, against answers that botocore checks by AWS's own description of the calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from tests.moto_clients import moto_clients

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.access_grants import ACCESS_GRANTS
from bucketpass.provision.embedded.values import Properties

INSTANCE, LOCATION, GRANT = ACCESS_GRANTS
ACCOUNT = "111122223333"
ARN = f"arn:aws:s3:eu-central-1:{ACCOUNT}:access-grants/default"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/grants"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
GRANTEE = {"GranteeType": "IAM", "GranteeIdentifier": f"arn:aws:iam::{ACCOUNT}:role/reader"}


@pytest.fixture
def aws() -> RegionClients:
    clients = RegionClients(moto_clients().endpoint, "eu-central-1")
    clients.__dict__["identity"] = {"Account": ACCOUNT, "Arn": "", "UserId": ""}
    clients.__dict__["s3control"] = moto_clients()._make().client("s3control")
    return clients


@pytest.fixture
def stub(aws: RegionClients) -> Iterator[Stubber]:
    with Stubber(aws.s3control) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_an_instance_is_the_accounts_own(aws: RegionClients, stub: Stubber) -> None:
    answer = {"CreatedAt": NOW, "AccessGrantsInstanceId": "default", "AccessGrantsInstanceArn": ARN}
    stub.add_response("create_access_grants_instance", answer, {"AccountId": ACCOUNT, "Tags": [{"Key": "a", "Value": "1"}]})
    stub.add_response("get_access_grants_instance", answer, {"AccountId": ACCOUNT})
    stub.add_response("list_tags_for_resource", {"Tags": [{"Key": "a", "Value": "1"}]}, {"AccountId": ACCOUNT, "ResourceArn": ARN})
    wanted = {"tags": {"a": "1"}, "tagsAll": {"a": "1"}}
    made = INSTANCE.create(aws, wanted)
    assert (made.id, INSTANCE.find(aws, wanted)) == (ACCOUNT, ACCOUNT)
    found = INSTANCE.read(aws, made.id) or {}
    assert {name: found[name] for name in wanted} == wanted
    assert found["accessGrantsInstanceArn"] == made.computed["accessGrantsInstanceArn"] == ARN


def test_a_location_gets_another_role_in_place(aws: RegionClients, stub: Stubber) -> None:
    answer: dict[str, Any] = {
        "CreatedAt": NOW,
        "AccessGrantsLocationId": "1",
        "AccessGrantsLocationArn": f"{ARN}/location/1",
        "LocationScope": "s3://data/",
        "IAMRoleArn": ROLE,
    }
    stub.add_response("create_access_grants_location", answer, {"AccountId": ACCOUNT, "LocationScope": "s3://data/", "IAMRoleArn": ROLE})
    other = f"{ROLE}-2"
    named = {"AccountId": ACCOUNT, "AccessGrantsLocationId": "1"}
    stub.add_response("update_access_grants_location", {**answer, "IAMRoleArn": other}, {**named, "IAMRoleArn": other})
    wanted = {"iamRoleArn": ROLE, "locationScope": "s3://data/"}
    made = LOCATION.create(aws, wanted)
    assert made.id == f"{ACCOUNT},1"
    assert LOCATION.find(aws, wanted) is None
    LOCATION.update(aws, made.id, wanted, {**wanted, "iamRoleArn": other})


def test_a_grant_is_read_as_it_was_made_and_deleted(aws: RegionClients, stub: Stubber) -> None:
    configuration = {"S3SubPrefix": "raw/*"}
    answer: dict[str, Any] = {
        "CreatedAt": NOW,
        "AccessGrantId": "g",
        "AccessGrantArn": f"{ARN}/grant/g",
        "Grantee": GRANTEE,
        "AccessGrantsLocationId": "1",
        "AccessGrantsLocationConfiguration": configuration,
        "Permission": "READ",
        "GrantScope": "s3://data/raw/*",
    }
    sent = {"AccessGrantsLocationId": "1", "AccessGrantsLocationConfiguration": configuration, "Grantee": GRANTEE, "Permission": "READ"}
    named = {"AccountId": ACCOUNT, "AccessGrantId": "g"}
    stub.add_response("create_access_grant", answer, {"AccountId": ACCOUNT, **sent})
    stub.add_response("get_access_grant", answer, named)
    stub.add_response("list_tags_for_resource", {"Tags": []}, {"AccountId": ACCOUNT, "ResourceArn": f"{ARN}/grant/g"})
    stub.add_response("delete_access_grant", {}, named)
    stub.add_client_error("get_access_grant", "NoSuchAccessGrantError", expected_params=named)
    wanted: Properties = {
        "accessGrantsLocationId": "1",
        "accessGrantsLocationConfiguration": {"s3SubPrefix": "raw/*"},
        "grantee": {"granteeType": "IAM", "granteeIdentifier": GRANTEE["GranteeIdentifier"]},
        "permission": "READ",
    }
    made = GRANT.create(aws, wanted)
    found = GRANT.read(aws, made.id) or {}
    assert {name: found[name] for name in wanted} == wanted
    assert found["grantScope"] == "s3://data/raw/*"
    GRANT.delete(aws, made.id, wanted)
    assert GRANT.read(aws, made.id) is None


def test_tags_change_in_place(aws: RegionClients, stub: Stubber) -> None:
    answer = {"CreatedAt": NOW, "AccessGrantsInstanceId": "default", "AccessGrantsInstanceArn": ARN}
    stub.add_response("get_access_grants_instance", answer, {"AccountId": ACCOUNT})
    stub.add_response("untag_resource", {}, {"AccountId": ACCOUNT, "ResourceArn": ARN, "TagKeys": ["a"]})
    stub.add_response("tag_resource", {}, {"AccountId": ACCOUNT, "ResourceArn": ARN, "Tags": [{"Key": "b", "Value": "2"}]})
    INSTANCE.update(aws, ACCOUNT, {"tagsAll": {"a": "1"}}, {"tagsAll": {"b": "2"}})


@pytest.mark.parametrize("part", ACCESS_GRANTS, ids=lambda part: part.kind)
def test_an_endpoint_without_access_grants_refuses_before_anything_is_made(aws: RegionClients, stub: Stubber, part: Any) -> None:
    stub.add_client_error("get_access_grants_instance", "NotImplemented")
    with pytest.raises(ProvisionError, match="does not have S3 Access Grants"):
        part.check(aws, {})
    stub.add_client_error("get_access_grants_instance", "AccessGrantsInstanceNotExistsError")
    part.check(aws, {})

"""Functions that programs may invoke, against moto within the process."""

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.errors import BucketpassError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.functions import invoke
from bucketpass.provision.embedded.resources.iam import RoleResource
from bucketpass.provision.embedded.values import Value

DOCUMENT = "aws:iam/getPolicyDocument:getPolicyDocument"


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        yield moto_clients()


def document(aws: RegionClients, **arguments: Value) -> object:
    answer = invoke(aws, DOCUMENT, arguments)
    assert json.loads(str(answer["json"])) == json.loads(str(answer["minifiedJson"]))
    return json.loads(str(answer["json"]))


def test_who_and_where_we_are(aws: RegionClients) -> None:
    assert invoke(aws, "aws:index/getCallerIdentity:getCallerIdentity", {})["accountId"] == "123456789012"
    assert invoke(aws, "aws:index/getRegion:getRegion", {})["region"] == "eu-central-1"
    partition = invoke(aws, "aws:index/getPartition:getPartition", {})
    assert (partition["partition"], partition["dnsSuffix"], partition["reverseDnsPrefix"]) == ("aws", "amazonaws.com", "com.amazonaws")


def test_a_look_up_gives_what_is_there_or_says_that_it_is_not(aws: RegionClients) -> None:
    RoleResource().create(aws, {"name": "theirs", "path": "/", "assumeRolePolicy": "{}"})
    assert invoke(aws, "aws:iam/getRole:getRole", {"name": "theirs"})["arn"] == "arn:aws:iam::123456789012:role/theirs"
    with pytest.raises(BucketpassError, match="there is no `nobody`"):
        invoke(aws, "aws:iam/getRole:getRole", {"name": "nobody"})


def test_an_unknown_function_names_the_known_ones(aws: RegionClients) -> None:
    with pytest.raises(BucketpassError, match=r"`aws:ec2/getAmi:getAmi` is not supported.*getPolicyDocument"):
        invoke(aws, "aws:ec2/getAmi:getAmi", {})

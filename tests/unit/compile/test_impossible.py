"""What can never hold at AWS is an error, and at other engines it is not."""

from dataclasses import replace

import pytest
from tests.declarations import TARGET

from bucketpass.compile import Target, compile_access
from bucketpass.compile.impossible import impossible
from bucketpass.errors import DeclarationError
from bucketpass.model import Access, Bucket, Grant, GrantConditions, Identity, Issuer, Logging, Perimeter, Service


def access(conditions: GrantConditions) -> Access:
    grant = Grant("data", "raw/", conditions=conditions)
    service = Service((Identity("ci", {"repository": "acme/eval", "branch": "main"}),), (grant,))
    return Access({"ci": Issuer("github")}, {"data": Bucket()}, {"job": service})


@pytest.mark.parametrize(
    "network", ["10.1.0.0/16", "172.20.1.0/24", "192.168.0.1", "100.64.0.0/10", "fd00::/8", "fe80::1", "127.0.0.1", "224.0.0.1", "::1"]
)
def test_a_private_network_is_no_condition_on_what_aws_sees(network: str) -> None:
    (found,) = impossible(access(GrantConditions(networks=("198.51.100.0/24", network))), TARGET)
    assert found.place.path == "services.job.grants[0].conditions.networks[1]"


@pytest.mark.parametrize("network", ["198.51.100.0/24", "2001:db8::/32", "0.0.0.0/0", "8.0.0.0/5"])
def test_a_network_with_public_addresses_is_taken(network: str) -> None:
    assert list(impossible(access(GrantConditions(networks=(network,))), TARGET)) == []


def test_networks_and_vpc_endpoints_never_hold_together() -> None:
    conditions = GrantConditions(networks=("198.51.100.0/24",), vpc_endpoints=("vpce-1",))
    with pytest.raises(DeclarationError, match="has no public address"):
        compile_access(access(conditions), TARGET)


def test_a_network_and_the_perimeter_of_its_bucket_never_hold_together() -> None:
    administrators = ("arn:aws:iam::111122223333:role/admin",)
    behind = Bucket(perimeter=Perimeter(vpc_endpoints=("vpce-1",)), administrators=administrators)
    declared = replace(access(GrantConditions(networks=("198.51.100.0/24",))), buckets={"data": behind})
    assert ["the perimeter of `data`" in found.message for found in impossible(declared, TARGET)] == [True]


def test_another_engine_sees_private_addresses_too() -> None:
    target = Target(TARGET.account, TARGET.region, dialect="rgw")
    assert list(impossible(access(GrantConditions(networks=("10.0.0.0/8",))), target)) == []


@pytest.mark.parametrize(
    ("buckets", "path", "words"),
    [
        ({"data": Bucket(region="cn-north-1")}, "buckets.data.region", "not of the partition `aws`"),
        ({"data": Bucket(logging=Logging("logs")), "logs": Bucket(region="us-west-2")}, "buckets.data.logging.bucket", "within a Region"),
        (
            {"data": Bucket(region="us-west-2", encryption="arn:aws:kms:eu-central-1:111122223333:key/1")},
            "buckets.data.encryption",
            "keys of the bucket's own Region alone, which is `us-west-2`",
        ),
    ],
)
def test_a_region_that_a_bucket_cannot_have_is_an_error(buckets: dict[str, Bucket], path: str, words: str) -> None:
    (found,) = impossible(replace(access(GrantConditions()), buckets=buckets), TARGET)
    assert (found.place.path, words in found.message) == (path, True)


def test_a_key_of_another_region_stops_a_deployment() -> None:
    buckets = {"data": Bucket(encryption="arn:aws:kms:us-east-2:111122223333:key/1")}
    deployed = replace(TARGET, deployer="arn:aws:iam::111122223333:role/deploy")
    for target, stopped in ((TARGET, []), (deployed, ["buckets.data.encryption"])):
        assert [found.place.path for found in impossible(replace(access(GrantConditions()), buckets=buckets), target)] == stopped


def test_a_key_that_is_only_known_later_has_no_region_yet() -> None:
    buckets = {"data": Bucket(region="eu-west-1", encryption="arn:aws:iam::000000000000:role/known-later-0000")}
    assert list(impossible(replace(access(GrantConditions()), buckets=buckets), TARGET)) == []

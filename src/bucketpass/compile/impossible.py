"""What is declared and can never hold at AWS: an error, since nobody means it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from bucketpass.aws.arn import Arn, partition_of_region
from bucketpass.compile.plan import Target
from bucketpass.errors import Diagnostic
from bucketpass.model.access import Access, Bucket, Grant
from bucketpass.model.mistake import mistake
from bucketpass.policy.values import read_network

__all__ = ["impossible"]

# AWS sees the public address of a request, or none of these for one through a VPC endpoint [A].
_PRIVATE_4 = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "224.0.0.0/3",
    "0.0.0.0/32",
)
_PRIVATE_6 = ("fc00::/7", "fe80::/10", "ff00::/8", "::/127")
_PRIVATE = tuple(map(ipaddress.ip_network, (*_PRIVATE_4, *_PRIVATE_6)))


def impossible(access: Access, target: Target) -> Iterator[Diagnostic]:
    """Yield the conditions of grants that no request at AWS meets, and the Regions that a bucket cannot have."""
    if target.dialect != "aws":
        return
    for name, bucket in access.buckets.items():
        yield from _region(f"buckets.{name}", bucket, access, target)
    for name, service in access.services.items():
        for index, grant in enumerate(service.grants):
            yield from _grant(f"services.{name}.grants[{index}].conditions", grant, access.buckets[grant.bucket])


def _region(path: str, bucket: Bucket, access: Access, target: Target) -> Iterator[Diagnostic]:
    region = bucket.region or target.region
    if partition_of_region(region).name != target.partition:
        message = f"got the Region `{region}`, which is not of the partition `{target.partition}` that is deployed to"
        remedy = "declare its buckets, roles and issuers apart: nothing is shared by two partitions"
        yield mistake(f"{path}.region", message, "name a Region of the partition with `--region`" if target.region_assumed else remedy)
    log = access.buckets.get(bucket.logging.bucket) if bucket.logging is not None else None
    if log is not None and (log.region or target.region) != region:
        message = f"got a log bucket of `{log.region or target.region}`, but S3 delivers logs within a Region: this bucket is in `{region}`"
        yield mistake(f"{path}.logging.bucket", message, "name a bucket of its own Region")
    key = Arn.parse(bucket.encryption)
    # Who only looks at a declaration may not have said which Region it is for: `key-region` of `check`.
    if key is not None and key.region not in {"", region} and (bucket.region is not None or target.deployer is not None):
        message = f"got a key of `{key.region}`, but S3 takes keys of the bucket's own Region alone, which is `{region}`"
        yield mistake(f"{path}.encryption", message, "name a key of that Region")


def _grant(path: str, grant: Grant, bucket: Bucket) -> Iterator[Diagnostic]:
    conditions = grant.conditions
    if conditions.networks and (conditions.vpc_endpoints or bucket.perimeter.vpc_endpoints):
        beside = "`vpc_endpoints`" if conditions.vpc_endpoints else f"the perimeter of `{grant.bucket}`"
        message = f"got `networks` beside {beside}: a request through a VPC endpoint has no public address"
        yield mistake(f"{path}.networks", message, "keep one of the two")
    for index, text in enumerate(conditions.networks):
        network = read_network(text)
        if network is not None and any(_within(network, private) for private in _PRIVATE):
            message = f"got the private network `{text}`, but AWS sees public addresses only"
            yield mistake(f"{path}.networks[{index}]", message, "name the public addresses of your network, or use `vpc_endpoints`")


def _within(network: ipaddress.IPv4Network | ipaddress.IPv6Network, private: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network):
        return isinstance(private, ipaddress.IPv4Network) and network.subnet_of(private)
    return isinstance(private, ipaddress.IPv6Network) and network.subnet_of(private)

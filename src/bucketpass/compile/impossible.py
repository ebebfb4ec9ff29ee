"""What is declared and can never hold at AWS: an error, since nobody means it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from bucketpass.compile.plan import Target
from bucketpass.errors import Diagnostic
from bucketpass.model.access import Access, Bucket, Grant
from bucketpass.model.mistake import mistake
from bucketpass.policy.values import read_network

__all__ = ["impossible"]

# AWS sees the public address of a request, or none of these for one through a VPC endpoint [A].
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"))
)


def impossible(access: Access, target: Target) -> Iterator[Diagnostic]:
    """Yield the conditions of grants that no request at AWS meets."""
    if target.dialect != "aws":
        return
    for name, service in access.services.items():
        for index, grant in enumerate(service.grants):
            yield from _grant(f"services.{name}.grants[{index}].conditions", grant, access.buckets[grant.bucket])


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

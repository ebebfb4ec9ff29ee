"""Clients that moto answers within the process: no socket is opened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bucketpass.provision.embedded.endpoint import Endpoint, RegionClients
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from bucketpass.provision.embedded.endpoint import ClientOptions

__all__ = ["moto_clients"]


@dataclass
class _MotoClients(RegionClients):
    @property
    def options(self) -> ClientOptions:
        """No endpoint: moto answers for AWS's own."""
        return {}


@cache
def moto_clients(region: str = "eu-central-1") -> RegionClients:
    """Clients for use inside `moto.mock_aws`; made once, since making them takes longer than most tests."""
    return _MotoClients(Endpoint("unused", region, "test", Secret("test")), region)

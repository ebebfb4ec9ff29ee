from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from pulumi.runtime import mocks
from tests.declarations import World
from tests.pulumi_programs import ACCOUNT, registered

from bucketpass.errors import DeclarationError
from bucketpass.model import parse_access
from bucketpass.provision import FederatedAccess
from bucketpass.provision.components.administrators import named_administrators

ACCESS = """
issuers: {ci: {preset: github}}
buckets: {data: {exclusive: true, administrators: [%s]}}
services: {eval: {identity: {issuer: ci, repository: acme/eval, branch: main}, grants: [{bucket: data, access: read}]}}
"""
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


def names(*administrators: str, caller: str = "") -> list[str]:
    plan = World.of(ACCESS % ", ".join(f'"{arn}"' for arn in administrators)).plan
    return [name for _, name in named_administrators(plan, caller)]


def test_roles_of_the_account_are_to_exist() -> None:
    found = names(f"{ROLE}/platform/admin", f"{ROLE}/other*", "arn:aws:iam::999988887777:role/x", f"arn:aws:iam::{ACCOUNT}:root")
    assert found == ["admin"]


def test_whoever_deploys_exists() -> None:
    assert names(f"{ROLE}/admin", caller=f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me") == []


class Refused(grpc.RpcError):
    """An answer of the engine that a call failed."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "reading IAM Role (admin): couldn't find resource"


@pytest.mark.parametrize("preview", [True, False])
def test_a_role_that_does_not_exist_stops_the_program(preview: bool) -> None:
    def answer(args: mocks.MockCallArgs) -> Mapping[str, Any]:
        raise Refused

    with pytest.raises(DeclarationError, match=r"`admin` of bucket `data` is a role that account \d+ does not have"):
        registered(lambda: FederatedAccess("ai", access=parse_access(ACCESS % f'"{ROLE}/admin"')), preview=preview, calls=answer)

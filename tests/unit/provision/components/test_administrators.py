from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from pulumi.runtime import mocks
from tests.pulumi_programs import ACCOUNT, registered

from bucketpass.errors import DeclarationError
from bucketpass.model import parse_access
from bucketpass.provision import FederatedAccess

ACCESS = """
issuers: {ci: {preset: github}}
buckets: {data: {exclusive: true, administrators: [%s]}}
services: {eval: {identity: {issuer: ci, repository: acme/eval, branch: main}, grants: [{bucket: data, access: read}]}}
"""
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


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

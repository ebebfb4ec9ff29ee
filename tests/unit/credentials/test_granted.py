"""A declaration's grants in words."""

import pytest

from bucketpass.credentials.granted import granted
from bucketpass.credentials.values import RoleToAssume
from bucketpass.model import Access, parse_access

DECLARATION = """
issuers:
  okta: {preset: generic, url: "https://issuer.test", audience: s3-data}
buckets:
  datasets: {name: acme-datasets}
services:
  trainer:
    identity: {issuer: okta, subject: trainer}
    grants:
      - {bucket: datasets, prefix: raw/, access: read}
      - {bucket: datasets, prefix: checkpoints/, access: [write, delete]}
      - {bucket: datasets, key: index.json, access: read}
"""
ROLE = RoleToAssume("arn:aws:iam::111122223333:role/bucketpass-trainer")


@pytest.fixture
def access() -> Access:
    return parse_access(DECLARATION, "access.yaml")


def test_each_grant_says_what_may_be_done_where_with_the_names_of_s3(access: Access) -> None:
    assert granted(access, ROLE) == (
        "read s3://acme-datasets/raw/, write and delete s3://acme-datasets/checkpoints/, read s3://acme-datasets/index.json"
    )


@pytest.mark.parametrize("role", ["arn:aws:iam::111122223333:role/other", "other"])
def test_a_role_that_is_not_declared_has_none(access: Access, role: str) -> None:
    assert granted(access, RoleToAssume(role)) == ""


def test_without_a_declaration_nothing_is_said() -> None:
    assert granted(None, ROLE) == ""

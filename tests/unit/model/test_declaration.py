from dataclasses import fields, is_dataclass

import pytest

from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service
from bucketpass.model.declaration import BUCKET, DECLARATION, GRANT, IDENTITY, ISSUER, SERVICE
from bucketpass.model.shape import Record


@pytest.mark.parametrize(
    ("record", "value"),
    [(DECLARATION, Access), (ISSUER, Issuer), (BUCKET, Bucket), (IDENTITY, Identity), (GRANT, Grant), (SERVICE, Service)],
    ids=lambda part: getattr(part, "words", ""),
)
def test_everything_that_python_can_declare_yaml_can_too(record: Record, value: type) -> None:
    assert is_dataclass(value)
    written = {one.attribute or one.name for one in record.fields} | ({record.rest} if record.rest else set())
    assert written == {one.name for one in fields(value)}


def test_every_field_is_explained() -> None:
    assert all(one.words for record in (DECLARATION, ISSUER, BUCKET, IDENTITY, GRANT, SERVICE) for one in record.fields)


def test_a_grant_of_a_file_grants_only_what_is_written() -> None:
    assert GRANT.build(bucket="data") == Grant("data", access=())

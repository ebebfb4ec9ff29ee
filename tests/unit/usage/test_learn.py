"""A declaration for roles that nobody declared."""

import pytest
from tests.cloudtrail_records import s3_record, web_identity_record
from tests.unit.usage.conftest import Opened, deployed

from bucketpass.errors import InvalidInput
from bucketpass.model import parse_access
from bucketpass.model.access import AccessLevel
from bucketpass.prove.compare import Version
from bucketpass.usage.learn import Learned, learn, wider_than


def learned(opened: Opened, *records: dict[str, object], role: str | None = None) -> Learned:
    engine, store = opened(records)
    return learn(engine, store, role)


def reads(*keys: str) -> list[dict[str, object]]:
    return [s3_record("GetObject", role="etl", access_key_id="ASIAE", parameters={"key": key}) for key in keys]


def test_folders_in_use_become_grants_and_the_token_the_identity(opened: Opened) -> None:
    write = s3_record("PutObject", "models", role="etl", access_key_id="ASIAE", parameters={"key": "out/v1/m"})
    found = parse_access(learned(opened, *reads("raw/a/1", "raw/b/2", "raw/c/3"), write, web_identity_record("etl", "ASIAE")).text)
    service = found.services["etl"]
    assert [(grant.bucket, grant.prefix, grant.access) for grant in service.grants] == [
        ("datasets", "raw/", (AccessLevel.READ,)),
        ("models", "out/v1/", (AccessLevel.WRITE,)),
    ]
    assert [(one.issuer, one.claims) for one in service.identity] == [("acme-okta-com", {"subject": "0oa1trainer"})]
    assert (found.issuers["acme-okta-com"].url, found.buckets["datasets"].create) == ("https://acme.okta.com/oauth2/default", False)


def test_folders_whose_parent_the_policies_do_not_allow_stay_as_they_were_used(opened: Opened) -> None:
    engine, store = opened([*reads("raw/a/1", "raw/b/2", "raw/c/3"), web_identity_record("etl", "ASIAE")])
    access = parse_access(learn(engine, store).text)
    wide, narrow = (deployed(learn(engine, store, exact=names).text) for names in ((), ("etl",)))
    assert [one.prefix for one in parse_access(learn(engine, store, exact=("etl",)).text).services["etl"].grants] == [
        "raw/a/",
        "raw/b/",
        "raw/c/",
    ]
    wider = wider_than(Version(access, wide), Version(access, narrow))
    assert list(wider) == ["etl"] and wider["etl"].startswith("s3:")
    assert wider_than(Version(access, narrow), Version(access, wide)) == {}


def test_a_role_that_did_nothing_is_named(opened: Opened) -> None:
    with pytest.raises(InvalidInput, match="no authorized request of `nobody`"):
        learned(opened, *reads("raw/a"), web_identity_record("etl", "ASIAE"), role="nobody")


def test_a_copy_reads_its_source_and_writes_its_destination(opened: Opened) -> None:
    asked = {"key": "out/b", "x-amz-copy-source": "datasets/in/a"}
    copy = s3_record("CopyObject", "models", role="etl", access_key_id="ASIAE", parameters=asked)
    found = parse_access(learned(opened, copy, web_identity_record("etl", "ASIAE")).text)
    grants = found.services["etl"].grants
    assert [(grant.bucket, grant.prefix, grant.access) for grant in grants] == [
        ("datasets", "in/", (AccessLevel.READ,)),
        ("models", "out/", (AccessLevel.WRITE,)),
    ]


def test_what_was_refused_is_not_learned(opened: Opened) -> None:
    refused = s3_record("GetObject", role="etl", error="AccessDenied", parameters={"key": "secret/x"})
    assert "secret" not in learned(opened, *reads("raw/a"), refused, web_identity_record("etl", "ASIAE")).text


def test_what_cannot_be_declared_is_said(opened: Opened) -> None:
    deletion = s3_record("DeleteObjects", role="etl", access_key_id="ASIAE", parameters={"delete": ""})
    setting = s3_record("GetBucketPolicy", role="etl", access_key_id="ASIAE")
    stranger = s3_record("GetObject", role="nobody", parameters={"key": "raw/a"})
    found = learned(opened, *reads("raw/a"), deletion, setting, stranger, web_identity_record("etl", "ASIAE"))
    assert list(parse_access(found.text).services) == ["etl"]
    assert sorted(remark.partition(":")[0] for remark in found.remarks) == [
        "DeleteObjects in datasets",
        "GetBucketPolicy on datasets is not part of a grant",
        "role nobody",
    ]


def test_one_role_alone(opened: Opened) -> None:
    rows = [*reads("raw/a"), web_identity_record("etl", "ASIAE"), web_identity_record("other", "ASIAO")]
    other = s3_record("GetObject", role="other", access_key_id="ASIAO", parameters={"key": "x/y"})
    assert list(parse_access(learned(opened, *rows, other, role="arn:aws:iam::111122223333:role/other").text).services) == ["other"]
    with pytest.raises(InvalidInput):
        learned(opened, *rows, role="nothing")

from datetime import UTC, datetime

import pytest

from bucketpass.model import AccessLevel, Bucket, Grant, GrantConditions, Listing
from bucketpass.model.grant_rules import exclusion_mistakes, grant_mistakes

BUCKETS = {"data": Bucket(access_points=("lab",)), "open": Bucket(account="other")}
READ, WRITE, LIST = (AccessLevel.READ,), (AccessLevel.WRITE,), (AccessLevel.LIST,)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("grant", "path", "words"),
    [
        (Grant("dta"), "bucket", "unknown bucket `dta`"),
        (Grant("data", access=()), "", "`access` is missing"),
        (Grant("data", "raw/", key="x"), "key", "both `key` and `prefix`"),
        (Grant("data", key=""), "key", "empty key"),
        (Grant("data", key="x", per="tenant"), "per", "both `key` and `per`"),
        (Grant("data", key="x", access=LIST), "key", "`list` of one key"),
        (Grant("data", key="x", access=(), actions=("s3:ListBucket",)), "key", "`list` of one key"),
        (Grant("data", "tenants", per="tenant"), "prefix", "ends with `/`"),
        (Grant("data", "t/", per="{tenant}/{Tenant}"), "per", "a tag twice"),
        (Grant("open", access=(*WRITE, *LIST)), "", "changes `open`, a public bucket of others"),
        (Grant("open", access=(), actions=("s3:PutObjectTagging",)), "", "changes `open`, a public bucket of others"),
        (Grant("data", "a\n"), "prefix", "`a\\n`, which has characters that IAM cannot write"),
        (Grant("data", "raw\x1f/"), "prefix", "characters that IAM cannot write"),
        (Grant("data", "a" * 1025), "prefix", "1025 bytes"),
        (Grant("data", "é" * 513), "prefix", "1026 bytes"),
        (Grant("data", access=(), actions=("s3:GetObjekt",)), "actions[0]", "unknown action `s3:GetObjekt`"),
        (Grant("data", access=(), actions=("kms:Decrypt",)), "actions[0]", "unknown action"),
        (Grant("data", access=(), actions=("s3:ListAllMyBuckets",)), "actions[0]", "unknown action"),
        (Grant("data", access=(), actions=("s3:PutBucketPolicy",)), "actions[0]", "changes who may do what"),
        (Grant("data", "raw/", access=(), actions=("s3:GetBucketLocation",)), "actions[0]", "whole bucket"),
        (Grant("data", "raw/", access=(), actions=("s3:ListBucketMultipartUploads",)), "actions[0]", "whole bucket"),
        (Grant("data", access=WRITE, object_tags={"a": "b"}), "object_tags", "more than reading"),
        (Grant("data", access_point="lob"), "access_point", "unknown access point `lob`"),
        (Grant("data", key="x", keys=("*.csv",)), "keys", "both `key` and `keys`"),
        (Grant("data", "raw/", exclude=("raw/private/",)), "exclude[0]", "begins with the prefix"),
        (Grant("data", "raw/", keys=("*.csv",), exclude=("*.csv",)), "exclude[0]", "all that is granted"),
        (Grant("data", "raw/", exclude=("**",)), "exclude[0]", "all that is granted"),
        (Grant("data", "raw/", keys=("a\n*",)), "keys[0]", "characters that IAM cannot write"),
        (Grant("data", "t/", per="tenant", listing=Listing.FOLDER), "listing", "names of other tenants"),
        (Grant("data", "t/", per="tenant", head=True), "head", "names of other tenants"),
        (Grant("data", "t/", per="tenant", clients=("mlflow", "s3fs")), "clients[1]", "got `s3fs` beside `per`"),
        (Grant("data", "raw/", WRITE, listing=Listing.FOLDER), "listing", "lists nothing"),
        (Grant("data", key="x", listing=Listing.BUCKET_ROOT), "listing", "lists nothing"),
        (Grant("data", "raw", listing=Listing.FOLDER), "listing", "is not a folder"),
        (Grant("data", conditions=GrantConditions(networks=("10.0.0.1/8",))), "conditions.networks[0]", "host bits"),
        (Grant("data", conditions=GrantConditions(networks=("ten",))), "conditions.networks[0]", "address block"),
        (Grant("data", conditions=GrantConditions(networks=("::ffff:10.0.0.0/104",))), "conditions.networks[0]", "IPv4 tail"),
        (Grant("data", conditions=GrantConditions(not_before=NOON, not_after=NOON)), "conditions.not_after", "not after"),
        (Grant("data", conditions=GrantConditions(not_before=NOON.replace(tzinfo=None))), "conditions.not_before", "without a zone"),
    ],
)
def test_a_wrong_grant_is_told(grant: Grant, path: str, words: str) -> None:
    found = [(mistake.place.path, mistake.message) for mistake in grant_mistakes("here", grant, BUCKETS)]
    assert [(place, words in message) for place, message in found] == [(f"here.{path}".rstrip("."), True)], found


@pytest.mark.parametrize(
    "grant",
    [
        Grant("data"),
        Grant("data", "a*b?c${d}/"),
        Grant("open", "en/", access=(AccessLevel.READ,), actions=("s3:GetObjectTagging",)),
        Grant("data", "ünïcödé/"),
        Grant("data", "tenants/", per="tenant"),
        Grant("data", "tenants/", per="{tenant}/models/{team}"),
        Grant("data", "tenants/", per="tenant", keys=("*.json", "$x/"), exclude=("private/", "*.tmp")),
        Grant("data", "tenants/", per="tenant", clients=("mlflow",)),
        Grant("data", "raw/", WRITE, head=True, clients=("arrow",)),
        Grant("data", "raw", listing=Listing.BUCKET_ROOT),
        Grant("data", "raw/", access=(), actions=("s3:GetObjectTagging", "s3:ListBucket")),
        Grant("data", access=(), actions=("s3:GetBucketLocation", "s3:ListBucketMultipartUploads")),
        Grant("data", access=READ, object_tags={"a": "b"}),
        Grant("data", access_point="lab", conditions=GrantConditions(networks=("10.0.0.0/8", "2001:db8::/32"), not_after=NOON)),
    ],
)
def test_a_good_grant_has_no_mistake(grant: Grant) -> None:
    assert list(grant_mistakes("here", grant, BUCKETS)) == []


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (Grant("data", "raw/private/x/"), True),
        (Grant("data", key="raw/private/x"), True),
        (Grant("data", "raw/priv"), False),
        (Grant("more", "raw/private/x/"), False),
    ],
)
def test_a_grant_that_another_excludes_can_never_hold(other: Grant, told: bool) -> None:
    grants = (other, Grant("data", "raw/", exclude=("private/",)))
    assert [mistake.place.path for mistake in exclusion_mistakes("here", grants)] == ["here[0]"] * told

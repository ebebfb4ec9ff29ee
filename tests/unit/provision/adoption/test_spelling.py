"""Values as access.yaml spells them."""

import yaml

from bucketpass.model import AccessLevel, Bucket, Grant, Issuer, parse_access
from bucketpass.provision.adoption.spelling import bucket_tree, grant_tree, issuer_tree

ISSUERS = (Issuer("github"), Issuer("okta", "https://acme.okta.com/oauth2/default", ("a", "b"), provider="existing"))
BUCKETS = (Bucket(create=False), Bucket("real", "arn:aws:kms:eu-west-1:1:key/k", create=False, policy="none", bucket_key=False))
GRANTS = (
    Grant("bucket0", "", (AccessLevel.READ,)),
    Grant("bucket1", "raw/", (AccessLevel.WRITE,), actions=("s3:PutObjectTagging",)),
    Grant("bucket1", access=(AccessLevel.READ,), key="one"),
)


def test_what_is_spelled_is_read_back_as_it_was() -> None:
    tree = {
        "issuers": {f"i{number}": issuer_tree(issuer) for number, issuer in enumerate(ISSUERS)},
        "buckets": {f"bucket{number}": bucket_tree(bucket) for number, bucket in enumerate(BUCKETS)},
        "services": {"svc": {"identity": [{"issuer": "i0", "subject": "x"}], "grants": [grant_tree(grant) for grant in GRANTS]}},
    }
    access = parse_access(yaml.safe_dump(tree))
    assert tuple(access.issuers.values()) == ISSUERS
    assert tuple(access.buckets.values()) == BUCKETS
    assert access.services["svc"].grants == GRANTS

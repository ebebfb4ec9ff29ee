import pytest

from bucketpass.compile import Target, compile_access
from bucketpass.deployment.calls import DescribedCall, call_of, role_named
from bucketpass.deployment.grant_changes import explain_declared
from bucketpass.deployment.resources import deployment_of
from bucketpass.issuers import sample_claims
from bucketpass.model import parse_access

TEXT = """\
issuers: {okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}}
buckets: {lake: {name: acme-lake}, shut: {exclusive: true, administrators: ["arn:aws:iam::111122223333:role/admin"]}}
services:
  job:
    identity: {issuer: okta, subject: job}
    grants:
      - {bucket: lake, prefix: images/, access: read, exclude: ["*.key"]}
      - {bucket: lake, prefix: images/raw/, access: read}
"""


def changes(verb: str, uri: str, **claims: str) -> list[str]:
    access = parse_access(TEXT)
    deployment = deployment_of(compile_access(access, Target("111122223333", "eu-west-1")))
    identity = access.services["job"].identity[0]
    token = sample_claims(access.issuers["okta"], identity) | claims
    described = DescribedCall(deployment, role_named(deployment, "job"), call_of(verb, uri), token, access=access)
    return [f"{change.statement}: {change.description}" for change in explain_declared(described).changes]


@pytest.mark.parametrize(
    ("verb", "uri", "expected"),
    [
        ("get", "s3://acme-lake/images/x", []),
        (
            "put",
            "s3://acme-lake/images/raw/x",
            [
                "services.job.grants[0].access: add `write`",
                "services.job.grants[1].access: add `write`",
                "services.job.grants: add `{bucket: lake, prefix: images/raw/, access: write}`",
            ],
        ),
        ("get", "s3://acme-lake/a b/x: y", ["services.job.grants: add `{bucket: lake, prefix: a b/, access: read}`"]),
        ("get", "s3://acme-lake/x", ["services.job.grants: add `{bucket: lake, access: read}`"]),
        ("list", "s3://acme-lake/raw/", ["services.job.grants: add `{bucket: lake, prefix: raw/, access: list}`"]),
        ("get", "s3://shut/x", ["services.job.grants: add `{bucket: shut, access: read}`"]),
        (
            "GetObjectTagging",
            "s3://acme-lake/images/x",
            [
                "services.job.grants[0].actions: add `s3:GetObjectTagging`",
                "services.job.grants: add `{bucket: lake, prefix: images/, actions: ['s3:GetObjectTagging']}`",
            ],
        ),
        # What a grant excludes, no other gives; a policy is not for services to change; nobody declared this bucket.
        ("get", "s3://acme-lake/images/a.key", []),
        ("PutBucketPolicy", "s3://acme-lake", []),
        ("get", "s3://acme-lak/images/x", []),
    ],
)
def test_what_is_said_is_what_the_declaration_lacks_and_has_been_tried(verb: str, uri: str, expected: list[str]) -> None:
    assert changes(verb, uri) == expected


def test_a_token_that_is_refused_is_not_a_matter_of_grants() -> None:
    assert changes("put", "s3://acme-lake/images/x", sub="other") == []

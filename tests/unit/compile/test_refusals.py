import pytest
from tests.declarations import World

from bucketpass.compile.plan import key_placeholder

HEAD = """\
issuers:
  ci: {preset: github}
services:
  job:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    grants: {bucket: datasets, prefix: raw/, access: [read, write]}
buckets:
  datasets: """
ADMIN = "arn:aws:iam::111122223333:role/admin"
STRANGER = "arn:aws:iam::111122223333:role/stranger"
SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
SSE_CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"
GIVEN = "arn:aws:kms:eu-central-1:111122223333:key/1"


def world(bucket: str = "{}") -> World:
    return World.of(HEAD + bucket)


@pytest.mark.parametrize(
    "context",
    [{"aws:SecureTransport": "false"}, {"s3:TlsVersion": "1.1"}, {"s3:TlsVersion": "1.0"}],
    ids=["plain http", "TLS 1.1", "TLS 1.0"],
)
def test_old_and_missing_tls_is_refused_unless_it_is_relaxed(context: dict[str, str]) -> None:
    assert not world().may("job", "s3:GetObject", "datasets/raw/1", context=context)
    assert world("{relax: {tls: legacy cameras}}").may("job", "s3:GetObject", "datasets/raw/1", context=context)


@pytest.mark.parametrize(
    ("encryption", "headers", "allowed"),
    [
        ("s3", {}, True),
        ("s3", {SSE: "AES256"}, True),
        ("s3", {SSE: "aws:kms"}, False),
        ("kms", {}, True),
        ("kms", {SSE: "aws:kms"}, False),
        ("kms", {}, True),
        ("kms", {SSE: "AES256"}, False),
        ("kms", {SSE: "aws:kms", SSE_KEY: key_placeholder("datasets")}, True),
        ("kms", {SSE: "aws:kms", SSE_KEY: GIVEN}, False),
        (f"{{key: '{GIVEN}'}}", {SSE: "aws:kms", SSE_KEY: GIVEN}, True),
        (f"{{key: '{GIVEN}'}}", {SSE: "aws:kms:dsse", SSE_KEY: GIVEN}, True),
        (f"{{key: '{GIVEN}'}}", {SSE: "aws:kms", SSE_KEY: GIVEN + "2"}, False),
        (f"{{key: '{GIVEN}'}}, dsse: true", {}, True),
        (f"{{key: '{GIVEN}'}}, dsse: true", {SSE: "aws:kms:dsse", SSE_KEY: GIVEN}, True),
        (f"{{key: '{GIVEN}'}}, dsse: true", {SSE: "aws:kms", SSE_KEY: GIVEN}, False),
        ("s3", {SSE_CUSTOMER: "AES256"}, False),
        ("kms", {SSE_CUSTOMER: "AES256"}, False),
    ],
)
def test_an_upload_takes_the_buckets_own_encryption_or_none_by_name(encryption: str, headers: dict[str, str], allowed: bool) -> None:
    assert world(f"{{encryption: {encryption}}}").may("job", "s3:PutObject", "datasets/raw/1", context=headers) is allowed


def test_encryption_rules_can_be_relaxed_with_a_reason() -> None:
    relaxed = world("{encryption: s3, relax: {right_key: two teams, customer_keys: an old client}}")
    for headers in ({SSE: "aws:kms"}, {SSE_CUSTOMER: "AES256"}):
        assert relaxed.may("job", "s3:PutObject", "datasets/raw/1", context=headers)


EXCLUSIVE = f"{{exclusive: true, administrators: ['{ADMIN}']}}"


def test_an_exclusive_bucket_lets_in_services_and_administrators_only() -> None:
    asked = world(EXCLUSIVE)
    assert asked.may("job", "s3:GetObject", "datasets/raw/1")
    assert asked.stranger_may(ADMIN, "s3:PutBucketPolicy", "datasets")
    for action, where in (("s3:GetObject", "datasets/raw/1"), ("s3:PutBucketPolicy", "datasets"), ("s3:ListBucket", "datasets")):
        assert not asked.stranger_may(STRANGER, action, where)
        assert world().stranger_may(STRANGER, action, where)


def test_an_exclusive_bucket_keeps_out_other_services_too() -> None:
    other = "  other:\n    identity: {issuer: ci, repository: acme/other, branch: main}\n"
    asked = World.of(HEAD.replace("services:\n", f"services:\n{other}") + EXCLUSIVE)
    assert not asked.stranger_may(asked.role("other").arn, "s3:GetObject", "datasets/raw/1")


def test_a_caller_without_a_principal_arn_is_kept_out_of_an_exclusive_bucket() -> None:
    (statement,) = (one for one in world(EXCLUSIVE).bucket("datasets").policy.document.statements if one.sid == "DenyOthers")
    assert [condition.operator for condition in statement.conditions] == ["ArnNotLikeIfExists", "BoolIfExists"]


def test_aws_services_pass_the_perimeter() -> None:
    asked = world(f"{{perimeter: {{organization: o-abcdefghij, vpc_endpoints: vpce-1a}}, administrators: ['{ADMIN}']}}")
    logs = {"aws:PrincipalIsAWSService": "true"}
    assert asked.stranger_may(STRANGER, "s3:PutObject", "datasets/logs/1", context=logs)


@pytest.mark.parametrize(
    ("context", "allowed"),
    [
        ({"aws:PrincipalOrgID": "o-abcdefghij"}, True),
        ({"aws:PrincipalOrgID": "o-bbbbbbbbbb"}, False),
        ({}, False),
    ],
)
def test_a_perimeter_keeps_other_organizations_out(context: dict[str, str], allowed: bool) -> None:
    asked = world("{perimeter: {organization: o-abcdefghij}}")
    assert asked.stranger_may(STRANGER, "s3:GetObject", "datasets/raw/1", context=context) is allowed


@pytest.mark.parametrize(
    ("context", "allowed"), [({"aws:SourceVpce": "vpce-1a"}, True), ({"aws:SourceVpce": "vpce-2b"}, False), ({}, False)]
)
def test_a_perimeter_of_vpc_endpoints_holds_for_all_but_administrators(context: dict[str, str], allowed: bool) -> None:
    asked = world(f"{{perimeter: {{vpc_endpoints: vpce-1a}}, administrators: ['{ADMIN}']}}")
    assert asked.may("job", "s3:GetObject", "datasets/raw/1", context=context) is allowed
    assert asked.stranger_may(ADMIN, "s3:GetObject", "datasets/raw/1", context=context)


def test_refusals_say_what_they_are_there_for() -> None:
    words = {traced.statement.sid: traced.origins[0] for traced in world(EXCLUSIVE).bucket("datasets").policy.statements}
    assert words["DenyOthers"].path == "buckets.datasets.exclusive"
    assert words["DenyOldTls"].words == "datasets: TLS 1.2 or newer only"

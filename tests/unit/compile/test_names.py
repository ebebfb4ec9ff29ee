from dataclasses import replace

from tests.declarations import TARGET

from bucketpass.compile.names import Names, key_of
from bucketpass.compile.plan import Target, key_placeholder
from bucketpass.issuers import provider_path
from bucketpass.model import Access, Bucket, Identity, Issuer, Service

ACCESS = Access(
    {"ci": Issuer("github")},
    {"data": Bucket(), "named": Bucket(name="acme-data"), "theirs": Bucket(account="444455556666")},
    {"job": Service((Identity("ci", {"repository": "a/b", "tag": "c"}),)), "other": Service((), name="role-of-other", path="/ai/")},
    name="acme",
)
NAMES = Names(ACCESS, TARGET)


def test_roles_are_named_after_the_declaration_and_the_service() -> None:
    assert (NAMES.role("job"), NAMES.role("other")) == ("acme-job", "role-of-other")
    assert NAMES.role_arn("other", "role-of-other") == "arn:aws:iam::111122223333:role/ai/role-of-other"


def test_buckets_are_named_as_declared() -> None:
    assert [NAMES.bucket(name) for name in ACCESS.buckets] == ["data", "acme-data", "theirs"]


def test_a_prefix_stands_before_names_that_are_not_given() -> None:
    names = Names(replace(ACCESS, name_prefix="corp-ai-"), TARGET)
    assert [names.role(service) for service in ACCESS.services] == ["corp-ai-job", "role-of-other"]
    assert [names.bucket(name) for name in ACCESS.buckets] == ["corp-ai-data", "acme-data", "theirs"]


def test_access_points_are_in_the_buckets_account() -> None:
    assert NAMES.access_point_arn("theirs", "lab") == "arn:aws:s3:eu-central-1:444455556666:accesspoint/lab"


def test_other_partitions_have_their_own_names() -> None:
    china = Names(ACCESS, Target("111122223333", "cn-north-1", "aws-cn"))
    assert china.s3_endpoint("data") == "s3.cn-north-1.amazonaws.com.cn"
    assert china.bucket_arn("data") == "arn:aws-cn:s3:::data"
    assert china.provider_arn(ACCESS.issuers["ci"]) == "arn:aws-cn:iam::111122223333:oidc-provider/" + provider_path(
        "https://token.actions.githubusercontent.com"
    )


def test_a_key_that_is_not_made_yet_has_a_placeholder() -> None:
    assert key_of("data", Bucket(encryption="kms")) == key_placeholder("data")
    assert key_of("data", Bucket(encryption="arn:aws:kms:::key/1")) == "arn:aws:kms:::key/1"
    assert key_of("data", Bucket()) is None

"""Sessions that may do less than their role."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fake_machine import fake_machine
from tests.integration.fake_sts import ROLE

from bucketpass.compile import Target, compile_access
from bucketpass.credentials.assemble import with_session_policy
from bucketpass.credentials.narrowing import narrowed_policy
from bucketpass.credentials.values import RoleToAssume
from bucketpass.errors import InvalidInput, QuotaError
from bucketpass.model import parse_access
from bucketpass.policy import parse_policy

ACCESS = parse_access(
    """
issuers:
  okta: {preset: generic, url: "https://issuer.test/oauth2", audience: s3-data}
buckets:
  datasets: {name: acme-datasets}
  secret: {encryption: kms}
services:
  trainer:
    identity: {issuer: okta, subject: trainer}
    grants:
      - {bucket: datasets, prefix: raw/, access: read}
      - {bucket: datasets, prefix: raw/scratch/, access: [write, delete]}
      - {bucket: secret, prefix: "", access: read}
      - {bucket: datasets, key: config.json, access: read}
"""
)
TRAINER = RoleToAssume(compile_access(ACCESS, Target(account="111122223333", region="eu-west-1")).roles[0].arn, region="eu-west-1")


def statements(policy: str) -> list[tuple[list[str], list[str]]]:
    """(actions, resources) of the statements on S3."""
    found = [(each["Action"], each["Resource"]) for each in json.loads(policy)["Statement"]]
    return sorted(each for each in found if each[0][0].startswith("s3:"))


def test_a_session_reaches_the_prefix_and_nothing_else() -> None:
    policy = narrowed_policy("acme-datasets/raw/2026/", "read", TRAINER, ACCESS)
    assert statements(policy) == [
        (["s3:GetObject"], ["arn:aws:s3:::acme-datasets/raw/2026/*"]),
        (["s3:ListBucket"], ["arn:aws:s3:::acme-datasets"]),
    ]
    assert '"s3:prefix":["raw/2026/*"]' in policy


def test_a_bucket_may_be_named_as_in_the_declaration_and_an_address_is_taken_too() -> None:
    assert narrowed_policy("s3://datasets/raw/2026/", None, TRAINER, ACCESS) == narrowed_policy(
        "acme-datasets/raw/2026/", "read", TRAINER, ACCESS
    )


@pytest.mark.parametrize(
    ("place", "levels", "missing"),
    [
        ("datasets/raw/2026/", "write", "no write"),
        ("datasets/raw/2026/", "read,write", "no write"),
        ("datasets/", "read", "no read"),
        ("datasets/ra", "read", "no read"),
        ("datasets/raw", "read", "no read"),
        ("datasets/rawer/", "read", "no read"),
        ("other/raw/", "read", "no read"),
        ("secret/x/", "delete,list", "no delete and list"),
    ],
)
def test_what_the_role_does_not_have_is_refused(place: str, levels: str, missing: str) -> None:
    with pytest.raises(InvalidInput, match=missing):
        narrowed_policy(place, levels, TRAINER, ACCESS)


def test_levels_come_from_all_grants_that_cover_the_prefix() -> None:
    policy = narrowed_policy("datasets/raw/scratch/job-7/", "read,write", TRAINER, ACCESS)
    actions = {action for found, _ in statements(policy) for action in found}
    assert actions == {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
    assert "s3:DeleteObject" not in policy


def test_one_object_can_be_the_whole_session() -> None:
    policy = narrowed_policy("datasets/config.json", "read", TRAINER, ACCESS)
    assert "arn:aws:s3:::acme-datasets/config.json" in policy
    assert "/*" not in json.dumps(statements(policy))


def test_the_roles_keys_stay_usable_through_s3_alone() -> None:
    found = json.loads(narrowed_policy("secret/x/", "read", TRAINER, ACCESS))["Statement"]
    statement = next(each for each in found if "kms" in str(each))
    assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt"], ["*"])
    assert statement["Condition"]["StringEquals"] == {"kms:ViaService": ["s3.eu-west-1.amazonaws.com"]}
    assert statement["Condition"]["StringLike"]["kms:EncryptionContext:aws:s3:arn"] == ["arn:aws:s3:::secret", "arn:aws:s3:::secret/*"]


def test_without_the_declaration_the_bucket_is_named_as_in_s3() -> None:
    policy = narrowed_policy("acme-datasets/raw/2026/", "read,list", RoleToAssume(ROLE))
    assert parse_policy(policy).statements
    assert statements(policy)[0][1] == ["arn:aws:s3:::acme-datasets/raw/2026/*"]


@pytest.mark.parametrize(
    ("place", "levels", "says"),
    [
        ("b/x", "admin", "`admin` is not a level"),
        *(
            (place, "read", "does not name a bucket")
            for place in ("", "/x", "*/x", "b?/x", "${aws:userid}/x", "s3://s3://b/x", "arn:aws:s3:::b/x")
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(place: str, levels: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        narrowed_policy(place, levels, RoleToAssume(ROLE))


def test_a_policy_that_sts_would_refuse_as_too_large_is_refused_here() -> None:
    with pytest.raises(QuotaError, match="AWS takes 2,048"):
        narrowed_policy(f"bucket/{'x' * 1000}", "read", RoleToAssume(ROLE))


@given(st.text(alphabet="abc/*?${}", max_size=20))
def test_characters_of_a_prefix_are_never_wildcards(prefix: str) -> None:
    policy = json.loads(narrowed_policy(f"bucket/{prefix}", "write", RoleToAssume(ROLE)))
    resource = policy["Statement"][0]["Resource"][0].removeprefix("arn:aws:s3:::bucket/").removesuffix("*")
    plain = resource.replace("${*}", "").replace("${?}", "").replace("${$}", "")
    assert not set("*?$") & set(plain)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"access": "read"}, "--access is given without --prefix"),
        ({"prefix": "b/x", "policy-file": "/policy"}, "both given"),
        ({"policy-file": "/nope"}, "cannot read the session policy"),
    ],
)
def test_options_that_contradict_each_other_are_refused(values: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        with_session_policy(RoleToAssume(ROLE), values, fake_machine())


def test_a_narrower_session_has_a_policy_of_its_own() -> None:
    narrow = with_session_policy(RoleToAssume(ROLE), {"prefix": "b/x/", "access": "read"}, fake_machine())
    assert narrow.policy != with_session_policy(RoleToAssume(ROLE), {"prefix": "b/y/", "access": "read"}, fake_machine()).policy
    assert with_session_policy(RoleToAssume(ROLE), {}, fake_machine()).policy is None

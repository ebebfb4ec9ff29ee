"""What is called beyond doubt is so: the prover finds nothing there."""

import json

import pytest

from bucketpass.compile import Target
from bucketpass.deployment.resources import Deployment
from bucketpass.prove.faults import faults
from bucketpass.review.inventory import Inventory, inventory_of
from bucketpass.review.resources import ReviewedResource
from bucketpass.review.signs import bucket_is_beyond_doubt, is_placeholder, lists, object_buckets, role_is_beyond_doubt

ACCOUNT = "111122223333"
TARGET = Target(ACCOUNT, "eu-west-1")
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/acme.okta.com"
PINNED = {"StringEquals": {"acme.okta.com:aud": "a", "acme.okta.com:sub": "job"}}
READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(condition: object = PINNED, principal: object = None, **more: object) -> object:
    named = principal or {"Federated": PROVIDER}
    return {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition, **more}


def inventory(trusting: object, allowed: object = READ, bucket_policy: str | None = None) -> Inventory:
    resources = [
        ReviewedResource("iam.OpenIdConnectProvider", "i", {"url": "acme.okta.com", "clientIdLists": ["a"]}),
        ReviewedResource("iam.Role", "r", {"name": "r", "assumeRolePolicy": document(trusting)}),
        ReviewedResource("iam.RolePolicy", "p", {"role": "r", "name": "p", "policy": document(allowed)}),
        ReviewedResource("s3.Bucket", "b", {"bucket": "b"}),
    ]
    if bucket_policy is not None:
        resources.append(ReviewedResource("s3.BucketPolicy", "b", {"bucket": "b", "policy": bucket_policy}))
    return inventory_of(resources, TARGET)


def proved(found: Inventory, *, of_role: bool) -> list[str]:
    """The codes of what the prover finds of the role, or of the bucket."""
    role = found.roles[0].deployed()
    assert role is not None
    bucket = found.buckets[0].deployed(TARGET)
    deployment = Deployment(TARGET, found.providers, (role,) if of_role else (), (bucket,))
    return [fault.finding.code for fault in faults(deployment) if fault.finding.place.path == ("r" if of_role else "b")]


SURE = [
    trust(),
    trust({"StringEquals": {"acme.okta.com:aud": ["a"], "acme.okta.com:sub": ["x", "y"]}}),
    trust({**PINNED, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
]
DOUBTFUL = [
    trust({"StringEquals": {"acme.okta.com:aud": "a"}}),
    trust({"StringLike": {"acme.okta.com:aud": "a", "acme.okta.com:sub": "*"}}),
    trust({"StringEqualsIfExists": {"acme.okta.com:sub": "job"}, "StringEquals": {"acme.okta.com:aud": "a"}}),
    trust({"ForAllValues:StringEquals": {"acme.okta.com:sub": "job"}, "StringEquals": {"acme.okta.com:aud": "a"}}),
    trust(principal={"Federated": PROVIDER, "AWS": ACCOUNT}),
    trust(principal="*"),
]


@pytest.mark.parametrize("trusting", SURE)
def test_nothing_is_found_of_a_role_that_is_beyond_doubt(trusting: object) -> None:
    found = inventory(trusting)
    assert role_is_beyond_doubt(found.roles[0], found)
    assert proved(found, of_role=True) == []


@pytest.mark.parametrize("trusting", DOUBTFUL)
def test_a_role_that_is_not_is_put_to_the_prover(trusting: object) -> None:
    found = inventory(trusting)
    assert not role_is_beyond_doubt(found.roles[0], found)


@pytest.mark.parametrize(
    "allowed",
    [
        {**READ, "Resource": "*"},
        {**READ, "Resource": "arn:aws:s3:::*/x"},
        {**READ, "Action": "s3:*"},
        {**READ, "Action": "s3:PutBucketPolicy"},
        {"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "arn:aws:s3:::b/*"},
    ],
)
def test_wide_permissions_are_put_to_the_prover(allowed: object) -> None:
    found = inventory(trust(), allowed)
    assert not role_is_beyond_doubt(found.roles[0], found)


@pytest.mark.parametrize("principal", [{"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}])
def test_nothing_is_found_of_a_bucket_that_is_beyond_doubt(principal: object) -> None:
    found = inventory(trust(), bucket_policy=document(TLS, {**READ, "Principal": principal}))
    assert bucket_is_beyond_doubt(found.buckets[0], ACCOUNT)
    assert proved(found, of_role=False) == []


@pytest.mark.parametrize(
    "statements",
    [
        [{**READ, "Principal": {"AWS": ACCOUNT}}],
        [TLS, {**READ, "Principal": "*"}],
        [TLS, {**READ, "Principal": {"AWS": "999988887777"}}],
        [{**TLS, "Resource": "arn:aws:s3:::b/*"}],
        [{**TLS, "Principal": {"AWS": ACCOUNT}}],
        [{**TLS, "Condition": {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}],
    ],
)
def test_a_bucket_that_is_not_is_put_to_the_prover(statements: list[object]) -> None:
    found = inventory(trust(), bucket_policy=document(*statements))
    assert not bucket_is_beyond_doubt(found.buckets[0], ACCOUNT)


@pytest.mark.parametrize(
    ("arn", "placeholder"),
    [
        ("arn:aws:iam::123456789012:oidc-provider/acme.okta.com", True),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/YOUR_PROVIDER", True),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/your-domain.okta.com", True),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/<issuer>", True),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com", True),
        (PROVIDER, False),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com", False),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789", False),
    ],
)
def test_what_was_to_be_replaced_is_recognised(arn: str, placeholder: bool) -> None:
    assert is_placeholder(arn, ACCOUNT) is placeholder


def test_the_account_itself_is_no_placeholder() -> None:
    assert not is_placeholder("arn:aws:iam::123456789012:oidc-provider/acme.okta.com", "123456789012")


def test_what_is_read_and_listed_is_seen_through_patterns_of_actions() -> None:
    (role,) = inventory(trust(), {**READ, "Action": ["s3:Get*"]}).roles
    assert object_buckets(role) == ("b",)
    assert not lists(role, "b")
    assert lists(inventory(trust(), {**READ, "Action": "s3:*"}).roles[0], "b")

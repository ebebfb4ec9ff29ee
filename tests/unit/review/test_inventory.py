import json

from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy
from bucketpass.policy import parse_policy
from bucketpass.policy.unknown_parts import unknown_part
from bucketpass.review.inventory import inventory_of, with_managed
from bucketpass.review.resources import ReviewedResource

TARGET = Target("111122223333", "eu-west-1")
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}


def resource(kind: str, logical: str, unknown: tuple[str, ...] = (), /, **properties: object) -> ReviewedResource:
    return ReviewedResource(kind, logical, properties, unknown=frozenset(unknown))


def test_a_role_has_its_policies_of_all_kinds() -> None:
    arn = "arn:aws:iam::111122223333:policy/x/managed"
    found = inventory_of(
        [
            resource("iam.Role", "r", name="r", assumeRolePolicy=TRUST, managedPolicyArns=[arn]),
            resource("iam.RolePolicy", "inline", role="r", policy=json.dumps(ALLOW)),
            resource("iam.Policy", "managed", name="managed", path="/x/", policy=ALLOW),
            resource("iam.Policy", "attached", name="attached", policy=ALLOW),
            resource("iam.RolePolicyAttachment", "a", role="r", policyArn="arn:aws:iam::111122223333:policy/attached"),
        ],
        TARGET,
    )
    (role,) = found.roles
    assert role.arn == "arn:aws:iam::111122223333:role/r"
    assert [policy.named.name for policy in role.policies] == ["policy managed", "inline policy inline of r", "policy attached"]
    assert role.deployed() is not None


def test_a_managed_policy_of_aws_is_read_where_its_document_is_known() -> None:
    known, other = (f"arn:aws:iam::aws:policy/{name}" for name in ("Known", "Other"))
    role = resource("iam.Role", "r", name="r", assumeRolePolicy=TRUST, managedPolicyArns=[known, other], permissionsBoundary=known)
    named = NamedPolicy("managed policy Known", parse_policy(json.dumps(ALLOW)))
    (read,) = with_managed(inventory_of([role], TARGET), {known: named}).roles
    assert [(policy.named, policy.arn) for policy in read.policies] == [(named, known)]
    assert (read.unread, read.boundary) == ((other,), (named,))


def test_a_bucket_has_its_settings_and_what_is_not_known_is_told() -> None:
    found = inventory_of(
        [
            resource("s3.Bucket", "b", bucket="b"),
            resource("s3.BucketAcl", "acl", bucket="b", acl="private"),
            resource("s3.BucketPolicy", "p", ("policy",), bucket="b"),
            resource("s3.BucketPublicAccessBlock", "block", bucket="b", blockPublicAcls=True),
        ],
        TARGET,
    )
    (bucket,) = found.buckets
    assert (bucket.acl, bucket.policy, bucket.known) == ("private", None, False)
    assert bucket.public_access is not None
    assert (bucket.public_access.block_public_acls, bucket.public_access.block_public_policy) == (True, False)
    assert [finding.code for finding in found.findings] == ["not-reviewed"]


def test_a_document_of_a_preview_that_shows_what_is_not_known_is_not_known() -> None:
    shown = json.dumps(ALLOW).replace("b/*", f"{unknown_part('bucket', 'b')}/*")
    found = inventory_of([resource("s3.Bucket", "b", bucket="b"), resource("s3.BucketPolicy", "p", bucket="b", policy=shown)], TARGET)
    assert (found.buckets[0].policy, found.buckets[0].known) == (None, False)
    assert [finding.code for finding in found.findings] == ["not-reviewed"]


def test_a_policy_that_cannot_be_read_is_a_finding() -> None:
    found = inventory_of([resource("iam.Role", "r", name="r", assumeRolePolicy="{")], TARGET)
    assert [finding.code for finding in found.findings] == ["policy"]
    assert found.roles[0].deployed() is None

"""What may stand in which kind of policy."""

import pytest

from bucketpass.errors import PolicyError
from bucketpass.policy.grammar import PolicyKind, check_policy
from bucketpass.policy.parse import parse_policy
from bucketpass.policy.render import policy_json
from bucketpass.policy.size import policy_size

PROVIDER = {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"}
GOOD: dict[PolicyKind, dict[str, object]] = {
    PolicyKind.MANAGED: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.INLINE: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.BOUNDARY: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.SESSION: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.SCP: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.RCP: {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"},
    PolicyKind.TRUST: {"Action": "sts:AssumeRoleWithWebIdentity", "Principal": PROVIDER},
    PolicyKind.BUCKET: {"Action": "s3:GetObject", "Resource": "*", "Principal": "*", "Sid": "with space"},
    PolicyKind.KEY: {"Action": "kms:Decrypt", "Resource": "*", "Principal": {"AWS": "111122223333"}},
    PolicyKind.ENDPOINT: {"Action": "*", "Resource": "*", "Principal": "*"},
}


def refused(kind: PolicyKind, **changed: object) -> str:
    statement = {name: value for name, value in ({"Effect": "Allow"} | GOOD[kind] | changed).items() if value is not None}
    with pytest.raises(PolicyError) as caught:
        check_policy(parse_policy({"Version": "2012-10-17", "Statement": [statement]}), kind)
    return str(caught.value)


@pytest.mark.parametrize("kind", PolicyKind)
def test_a_good_policy_of_each_kind_passes(kind: PolicyKind) -> None:
    check_policy(parse_policy({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | GOOD[kind]]}), kind)


@pytest.mark.parametrize(
    ("kind", "changed", "words"),
    [
        (PolicyKind.MANAGED, {"Principal": "*"}, "has `Principal`"),
        (PolicyKind.MANAGED, {"Resource": None}, "has no `Resource`"),
        (PolicyKind.MANAGED, {"Sid": "a b"}, "letters and digits"),
        (PolicyKind.MANAGED, {"Resource": "arn:aws:s3:::b/" + "\u0416" * 1020}, "AWS takes 6144"),
        (PolicyKind.INLINE, {"Condition": {"NumericEquals": {"k": "x"}}}, "`x` is not a number"),
        (PolicyKind.SESSION, {"Condition": {"BinaryEquals": {"k": "x"}}}, "`x` is not base64"),
        (PolicyKind.TRUST, {"Principal": {"Federated": "accounts.google.com"}}, "without a scope on `accounts.google.com:aud`"),
        (PolicyKind.TRUST, {"Principal": {"AWS": "1234"}}, "`1234` is not a principal"),
        (PolicyKind.BUCKET, {"Principal": None, "NotPrincipal": {"AWS": "111122223333"}}, "`NotPrincipal` in an Allow"),
        (PolicyKind.KEY, {"Principal": {"CanonicalUser": "a" * 64}}, "not a principal that AWS takes in a key policy"),
        (PolicyKind.RCP, {"Effect": "Allow"}, "no `Allow`"),
        (PolicyKind.RCP, {"Action": "*"}, "write the service"),
        (PolicyKind.RCP, {"Action": ["s3:*", "ec2:RunInstances"]}, "`ec2:RunInstances`"),
        (PolicyKind.TRUST, {"Resource": "*"}, "has `Resource`"),
        (PolicyKind.TRUST, {"Principal": None}, "has no `Principal`"),
        (PolicyKind.TRUST, {"Principal": "*"}, "no scalar"),
        (PolicyKind.TRUST, {"Principal": None, "NotPrincipal": PROVIDER}, "no `NotPrincipal`"),
        (PolicyKind.TRUST, {"Action": "s3:GetObject"}, "not an action of sts"),
        (PolicyKind.BUCKET, {"Action": "sts:AssumeRole"}, "not an action of s3"),
        (PolicyKind.BUCKET, {"Principal": None}, "has no `Principal`"),
        (PolicyKind.KEY, {"Action": "s3:GetObject"}, "not an action of kms"),
        (PolicyKind.RCP, {"Principal": {"AWS": "111122223333"}}, "takes only `*`"),
        (PolicyKind.RCP, {"Action": None, "NotAction": "s3:GetObject"}, "`NotAction`"),
        (PolicyKind.RCP, {"Principal": None, "NotPrincipal": {"AWS": "*"}}, "`NotPrincipal`"),
        (PolicyKind.TRUST, {"Condition": {"StringEquals": {"k": "v" * 2048}}}, "AWS takes 2048"),
        (PolicyKind.BUCKET, {"Condition": {"StringEquals": {"k": "\u0416" * 10240}}}, "AWS takes 20480"),
    ],
)
def test_what_may_not_stand_in_a_kind_is_refused(kind: PolicyKind, changed: dict[str, object], words: str) -> None:
    assert words in refused(kind, **changed)


def test_characters_beyond_latin_1_are_counted_as_their_escapes() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/\u65e5\u672c/\U00010400*"}
    document = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    check_policy(document, PolicyKind.MANAGED)
    assert r"b/\u65e5\u672c/\ud801\udc00*" in policy_json(document)
    assert policy_size(document) == len(policy_json(document))
    assert parse_policy(policy_json(document)) == document


def test_rcps_deny_everyone_in_either_form() -> None:
    statement = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    check_policy(parse_policy({"Version": "2012-10-17", "Statement": [statement]}), PolicyKind.RCP)


def test_everything_wrong_is_said_at_once() -> None:
    assert len(refused(PolicyKind.TRUST, Principal="*", Resource="*", Sid="a b").splitlines()) == 3

"""What may stand in which kind of policy."""

import pytest

from bucketpass.errors import PolicyError
from bucketpass.policy.grammar import PolicyKind, check_policy
from bucketpass.policy.parse import parse_policy

PROVIDER = {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"}
GOOD: dict[PolicyKind, dict[str, object]] = {
    PolicyKind.MANAGED: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.INLINE: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.BOUNDARY: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.SESSION: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.SCP: {"Action": "s3:GetObject", "Resource": "*"},
    PolicyKind.RCP: {"Action": "s3:GetObject", "Resource": "*", "Principal": "*"},
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
        (PolicyKind.MANAGED, {"Resource": "arn:aws:s3:::b/\u0416*"}, "U+0416"),
        (PolicyKind.TRUST, {"Resource": "*"}, "has `Resource`"),
        (PolicyKind.TRUST, {"Principal": None}, "has no `Principal`"),
        (PolicyKind.TRUST, {"Principal": "*"}, "no scalar"),
        (PolicyKind.TRUST, {"Principal": None, "NotPrincipal": PROVIDER}, "no `NotPrincipal`"),
        (PolicyKind.TRUST, {"Action": "s3:GetObject"}, "no action of sts"),
        (PolicyKind.BUCKET, {"Action": "sts:AssumeRole"}, "no action of s3"),
        (PolicyKind.BUCKET, {"Principal": None}, "has no `Principal`"),
        (PolicyKind.KEY, {"Action": "s3:GetObject"}, "no action of kms"),
        (PolicyKind.RCP, {"Principal": {"AWS": "111122223333"}}, "scalar `*`"),
        (PolicyKind.RCP, {"Action": None, "NotAction": "s3:GetObject"}, "`NotAction`"),
        (PolicyKind.RCP, {"Principal": None, "NotPrincipal": {"AWS": "*"}}, "`NotPrincipal`"),
        (PolicyKind.TRUST, {"Condition": {"StringEquals": {"k": "v" * 2048}}}, "AWS takes 2048"),
        (PolicyKind.BUCKET, {"Condition": {"StringEquals": {"k": "\u0416" * 10240}}}, "AWS takes 20480"),
    ],
)
def test_what_may_not_stand_in_a_kind_is_refused(kind: PolicyKind, changed: dict[str, object], words: str) -> None:
    assert words in refused(kind, **changed)


def test_everything_wrong_is_said_at_once() -> None:
    assert len(refused(PolicyKind.TRUST, Principal="*", Resource="*", Sid="a b").splitlines()) == 3

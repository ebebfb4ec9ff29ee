"""The forms of principals that AWS takes."""

import pytest

from bucketpass.policy.document import PrincipalElement
from bucketpass.policy.principals import invalid_principals

IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEF2GHIJK"
CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


@pytest.mark.parametrize(
    "element",
    [
        PrincipalElement(everyone=True),
        PrincipalElement(aws=("*", "111122223333", "arn:aws:iam::111122223333:root", "arn:aws-cn:iam::111122223333:role/a/b/c")),
        PrincipalElement(aws=("arn:aws:iam::111122223333:user/ann+x@y", "arn:aws:sts::111122223333:assumed-role/r/s")),
        PrincipalElement(aws=("arn:aws:sts::111122223333:federated-user/x", "AROA1234567890EXAMPLE", "AIDA1234567890EXAMPLE")),
        PrincipalElement(federated=("arn:aws:iam::111122223333:oidc-provider/a.example/b", "accounts.google.com")),
        PrincipalElement(federated=("arn:aws:iam::111122223333:saml-provider/corp", "cognito-identity.amazonaws.com")),
        PrincipalElement(service=("logging.s3.amazonaws.com", "ec2.amazonaws.com.cn")),
    ],
)
def test_what_aws_takes_is_taken_in_every_policy(element: PrincipalElement) -> None:
    assert list(invalid_principals(element, of_bucket=False)) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "11112222333", "1111222233334", "1111-2222-3333", "\u0661" * 12, "ann", "everyone"),
        *("arn:aws:iam::111122223333:group/g", "arn:aws:iam::111122223333:role/", "arn:aws:iam::1:root", "arn:aws:iam:::root"),
        *("arn:aws:s3:::bucket", "arn:moon:iam::111122223333:root", "arn:aws:sts::111122223333:assumed-role/r", "ABIA1234567890EXAMPLE"),
        *("arn:aws:iam::cloudfront:user/x", "arn:aws:iam::111122223333:role/a b"),
    ],
)
def test_other_text_is_not_a_principal(text: str) -> None:
    assert list(invalid_principals(PrincipalElement(aws=(text,)), of_bucket=True)) == [("AWS", text)]


def test_federated_and_service_principals_have_forms_too() -> None:
    element = PrincipalElement(federated=("*", "gitlab.com", "arn:aws:iam::1:oidc-provider/x"), service=("s3", "s3.example.com"))
    found = [text for _, text in invalid_principals(element, of_bucket=True)]
    assert found == ["*", "gitlab.com", "arn:aws:iam::1:oidc-provider/x", "s3", "s3.example.com"]


def test_canonical_users_and_origin_access_identities_stand_in_bucket_policies_alone() -> None:
    element = PrincipalElement(aws=(IDENTITY,), canonical_user=(CANONICAL,))
    assert list(invalid_principals(element, of_bucket=True)) == []
    assert list(invalid_principals(element, of_bucket=False)) == [("AWS", IDENTITY), ("CanonicalUser", CANONICAL)]
    assert list(invalid_principals(PrincipalElement(canonical_user=(CANONICAL[:-1],)), of_bucket=True)) != []

"""Condition keys by name, and the claims that AWS makes keys of."""

import pytest

from bucketpass.aws.condition_keys import KeyType, condition_key, provider_claims


@pytest.mark.parametrize(
    ("name", "type_", "multivalued"),
    [
        ("AWS:principalarn", KeyType.ARN, False),
        ("aws:PrincipalTag/Team", KeyType.STRING, False),
        ("aws:TagKeys", KeyType.STRING, True),
        ("kms:EncryptionContext:aws:s3:arn", KeyType.STRING, False),
        ("s3:max-keys", KeyType.NUMERIC, False),
    ],
)
def test_a_key_is_known_by_its_name_or_family(name: str, type_: KeyType, multivalued: bool) -> None:
    key = condition_key(name)
    assert key is not None
    assert (key.type, key.multivalued) == (type_, multivalued)


@pytest.mark.parametrize("name", ["", "aws:PrincipalTags", "aws:Nothing/x", "issuer.example:sub"])
def test_other_names_are_not_known(name: str) -> None:
    assert condition_key(name) is None


@pytest.mark.parametrize(
    ("provider", "claim", "expected"),
    [
        ("token.actions.githubusercontent.com", "repository", True),
        ("token.actions.githubusercontent.com", "event_name", False),
        ("token.actions.githubusercontent.com", "repository_owner", False),
        ("token.actions.githubusercontent.com/acme", "ref", True),
        ("token.actions.githubusercontent.com/acme/x", "ref", False),
        ("token.actions.acme.ghe.com", "ref", True),
        ("token.actions.ghe.com", "ref", False),
        ("token.actions.a.b.ghe.com", "ref", False),
        ("evil-token.actions.githubusercontent.com", "ref", False),
        ("gitlab.com", "project_id", True),
        ("gitlab.example", "project_id", False),
        ("oidc.circleci.com/org/1234", "oidc.circleci.com/project-id", True),
        ("accounts.google.com", "google/organization_number", True),
    ],
)
def test_a_claim_is_a_key_only_for_the_issuer_that_aws_gave_it(provider: str, claim: str, expected: bool) -> None:
    assert (claim in provider_claims(provider)) is expected

"""The claims that AWS makes keys of."""

import pytest

from bucketpass.aws.provider_claims import provider_claims


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

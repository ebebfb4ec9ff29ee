import pytest
from tests.unit.prove.test_declared import WORLDS, witness

from bucketpass.prove.declared_tokens import admitted
from bucketpass.prove.theory.solver import holds
from bucketpass.prove.web_identity import token_request


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"sub": "0oa1trainer", "aud": "s3-data", "email": "a@acme.example"}, True),
        ({"sub": "0oa1trainer", "aud": "s3-more", "email": "a@acme.example"}, True),
        ({"sub": "0oa1trainer", "aud": "other", "email": "a@acme.example"}, False),
        ({"sub": "0oa1trainer", "aud": "s3-data"}, False),
        ({"sub": "0oa1", "aud": "s3-data", "email": "a@acme.example"}, False),
    ],
)
def test_an_identity_means_these_tokens(claims: dict[str, str], expected: bool) -> None:
    world = WORLDS["rich"]
    provider = next(one for one in world.deployment.providers if "okta" in one.url)
    request = token_request(provider, world.deployment.roles_of("trainer"))
    formula = admitted(world.access.services["trainer"], world.access, provider, request)
    path = "acme.okta.com/oauth2/default"
    asked = witness(request, "sts:AssumeRoleWithWebIdentity", "role", {f"{path}:{claim}": value for claim, value in claims.items()})
    assert holds(formula, asked) == expected

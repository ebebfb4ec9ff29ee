from bucketpass.issuers import Trusted, issuer_url, sample_claims, trusted
from bucketpass.model import Identity, Issuer

OKTA = Issuer(preset="okta", url="https://acme.okta.com/oauth2/default/", audience=("s3-data",))
AUTH0 = Issuer(preset="auth0", url="https://acme.auth0.com", audience=("https://api.acme.example",))
CLIENT = Identity(issuer="it", claims={"client_id": "abc"})


def test_the_issuer_url_is_the_presets_where_the_declaration_has_none() -> None:
    assert issuer_url(Issuer(preset="github")) == "https://token.actions.githubusercontent.com"


def test_the_audience_is_the_declared_one() -> None:
    assert trusted(OKTA, CLIENT) == Trusted("acme.okta.com/oauth2/default", ("abc",), aud=("s3-data",))


def test_the_audience_is_the_presets_where_none_is_declared() -> None:
    seen = trusted(Issuer(preset="github"), Identity("ci", {"repository": "acme/eval", "branch": "main"}))
    assert seen.aud == ("sts.amazonaws.com",)


def test_where_tokens_carry_azp_aws_reads_the_client_as_aud_and_the_audience_as_oaud() -> None:
    assert trusted(AUTH0, CLIENT) == Trusted("acme.auth0.com/", ("abc@clients",), aud=("abc",), oaud=("https://api.acme.example",))


def test_without_azp_the_audience_is_aud() -> None:
    plain = Issuer(preset="auth0", url=AUTH0.url, audience=AUTH0.audience, authorized_party=False)
    assert trusted(plain, CLIENT) == Trusted("acme.auth0.com/", ("abc@clients",), aud=("https://api.acme.example",))


def test_an_organization_is_all_its_repositories_with_the_owners_number() -> None:
    identity = Identity("ci", {"organization": "acme", "owner_id": "7"})
    seen = trusted(Issuer(preset="github"), identity)
    assert (seen.subjects, seen.wild, seen.require) == (("repo:acme/*", "repo:acme@7/*"), True, (("repository_owner_id", "7"),))
    assert sample_claims(Issuer(preset="github"), identity)["repository_owner_id"] == "7"


def test_further_audiences_are_beside_azp_alone() -> None:
    several = Issuer(preset="auth0", url=AUTH0.url, audience=AUTH0.audience, several_audiences=True)
    assert (trusted(several, CLIENT).several, trusted(AUTH0, CLIENT).several) == (True, False)


def test_a_sample_token_carries_what_the_trust_pins() -> None:
    assert sample_claims(OKTA, CLIENT) == {"iss": "https://acme.okta.com/oauth2/default", "sub": "abc", "aud": "s3-data"}
    assert sample_claims(AUTH0, CLIENT) == {
        "iss": "https://acme.auth0.com/",
        "sub": "abc@clients",
        "aud": "https://api.acme.example",
        "azp": "abc",
    }


def test_a_sample_token_carries_the_claims_that_aws_reads() -> None:
    claims = sample_claims(Issuer(preset="github"), Identity("ci", {"repository": "acme/eval", "environment": "production"}))
    assert claims["repository"] == "acme/eval"
    assert claims["environment"] == "production"

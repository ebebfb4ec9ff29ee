from tests.declarations import World

THUMBPRINT = "a" * 40
HEAD = """\
buckets: {}
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: a, thumbprints: [THUMBPRINT]}
  again: {preset: generic, url: "https://acme.okta.com/oauth2/default", audience: b}
  auth0: {preset: auth0, url: "https://acme.auth0.com/", audience: https://api.acme.example}
  google: {preset: google, audience: c}
  there: {preset: gitlab, audience: d, provider: existing}
  named: {preset: github, provider: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
  unused: {preset: modal}
services:
  job:
    identity:
      - {issuer: okta, client_id: x}
      - {issuer: again, subject: y}
      - {issuer: auth0, client_id: z}
      - {issuer: google, service_account_id: "1"}
      - {issuer: there, project: a/b, tag: v1}
      - {issuer: named, repository: a/b, tag: v1}
""".replace("THUMBPRINT", THUMBPRINT)
PROVIDERS = {provider.name: provider for provider in World.of(HEAD).plan.providers}


def test_there_is_one_provider_for_each_url_with_all_client_ids() -> None:
    okta = PROVIDERS["okta"]
    assert okta.client_ids == ("a", "b")
    assert okta.thumbprints == (THUMBPRINT,)
    assert "again" not in PROVIDERS


def test_where_tokens_carry_azp_the_client_is_the_client_id() -> None:
    assert PROVIDERS["auth0"].client_ids == ("z",)
    assert PROVIDERS["auth0"].arn == "arn:aws:iam::111122223333:oidc-provider/acme.auth0.com/"


def test_built_in_and_unused_issuers_have_no_provider() -> None:
    assert not {"google", "unused"} & set(PROVIDERS)


def test_an_existing_provider_is_used_and_not_made() -> None:
    assert (PROVIDERS["there"].create, PROVIDERS["there"].arn) == (False, "arn:aws:iam::111122223333:oidc-provider/gitlab.com")
    assert not PROVIDERS["named"].create

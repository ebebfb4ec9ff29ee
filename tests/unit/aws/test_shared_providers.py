from bucketpass.aws.shared_providers import demanded_scope


def test_the_scope_that_aws_demands_is_known_for_listed_issuers() -> None:
    assert demanded_scope("gitlab.com") == ":sub"
    assert demanded_scope("oidc.vercel.com/") == ":aud"
    assert demanded_scope("issuer.example.com") is None

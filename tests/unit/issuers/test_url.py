import pytest

from bucketpass.issuers import PRESETS, provider_path
from bucketpass.issuers.url import fits_form, normalise_url, url_mistake


def test_the_condition_key_prefix_has_no_scheme_and_keeps_the_path() -> None:
    assert provider_path("https://acme.okta.com/oauth2/default") == "acme.okta.com/oauth2/default"


@pytest.mark.parametrize(
    ("preset", "url", "expected"),
    [
        ("okta", "https://ACME.okta.com/oauth2/default/", "https://acme.okta.com/oauth2/default"),
        ("auth0", "https://acme.auth0.com", "https://acme.auth0.com/"),
        ("generic", "https://issuer.example.com/Case/", "https://issuer.example.com/Case/"),
        ("generic", "issuer.example.com", "issuer.example.com"),
    ],
)
def test_an_issuer_is_written_as_its_provider_writes_it(preset: str, url: str, expected: str) -> None:
    assert normalise_url(url, PRESETS[preset].trailing_slash) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://issuer.example.com", "`https://`"),
        ("issuer.example.com", "`https://`"),
        ("https://", "a host"),
        ("https://me@issuer.example.com", "user name"),
        ("https://issuer.example.com:8443", "port"),
        ("https://issuer.example.com/?tenant=1", "query"),
        ("https://issuer.example.com/#here", "fragment"),
        ("https://*.example.com", "wildcard"),
        ("https://issuer.example.com/a b", "blanks"),
        ("https://issuer.example.com/" + "a" * 255, "255"),
    ],
)
def test_an_issuer_that_iam_would_not_take_is_told(url: str, expected: str) -> None:
    mistake = url_mistake(url)
    assert mistake is not None
    assert expected in mistake


def test_a_good_issuer_has_no_mistake() -> None:
    assert url_mistake("https://login.example.com/tenants/1") is None


@pytest.mark.parametrize(
    ("preset", "url", "fits"),
    [
        ("okta", "https://acme.okta.com/oauth2/default", True),
        ("okta", "https://acme.okta.com.evil.example/oauth2/default", False),
        ("okta", "https://acme.okta.com/oauth2/default/more", False),
        ("github", "https://token.actions.githubusercontent.com/acme", True),
        ("generic", "https://anything.example.com", True),
    ],
)
def test_an_issuer_fits_the_forms_that_its_preset_knows(preset: str, url: str, fits: bool) -> None:
    assert fits_form(PRESETS[preset].urls, url) is fits

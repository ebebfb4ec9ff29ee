from dataclasses import replace

import pytest

from bucketpass.model import Identity, Issuer
from bucketpass.model.identity_rules import identity_mistakes, issuer_mistakes

OKTA = Issuer("okta", "https://acme.okta.com/oauth2/default", ("a",))


@pytest.mark.parametrize(
    ("issuer", "path", "words"),
    [
        (Issuer("okat"), "preset", "unknown preset `okat`"),
        (Issuer("okta"), "", "`url` is missing"),
        (Issuer("okta", "http://acme.okta.com/oauth2/default"), "url", "start with `https://`"),
        (Issuer("entra", "https://sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/", ("x",)), "url", "an issuer for everybody"),
        (Issuer("gitlab"), "", "`audience` is missing"),
        (Issuer("github", audience=tuple(map(str, range(101)))), "audience", "101 audiences"),
        (Issuer("github", audience=("a" * 256,)), "audience[0]", "256 characters"),
        (Issuer("github", audience=("",)), "audience[0]", "0 characters"),
        (Issuer("github", thumbprints=("a" * 40,) * 6), "thumbprints", "6 thumbprints"),
        (Issuer("github", provider="arn:aws:iam::1:role/x"), "provider", "OIDC provider"),
        (Issuer("github", authorized_party=True), "authorized_party", "no field"),
        (Issuer("github", several_audiences=True), "several_audiences", "refuses such tokens without `azp`"),
        (
            Issuer("auth0", "https://a.auth0.com/", ("x",), authorized_party=False, several_audiences=True),
            "several_audiences",
            "without `azp`",
        ),
        (Issuer("github", single_tenant=True), "single_tenant", "for everybody"),
        (Issuer("generic", "https://x.app.spacelift.io", ("x",), single_tenant=True), "single_tenant", "for everybody"),
        (Issuer("google", audience=("x",), single_tenant=True), "single_tenant", "for everybody"),
    ],
)
def test_a_wrong_issuer_is_told(issuer: Issuer, path: str, words: str) -> None:
    found = [(mistake.place.path, mistake.message) for mistake in issuer_mistakes("here", issuer)]
    assert [(place, words in message) for place, message in found] == [(f"here.{path}".rstrip("."), True)]


OWN = Issuer("kubernetes", "https://k8s.acme.example", single_tenant=True)
KEYCLOAK = Issuer("keycloak", "https://id.acme.example/realms/r", ("x",), several_audiences=True)


@pytest.mark.parametrize("issuer", [OWN, KEYCLOAK, OKTA, Issuer("github"), Issuer("circleci", "https://oidc.circleci.com/org/1")])
def test_a_good_issuer_has_no_mistake(issuer: Issuer) -> None:
    assert list(issuer_mistakes("here", issuer)) == []


ISSUERS = {
    "own": OWN,
    "mine": replace(OWN, preset="generic", audience=("x",)),
    "shared": replace(OWN, single_tenant=False),
    "okta": OKTA,
    "ci": Issuer("github"),
    "lab": Issuer("gitlab", audience=("sts",)),
    "auth0": Issuer("auth0", "https://acme.auth0.com/", ("x",)),
    "odd": Issuer("okat"),
}
REASON = "we need many"


@pytest.mark.parametrize(
    ("identity", "path", "words"),
    [
        (Identity("okto", {"subject": "a"}), "issuer", "unknown issuer `okto`"),
        (Identity("okta", {"subjekt": "a"}), "subjekt", "unknown field `subjekt`"),
        (Identity("okta", {}), "", "no field that says who"),
        (Identity("ci", {"repository": "a/b"}), "", "got the fields repository, expected one of: repository + environment"),
        (Identity("ci", {"repository": "b", "branch": "main"}), "repository", "got `b`, expected `owner/name`"),
        (Identity("ci", {"repository": "a/", "branch": "main"}), "repository", "expected `owner/name`"),
        (Identity("ci", {"repository": "a/b/c", "branch": "main"}), "repository", "expected `owner/name`"),
        (Identity("ci", {"repository": "a/b", "branch": "refs/heads/main"}), "branch", "expected the branch that the workflow runs on"),
        (Identity("ci", {"repository": "b*", "branch": "main"}, unsafe_wildcard=REASON), "repository", "expected `owner/name`"),
        (Identity("ci", {"repository": "a*/b", "branch": "main"}, unsafe_wildcard=REASON), "repository", "says whose it is"),
        (Identity("lab", {"project": "a", "branch": "main"}), "project", "expected `group/project`"),
        (Identity("okta", {"subject": " "}), "subject", "empty `subject`"),
        (Identity("okta", {"subject": "a*"}), "subject", "without `*` and `?`"),
        (Identity("okta", {"subject": "a?"}), "subject", "without `*` and `?`"),
        (Identity("okta", {"subject": "*"}, unsafe_wildcard=REASON), "", "literal text before the first wildcard"),
        (Identity("okta", {"subject": "?a"}, unsafe_wildcard=REASON), "", "literal text before the first wildcard"),
        (Identity("ci", {"repository": "*/b", "branch": "main"}, unsafe_wildcard=REASON), "", "literal text before the first wildcard"),
        (Identity("auth0", {"client_id": "a*"}, unsafe_wildcard=REASON), "client_id", "audience must be exact"),
        (Identity("okta", {"subject": "a"}, unsafe_wildcard=REASON), "unsafe_wildcard", "there is none"),
        (Identity("shared", {"namespace": "*", "service_account": "t"}, unsafe_wildcard=REASON), "", "literal text before"),
        (Identity("mine", {"subject": "*"}, unsafe_wildcard=REASON), "", "literal text before"),
        (Identity("ci", {"organization": "acme", "owner_id": "1*"}, unsafe_wildcard=REASON), "owner_id", "claim must be exact"),
        (Identity("ci", {"organization": "acme"}), "", "expected one of"),
        (Identity("okta", {"subject": "a"}, {"groups": ("x",)}), "require.groups", "AWS does not read"),
        (Identity("ci", {"subject": "a"}, {"event_name": ("x",)}), "require.event_name", "AWS does not read"),
        (Identity("okta", {"subject": "a"}, {"amr": ("x",)}), "require.amr", "several values"),
        (Identity("okta", {"subject": "a"}, {"sub": ("x",)}), "require.sub", "pin already"),
        (Identity("auth0", {"client_id": "a"}, {"oaud": ("x",)}), "require.oaud", "pin already"),
        (Identity("okta", {"subject": "a"}, {"email": ()}), "require.email", "no value"),
    ],
)
def test_a_wrong_identity_is_told(identity: Identity, path: str, words: str) -> None:
    found = [(mistake.place.path, mistake.message) for mistake in identity_mistakes("here", identity, ISSUERS)]
    assert [(place, words in message) for place, message in found] == [(f"here.{path}".rstrip("."), True)]


@pytest.mark.parametrize(
    ("claims", "remedy"),
    [
        ({"repository": "https://github.com/acme/eval", "branch": "main"}, "write `acme/eval`"),
        ({"repository": "git@github.com:acme/eval.git", "branch": "main"}, "write `acme/eval`"),
        ({"repository": "acme/eval", "branch": "refs/heads/main"}, "write `main`"),
        ({"repository": "eval", "branch": "main"}, "write it in full, as GitHub Actions shows it"),
    ],
)
def test_what_stands_around_a_repository_or_a_branch_is_to_be_removed(claims: dict[str, str], remedy: str) -> None:
    assert [mistake.remedy for mistake in identity_mistakes("here", Identity("ci", claims), ISSUERS)] == [remedy]


@pytest.mark.parametrize(
    "identity",
    [
        Identity("okta", {"client_id": "a"}),
        Identity("own", {"namespace": "*", "service_account": "t"}, unsafe_wildcard=REASON),
        Identity("mine", {"subject": "*/trainer"}, unsafe_wildcard=REASON),
        Identity("ci", {"organization": "acme", "owner_id": "1"}),
        Identity("okta", {"subject": "a"}, {"email": ("a@b.example",)}),
        Identity("ci", {"repository": "a/b", "branch": "main"}, {"workflow": ("train",)}),
        Identity("ci", {"repository": "a/*", "branch": "main"}, unsafe_wildcard=REASON),
        Identity("odd", {"anything": "goes, since the preset is told already"}),
    ],
)
def test_a_good_identity_has_no_mistake(identity: Identity) -> None:
    assert list(identity_mistakes("here", identity, ISSUERS)) == []

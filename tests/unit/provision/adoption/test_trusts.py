"""From trust policies to identities, and what stays out."""

from typing import Any

import pytest
from tests.unit.provision.adoption.accounts import GITHUB, ID, OKTA, PROVIDERS, parsed, trust

from bucketpass.compile import Target, compile_access
from bucketpass.issuers import PRESETS
from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service
from bucketpass.provision.adoption import FoundProvider
from bucketpass.provision.adoption.trusts import identities

SUB = f"{GITHUB.url}:sub"
FOR_ALL: dict[str, Any] = {"ForAllValues:StringEquals": {f"{GITHUB.url}:aud": "a"}}


def found(*statements: dict[str, Any]) -> tuple[list[Any], list[str]]:
    taken, remarks = identities("role r, trust", parsed(*statements), PROVIDERS)
    return [(one.issuer.preset, dict(one.claims)) for one in taken], [str(remark) for remark in remarks]


def test_a_subject_becomes_the_fields_that_say_it() -> None:
    statement = trust(GITHUB, sub="repo:acme/eval:environment:production", aud="sts.amazonaws.com")
    assert found(statement) == ([("github", {"repository": "acme/eval", "environment": "production"})], [])


def test_a_subject_of_no_known_form_is_itself() -> None:
    assert found(trust(GITHUB, sub="org:acme:custom", aud="sts.amazonaws.com")) == ([("github", {"subject": "org:acme:custom"})], [])


def test_a_subject_whose_fields_would_not_be_taken_is_itself() -> None:
    subject = "repo:eval:ref:refs/heads/main"
    assert found(trust(GITHUB, sub=subject, aud="sts.amazonaws.com")) == ([("github", {"subject": subject})], [])


def test_a_spiffe_id_is_that_of_a_spiffe_issuer_on_any_host() -> None:
    spire = FoundProvider(f"arn:aws:iam::{ID}:oidc-provider/spire.acme.io", "spire.acme.io", ("s3",))
    statements = parsed(*(trust(spire, sub=sub, aud="s3") for sub in ("spiffe://acme.io/a", "spiffe:acme")))
    taken, _ = identities("r", statements, {spire.arn: spire})
    assert [(one.issuer.preset, one.claims) for one in taken] == [
        ("spiffe", {"spiffe_id": "spiffe://acme.io/a"}),
        ("generic", {"subject": "spiffe:acme"}),
    ]


def test_several_subjects_are_several_identities() -> None:
    assert found(trust(OKTA, sub=["0oa1", "0oa2"], aud="s3-data"))[0] == [("okta", {"client_id": "0oa1"}), ("okta", {"client_id": "0oa2"})]


def test_the_usual_audience_is_not_written_and_another_is() -> None:
    usual, _ = identities("r", parsed(trust(GITHUB, sub="x", aud="sts.amazonaws.com")), PROVIDERS)
    other, _ = identities("r", parsed(trust(GITHUB, sub="x", aud="mine")), PROVIDERS)
    assert (usual[0].issuer.audience, other[0].issuer.audience) == ((), ("mine",))


def test_without_an_audience_the_providers_client_ids_are_it() -> None:
    taken, _ = identities("r", parsed(trust(OKTA, sub="0oa1")), PROVIDERS)
    assert taken[0].issuer.audience == ("s3-data",)


def test_a_wildcard_stays_a_wildcard_with_its_reason_to_be_written() -> None:
    statement = trust(GITHUB, aud="sts.amazonaws.com", StringLike={SUB: ["repo:acme/x:*", "repo:acme/y:environment:e"]})
    taken, _ = identities("r", parsed(statement), PROVIDERS)
    assert [(one.claims, one.wildcard) for one in taken] == [
        ({"subject": "repo:acme/x:*"}, True),
        ({"repository": "acme/y", "environment": "e"}, False),
    ]


def test_further_claims_are_required() -> None:
    taken, _ = identities("r", parsed(trust(GITHUB, sub="x", aud="sts.amazonaws.com", repository="acme/x")), PROVIDERS)
    assert taken[0].require == {"repository": ("acme/x",)}


def test_session_tags_are_those_that_the_fence_names() -> None:
    fence: dict[str, Any] = {"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}}
    statement = trust(OKTA, ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], sub="0oa1", aud="s3-data", **fence)
    taken, _ = identities("r", parsed(statement), PROVIDERS)
    assert taken[0].tags == ("tenant",)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (trust(GITHUB, aud="sts.amazonaws.com"), "no condition on the subject"),
        (trust(GITHUB, StringEquals={f"https://{SUB}": "x"}), "has a scheme, so that it never matches"),
        (trust(GITHUB, sub="x", **FOR_ALL), "cannot be declared"),
        (trust(GITHUB, sub="x", StringNotEquals={f"{GITHUB.url}:ref": "a"}), "StringNotEquals"),
        (trust(GITHUB, sub="x", StringLike={f"{GITHUB.url}:repository": "acme/*"}), "has wildcards in"),
        (trust(OKTA, ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], sub="x"), "any session tag"),
        (trust(OKTA, ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"], sub="x"), "allows sts:assumerole too"),
        (trust(OKTA, "sts:AssumeRole", sub="x"), "not about web identity"),
        (trust(OKTA, sub="${aws:username}"), "a variable in the values"),
        (
            {**trust(OKTA, sub="x"), "Principal": {"Federated": "arn:aws:iam::999999999999:oidc-provider/x"}},
            "not an OIDC provider of this account",
        ),
        ({**trust(OKTA, sub="x"), "Principal": {"Federated": OKTA.arn, "AWS": ID}}, "more than an OIDC provider"),
        ({**trust(OKTA, sub="x"), "Principal": "*"}, "more than an OIDC provider"),
    ],
)
def test_what_cannot_be_declared_is_left_out_and_said(statement: dict[str, Any], words: str) -> None:
    taken, remarks = found(statement)
    assert taken == []
    (remark,) = remarks
    assert remark.startswith("role r, trust, statement 0: ")
    assert words in remark


def test_a_trust_that_denies_anything_is_left_out_as_a_whole() -> None:
    taken, remarks = found(trust(OKTA, sub="0oa1", aud="s3-data"), {**trust(OKTA, sub="x"), "Effect": "Deny"})
    assert (taken, remarks) == ([], ["role r, trust: it has a Deny statement, which cannot be declared; it is left out"])


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_compiled_is_found_again(name: str) -> None:
    """The way there and back, for the first form of each preset's subjects."""
    kind = PRESETS[name]
    claims = {field: f"v{number}/x" if field == kind.owned else f"v{number}" for number, field in enumerate(kind.subjects[0].fields)}
    url = kind.url or (kind.urls[0] if kind.urls else "https://id.acme.io").replace("...", "").format_map(Pieces())
    declared = Access(
        {"it": Issuer(name, url, ("one",))}, {"data": Bucket()}, {"svc": Service((Identity("it", claims),), (Grant("data"),))}
    )
    plan = compile_access(declared, Target(ID, "eu-west-1"))
    (federated,) = plan.roles[0].trust.document.statements[0].principal.federated  # type: ignore[union-attr]
    provider = FoundProvider(federated, federated.rpartition("oidc-provider/")[2], ("one",))
    taken, remarks = identities("r", plan.roles[0].trust.document.statements, {federated: provider})
    assert remarks == []
    again = Access({"it": taken[0].issuer}, {"data": Bucket()}, {"svc": Service((Identity("it", taken[0].claims),), (Grant("data"),))})
    assert compile_access(again, Target(ID, "eu-west-1")).roles[0].trust.document == plan.roles[0].trust.document


class Pieces(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "acme.io" if name == "host" else "acme"


def test_a_trust_in_tokens_for_several_audiences_is_declared_as_it_is() -> None:
    url = "id.acme.example/realms/r"
    provider = FoundProvider(f"arn:aws:iam::{ID}:oidc-provider/{url}", url, ("trainer",))
    conditions = {
        "StringEquals": {f"{url}:aud": "trainer", f"{url}:sub": "abc"},
        "ForAnyValue:StringEquals": {f"{url}:oaud": "s3-data"},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider.arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
    taken, remarks = identities("r", parsed(statement), {provider.arn: provider})
    assert remarks == []
    assert [(one.issuer.preset, one.issuer.several_audiences, one.claims) for one in taken] == [
        ("keycloak", True, {"client_id": "trainer", "subject": "abc"})
    ]


@pytest.mark.parametrize(
    ("url", "subject", "expected"),
    [
        ("k8s.example.com/c1", "system:serviceaccount:ml:trainer", ("kubernetes", {"namespace": "ml", "service_account": "trainer"})),
        ("git.example.com", "project_path:acme/e:ref_type:branch:ref:main", ("gitlab", {"project": "acme/e", "branch": "main"})),
        ("git.example.com/deeper", "project_path:acme/e:ref_type:branch:ref:main", ("generic", {})),
        ("k8s.example.com/c1", "trainer", ("generic", {"subject": "trainer"})),
    ],
)
def test_an_issuer_that_may_have_any_host_is_known_by_its_subjects(url: str, subject: str, expected: tuple[str, dict[str, str]]) -> None:
    provider = FoundProvider(f"arn:aws:iam::{ID}:oidc-provider/{url}", url, ("s3",))
    taken, remarks = identities("r", parsed(trust(provider, sub=subject, aud="s3")), {provider.arn: provider})
    assert remarks == []
    assert [(one.issuer.preset, dict(one.claims)) for one in taken] == [(expected[0], expected[1] or {"subject": subject})]

import json

import pytest
from tests.declarations import World

from bucketpass.compile.check.identities import further_findings, identity_findings, provider_findings
from bucketpass.findings import CODES
from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service, Session

GRANTS = (Grant("data", "raw/"),)


def codes(issuer: Issuer, identity: Identity | None = None, session: Session | None = None) -> set[str]:
    who = identity or Identity("it", {"subject": "x"})
    access = Access({"it": issuer}, {"data": Bucket()}, {"job": Service((who,), GRANTS, session or Session())})
    found = list(identity_findings(access))
    assert {code for code, _, _, _ in found} <= set(CODES)
    return {code for code, _, _, _ in found}


GITHUB, GITLAB = Issuer("github"), Issuer("gitlab", audience=("x",))
TENANT = "11111111-1111-1111-1111-111111111111"
ENTRA_V2 = Issuer("entra", f"https://login.microsoftonline.com/{TENANT}/v2.0", ("x",))
NUMBERS = {"repository": "a/b", "owner_id": "1", "repository_id": "2"}


@pytest.mark.parametrize(
    ("issuer", "identity", "code"),
    [
        (GITLAB, Identity("it", {"project": "a/*", "tag": "v1"}, unsafe_wildcard="many"), "wildcard-subject"),
        (GITHUB, Identity("it", {**NUMBERS, "event": "pull_request"}), "pull-request-subject"),
        (GITHUB, Identity("it", {"repository": "a/b", "branch": "main"}), "mutable-subject"),
        (Issuer("generic", "https://hydra.acme.example", ("x",)), Identity("it", {"subject": "trainer"}), "mutable-subject"),
        (Issuer("kubernetes", "https://k8s.acme.example"), Identity("it", {"namespace": "ml", "service_account": "t"}), "mutable-subject"),
        (
            Issuer("eks", "https://oidc.eks.eu-west-1.amazonaws.com/id/A"),
            Identity("it", {"namespace": "ml", "service_account": "t"}),
            "mutable-subject",
        ),
        (Issuer("okta", "https://login.acme.example/oauth2/default", ("x",)), None, "issuer-form"),
        (ENTRA_V2, Identity("it", {"object_id": "x"}), "authorized-party"),
        (Issuer("entra", "https://login.microsoftonline.com/common/v2.0", ("x",)), Identity("it", {"object_id": "x"}), "issuer-form"),
        (Issuer("entra", f"https://sts.windows.net/{TENANT}/", ("x",)), Identity("it", {"object_id": "x"}), "issuer-note"),
        (GITHUB, Identity("it", {"organization": "acme", "owner_id": "7"}), "wildcard-subject"),
        (Issuer("generic", "https://gitlab.com", ("x",)), None, "generic-preset"),
        (Issuer("generic", "https://acme.okta.com/oauth2/default", ("x",)), None, "generic-preset"),
        (Issuer("generic", "https://codeberg.org", ("x",)), None, "shared-issuer"),
        (Issuer("generic", "https://acme.app.spacelift.io", ("x",)), None, "shared-issuer"),
        (Issuer("okta", "https://acme.okta.com/oauth2/default", ("x",)), None, "unconfirmed"),
        (GITLAB, None, "issuer-note"),
        (Issuer("github", thumbprints=("a" * 40,)), None, "needless-thumbprint"),
    ],
)
def test_what_is_risky_about_who_gets_in_is_told(issuer: Issuer, identity: Identity | None, code: str) -> None:
    assert code in codes(issuer, identity)


def test_what_many_identities_have_in_common_is_told_once_with_their_number() -> None:
    issuer = Issuer("kubernetes", "https://k8s.acme.example")
    identities = tuple(Identity("it", {"namespace": f"team-{number}", "service_account": "t"}) for number in range(61))
    found = identity_findings(Access({"it": issuer}, {}, {"job": Service(identities)}))
    told = [(path, message) for code, path, message, _ in found if code == "mutable-subject"]
    assert [(path, message.endswith("(61 identities of the service)")) for path, message in told] == [("services.job.identity[0]", True)]


def test_a_pinned_repository_with_its_numbers_has_no_finding() -> None:
    assert codes(GITHUB, Identity("it", {**NUMBERS, "environment": "production"})) == set()


def test_an_application_that_is_pinned_has_no_finding() -> None:
    pinned = codes(ENTRA_V2, Identity("it", {"object_id": TENANT, "client_id": TENANT}))
    assert not pinned & {"authorized-party", "issuer-form"}


def test_session_tags_that_fit_in_any_case_have_no_finding() -> None:
    names = tuple("abcdefghi")
    assert "session-tags" in codes(GITLAB, session=Session(tags=names))
    assert "session-tags" not in codes(GITLAB, session=Session(tags=names[:7]))


def test_a_provider_of_another_account_or_url_is_told() -> None:
    arn, here = "arn:aws:iam::{}:oidc-provider/token.actions.githubusercontent.com{}", "111122223333"
    for account, further, told in ((here, "", False), ("999988887777", "", True), (here, "/enterprise", True)):
        access = Access(
            {"it": Issuer("github", provider=arn.format(account, further))},
            {"data": Bucket()},
            {"job": Service((Identity("it", {"subject": "x"}),), GRANTS)},
        )
        found = [code for code, _, _, _ in provider_findings(World.of(access).plan)]
        assert ("foreign-provider" in found) is told


def test_a_private_certificate_may_have_a_thumbprint() -> None:
    keycloak = Issuer("keycloak", "https://id.acme.example/realms/r", ("x",), ("a" * 40,))
    assert "needless-thumbprint" not in codes(keycloak, Identity("it", {"client_id": "a", "subject": "b"}))


def test_an_issuer_that_nobody_knows_is_generic_without_a_finding() -> None:
    identity = Identity("it", {"subject": "8c2f6d1e-3a51-4c0e-9f2b-6d7a5b3c1e90"})
    assert codes(Issuer("generic", "https://id.acme.example", ("x",)), identity) == set()


def test_long_sessions_are_told() -> None:
    assert "long-session" in codes(GITHUB, session=Session(seconds=43_200))
    assert "long-session" not in codes(GITHUB, session=Session(seconds=3_600))


def test_what_is_not_used_is_told() -> None:
    access = Access({"a": GITHUB, "b": GITHUB}, {}, {"job": Service((Identity("a", {"subject": "x"}),))})
    assert [(code, path) for code, path, _, _ in identity_findings(access) if code == "unused"] == [
        ("unused", "issuers.b"),
        ("unused", "services.job"),
    ]


def test_a_provider_that_is_there_already_must_know_the_audience() -> None:
    access = Access({"ci": Issuer("github", provider="existing")}, {}, {"job": Service((Identity("ci", {"subject": "x"}),))})
    ((code, path, message, _),) = provider_findings(World.of(access).plan)
    assert (code, path) == ("existing-provider", "issuers.ci.provider")
    assert message.endswith("has the client IDs `sts.amazonaws.com`")


def test_what_a_role_has_besides_its_grants_and_identities_is_kept_in_sight() -> None:
    arn, document = "arn:aws:iam::aws:policy/ReadOnlyAccess", statement("s3:GetObject", "arn:aws:s3:::b/*")
    service = Service((Identity("it", {"subject": "x"}),), policies=(document, arn), trust=("ec2.amazonaws.com",))
    found = [(code, path) for code, path, _, _ in further_findings(Access({"it": GITLAB}, {}, {"job": service}))]
    assert found == [("attached-policy", "services.job.policies[1]"), ("further-trust", "services.job.trust[0]")]


def test_a_further_policy_that_matches_no_request_is_named() -> None:
    trusted = '{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/x"},"Action":"sts:AssumRole"}'
    further = (statement("s3:GetObjct", "*"), statement("s3:ListBucket", "arn:aws:s3:::b/*"))
    service = Service((Identity("it", {"subject": "x"}),), policies=further, trust=(trusted,))
    access = Access(
        {"it": GITLAB}, {"b": Bucket(create=False, policy=statement("s3:Put", "*")), "c": Bucket(policy="none")}, {"job": service}
    )
    assert [(code, path) for code, path, _, _ in further_findings(access)] == [
        ("unknown-action", "services.job.policies[0]"),
        ("action-without-resource", "services.job.policies[1]"),
        ("further-trust", "services.job.trust[0]"),
        ("unknown-action", "services.job.trust[0]"),
        ("unknown-action", "buckets.b.policy"),
    ]


def statement(action: str, resource: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})

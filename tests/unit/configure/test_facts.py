"""Which role, which identity and which token a service has at a site."""

import pytest
from tests.unit.configure.declaration import ACCOUNT, ROLE, SITE

from bucketpass.configure import Options, Site, service_facts
from bucketpass.errors import InvalidInput, RequestError
from bucketpass.model import parse_access


def test_the_first_identity_of_a_fitting_issuer_is_taken() -> None:
    facts = service_facts("trainer", SITE, presets=("modal", "gitlab"))
    assert (facts.identity.issuer, facts.audience) == ("builds", "https://s3.acme.io")


def test_the_issuer_can_be_chosen() -> None:
    assert service_facts("trainer", SITE, Options(issuer="cluster")).subject == "system:serviceaccount:ml:trainer"


def test_a_service_without_such_an_identity_is_told_which_it_has() -> None:
    with pytest.raises(InvalidInput, match=r"no identity of `github`; it is known by `keycloak \(keycloak\)`"):
        service_facts("tenant", SITE, presets=("github",))


def test_a_service_that_is_not_declared_is_refused_with_the_names_that_are() -> None:
    with pytest.raises(InvalidInput, match="expected one of `trainer`, `tenant`"):
        service_facts("trainr", SITE)


def test_the_account_is_read_from_the_outputs_of_a_stack() -> None:
    assert Site.of_outputs(SITE.access, {"role_arns": {"trainer": ROLE}}, "eu-west-1").account == ACCOUNT


@pytest.mark.parametrize("outputs", [{}, {"role_arns": {}}, {"role_arns": {"trainer": "[secret]"}}, {"role_arns": [ROLE]}])
def test_outputs_without_a_role_are_refused(outputs: dict[str, object]) -> None:
    with pytest.raises(RequestError, match="no output `role_arns`"):
        Site.of_outputs(SITE.access, outputs, "eu-west-1")


def test_an_account_is_twelve_digits_or_none_as_at_ceph() -> None:
    assert Site(SITE.access, "", "eu-west-1").role_arn("trainer", 0) == "arn:aws:iam:::role/bucketpass-trainer"
    with pytest.raises(InvalidInput, match="got the account `12`"):
        Site(SITE.access, "12", "eu-west-1")


def test_an_identity_has_the_role_that_trusts_it_where_a_service_has_several() -> None:
    identities = "".join(f"      - {{issuer: okta, client_id: client-{number:03}-{'x' * 60}}}\n" for number in range(40))
    access = parse_access(
        "issuers:\n  okta: {preset: okta, url: https://acme.okta.com/oauth2/default}\nbuckets: {data: {}}\n"
        f"services:\n  crowd:\n    identity:\n{identities}    grants: [{{bucket: data, access: read}}]\n"
    )
    site = Site(access, ACCOUNT, "eu-west-1")
    roles = [site.role_arn("crowd", number) for number in range(40)]
    assert roles[0].endswith("role/bucketpass-crowd")
    assert set(roles) == {role.arn for role in site.plan.roles}
    with pytest.raises(InvalidInput, match=r"0 to [0-9]+ `bucketpass-crowd`, [0-9]+ to 39 `bucketpass-crowd-[0-9]`"):
        service_facts("crowd", site)
    assert service_facts("crowd", site, Options(identity=39)).role_arn == roles[39] != roles[0]
    with pytest.raises(InvalidInput, match="no identity of number 40"):
        service_facts("crowd", site, Options(identity=40))


@pytest.mark.parametrize("path", ["token", "/a,b/token", "/a b", "/a'b", "/a:b", "/"])
def test_a_token_file_is_a_plain_absolute_path(path: str) -> None:
    with pytest.raises(InvalidInput, match="plain absolute path"):
        service_facts("trainer", SITE, Options(token_file=path))


def test_a_pattern_is_no_value_that_a_form_could_use() -> None:
    access = parse_access(
        "issuers: {ci: {preset: github}}\nbuckets: {data: {}}\nservices:\n  eval:\n"
        "    identity: {issuer: ci, repository: acme/eval, branch: 'release/*', unsafe_wildcard: release branches are protected}\n"
        "    grants: [{bucket: data, access: read}]\n"
    )
    assert service_facts("eval", Site(access, ACCOUNT, "eu-west-1")).claims == {"repository": "acme/eval"}


def test_the_environment_has_addresses_only_where_they_are_not_those_of_aws() -> None:
    facts = service_facts("trainer", Site(SITE.access, ACCOUNT, "eu-west-1", "https://localhost:1", "/ca.pem"))
    assert facts.environment("/token") == {
        "AWS_ROLE_ARN": ROLE,
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "AWS_ROLE_SESSION_NAME": "trainer",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "https://localhost:1",
        "AWS_CA_BUNDLE": "/ca.pem",
        "SSL_CERT_FILE": "/ca.pem",
    }
    assert "AWS_ENDPOINT_URL" not in service_facts("trainer", SITE).environment("/token")

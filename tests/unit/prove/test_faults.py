import pytest
from tests.unit.prove import foreign
from tests.unit.prove.foreign import ACCOUNT, GITHUB, OKTA, deployment, trust
from tests.unit.prove.worlds import RICH, SIMPLE, TENANTS, World

from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.deployment.resources import Deployment
from bucketpass.prove.faults import faults
from bucketpass.prove.question import Verdict

PATH = "token.actions.githubusercontent.com"
AUD = {f"{PATH}:aud": "sts.amazonaws.com"}
LOGS: dict[str, object] = {"Principal": {"Service": "logging.s3.amazonaws.com"}}
ORGANIZATION = {"aws:PrincipalOrgID": "o-abcdefghij"}


def found(deployed: Deployment) -> set[str]:
    return {fault.finding.code for fault in faults(deployed) if fault.answer.verdict is Verdict.COUNTEREXAMPLE}


def test_what_aws_documents_has_no_fault() -> None:
    assert found(deployment(foreign.DOCUMENTED_TRUST)) == set()


@pytest.mark.parametrize("text", [SIMPLE, TENANTS, RICH], ids=["simple", "tenants", "rich"])
def test_what_is_compiled_has_no_fault_but_what_the_declaration_gives_a_reason_for(text: str) -> None:
    places = {(fault.finding.code, fault.finding.place.path) for fault in faults(World.of(text).deployment)}
    # A bucket that takes plain http, and a service account of any namespace.
    assert places == ({("plain-http", "loose"), ("trust-without-subject", "bucketpass-mixed")} if text == RICH else set())


def test_the_classic_program_lets_nobody_in_and_much_out() -> None:
    all_found = {fault.finding.code: fault for fault in faults(deployment(foreign.CLASSIC_TRUST, foreign.CLASSIC_POLICY, None))}
    assert set(all_found) == {"scheme-in-key", "trust-admits-nobody", "changes-permissions", "plain-http"}
    assert all_found["scheme-in-key"].finding.remedy == "Remove `https://` from the key."


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, {"trust-without-subject", "trust-without-audience"}),
        ({"StringEquals": AUD}, {"trust-without-subject"}),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "*"}}, {"trust-without-subject"}),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "repo:acme/*"}}, set()),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "repo:*"}}, {"trust-without-subject"}),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "repo:acme*"}}, {"trust-without-subject"}),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "*:main"}}, {"trust-without-subject"}),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "repo:*:ref:refs/heads/main"}}, {"trust-without-subject"}),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "repo:*/eval:*"}}, {"trust-without-subject"}),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": ["repo:acme/*", "repo:ac?e/*"]}}, {"trust-without-subject"}),
        ({"StringEquals": {**AUD, f"{PATH}:ref": "refs/heads/main"}, "StringLike": {f"{PATH}:sub": "repo:*"}}, {"trust-without-subject"}),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "repo:*", f"{PATH}:repository": "acme*"}}, {"trust-without-subject"}),
        ({"StringEquals": {**AUD, f"{PATH}:repository_owner_id": "1"}, "StringLike": {f"{PATH}:sub": "repo:*"}}, set()),
        ({"StringEquals": AUD, "StringLike": {f"{PATH}:sub": "repo:*", f"{PATH}:repository": "acme/*"}}, set()),
        ({"StringEquals": AUD | {f"{PATH}:job_workflow_ref": "acme/flows/.github/workflows/x.yml@refs/heads/main"}}, set()),
        ({"StringEquals": {f"{PATH}:sub": "repo:acme/eval:ref:refs/heads/main"}}, {"trust-without-audience"}),
        # STS refuses every token without a subject or an audience [L], so that these match as StringEquals does.
        ({"ForAllValues:StringEquals": AUD | {f"{PATH}:sub": "repo:acme/eval:environment:x"}}, set()),
        ({"StringEqualsIfExists": AUD | {f"{PATH}:sub": "repo:acme/eval:environment:x"}}, set()),
        ({"StringNotEquals": {f"{PATH}:sub": "x"}, "StringEquals": AUD}, {"trust-without-subject"}),
        ({"StringEquals": AUD | {f"{PATH}:repository_owner": "acme"}}, {"key-not-in-tokens", "trust-admits-nobody"}),
        (
            {"StringEquals": {f"{PATH}:aud": "other", f"{PATH}:sub": "repo:acme/eval:environment:x"}},
            {"missing-client-id", "trust-admits-nobody"},
        ),
        ({"StringEquals": AUD | {f"{PATH}:sub": "a"}, "StringLike": {f"{PATH}:sub": "b*"}}, {"trust-admits-nobody"}),
    ],
)
def test_the_faults_of_a_trust_policy_are_named(condition: object, expected: set[str]) -> None:
    assert found(deployment(trust(GITHUB, condition))) == expected


def test_a_provider_that_is_not_there_is_named() -> None:
    elsewhere = TrustedProvider(GITHUB.arn.replace(ACCOUNT, "444455556666"), GITHUB.url, GITHUB.client_ids)
    condition = {"StringEquals": AUD | {f"{PATH}:sub": "repo:acme/eval:environment:x"}}
    [fault] = faults(deployment(trust(elsewhere, condition)))
    assert (fault.finding.code, elsewhere.arn in fault.finding.message) == ("provider-not-found", True)


@pytest.mark.parametrize("principal", [{"AWS": "444455556666"}, {"AWS": "*"}, {"Service": "ec2.amazonaws.com"}])
def test_a_second_way_into_the_role_is_named(principal: object) -> None:
    written = foreign.DOCUMENTED_TRUST
    statements = [*written["Statement"], {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]  # type: ignore[misc]
    assert found(deployment(written | {"Statement": statements})) == {"trust-without-token"}


def statement(action: object, resource: object, **more: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (statement("s3:GetObject", "*"), {"every-bucket"}),
        (statement("s3:GetObject", "arn:aws:s3:::data*/*"), set()),
        (statement("s3:*", ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]), {"changes-permissions"}),
        (statement("*", "*"), {"every-bucket", "changes-permissions"}),
        (statement("s3:PutObjectAcl", "arn:aws:s3:::data/*"), {"changes-permissions"}),
        (statement("s3:Get*", "arn:aws:s3:::data/*"), set()),
    ],
)
def test_the_faults_of_a_roles_policy_are_named(policy: object, expected: set[str]) -> None:
    assert found(deployment(foreign.DOCUMENTED_TRUST, policy)) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"Principal": "*"}, {"public-bucket", "other-accounts"}),
        ({"Principal": {"AWS": "arn:aws:iam::444455556666:role/x"}}, {"other-accounts"}),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"}}, set()),
        (LOGS, {"other-accounts"}),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, {"other-accounts"}),
        (
            {"Principal": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}},
            {"public-bucket", "other-accounts"},
        ),
        ({"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}}, set()),
    ],
)
def test_the_faults_of_a_bucket_policy_are_named(more: dict[str, object], expected: set[str]) -> None:
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*", **more}
    bucket_policy = foreign.DOCUMENTED_BUCKET | {"Statement": [*foreign.DOCUMENTED_BUCKET["Statement"], allow]}
    assert found(deployment(foreign.DOCUMENTED_TRUST, bucket_policy=bucket_policy)) == expected


def test_a_bucket_without_a_policy_takes_plain_http() -> None:
    [fault] = faults(deployment(foreign.DOCUMENTED_TRUST, foreign.DOCUMENTED_POLICY, None))
    assert fault.finding.code == "plain-http"
    assert fault.answer.counterexample is not None
    [(request, _)] = fault.answer.counterexample.requests
    assert request.context["aws:SecureTransport"] == "false"


def test_an_example_of_a_token_is_shown() -> None:
    [fault] = faults(deployment(trust(OKTA, {"StringEquals": {"acme.okta.com/oauth2/default:aud": "s3-data"}})))
    assert fault.answer.counterexample is not None
    [(request, decision)] = fault.answer.counterexample.requests
    assert decision.allowed
    assert request.context["acme.okta.com/oauth2/default:aud"] == "s3-data"


@pytest.mark.parametrize(
    ("url", "subject", "who"),
    [
        ("https://oidc.eks.eu-central-1.amazonaws.com/id/ABC", "system:serviceaccount:*", "whoever may run a pod in any namespace"),
        ("https://cluster.example", "system:serviceaccount:*:trainer", "whoever may run a pod in any namespace"),
        ("https://gitlab.com", "project_path:*", "anybody with a project"),
        ("https://git.example", "project_path:acme*:ref_type:branch:ref:main", "anybody with a project"),
        ("https://app.terraform.io", "organization:acme*:project:p:workspace:w:run_phase:apply", "any organization"),
    ],
)
def test_subjects_are_judged_by_what_the_preset_knows_of_them(url: str, subject: str, who: str) -> None:
    provider = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url.removeprefix('https://')}", url, ("aud",))
    path = url.removeprefix("https://")
    condition = {"StringEquals": {f"{path}:aud": "aud"}, "StringLike": {f"{path}:sub": subject}}
    [fault] = faults(deployment(trust(provider, condition), foreign.DOCUMENTED_POLICY, foreign.DOCUMENTED_BUCKET, provider))
    assert fault.finding.code == "trust-without-subject"
    assert fault.answer.counterexample is not None
    assert who in fault.answer.counterexample.description
    assert str(fault.answer.counterexample.token)


@pytest.mark.parametrize(
    ("url", "subject"),
    [
        ("https://cluster.example", "system:serviceaccount:ml:*"),
        ("https://gitlab.com", "project_path:acme/*"),
        ("https://app.terraform.io", "organization:acme:*"),
    ],
)
def test_a_subject_that_names_its_owner_whole_is_no_fault(url: str, subject: str) -> None:
    provider = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url.removeprefix('https://')}", url, ("aud",))
    path = url.removeprefix("https://")
    condition = {"StringEquals": {f"{path}:aud": "aud"}, "StringLike": {f"{path}:sub": subject}}
    assert not found(deployment(trust(provider, condition), foreign.DOCUMENTED_POLICY, foreign.DOCUMENTED_BUCKET, provider))

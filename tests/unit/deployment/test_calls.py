"""Questions put together, and their answers."""

from dataclasses import replace

import pytest

from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy, PolicySet, PublicAccessBlock
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.deployment.calls import DescribedCall, call_of, explain_call, role_named, with_role_of_token
from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment
from bucketpass.errors import InvalidInput, RequestError
from bucketpass.policy import parse_policy
from bucketpass.requests.s3 import CopySource, S3Call

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
PROVIDER = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example", "https://issuer.example", ("data",))
CLAIMS: dict[str, object] = {"iss": "https://issuer.example", "sub": "trainer", "aud": "data"}


def policy(name: str, **statement: object) -> NamedPolicy:
    return NamedPolicy(name, parse_policy({"Version": "2012-10-17", "Statement": {"Effect": "Allow"} | statement}))


ROLE = DeployedRole(
    f"arn:aws:iam::{ACCOUNT}:role/trainer",
    policy(
        "trust policy",
        Action="sts:AssumeRoleWithWebIdentity",
        Principal={"Federated": PROVIDER.arn},
        Condition={"StringEquals": {"issuer.example:sub": "trainer", "issuer.example:aud": "data"}},
    ),
    (policy("data", Action=["s3:GetObject", "kms:Decrypt"], Resource="*"),),
    service="trainer",
)
BUCKET = DeployedBucket("datasets", "arn:aws:s3:::acme-datasets", ACCOUNT, None, public_access=PublicAccessBlock(), key=KEY)
KEY_POLICY = DeployedKey(KEY, ACCOUNT, policy("key policy", Action="kms:*", Resource="*", Principal={"AWS": ACCOUNT}))
DEPLOYMENT = Deployment(Target(ACCOUNT, "eu-west-1"), (PROVIDER,), (ROLE,), (BUCKET,), (KEY_POLICY,))


def asking(uri: str = "s3://datasets/raw/1", claims: dict[str, object] | None = None, **changed: object) -> DescribedCall:
    asked = DescribedCall(DEPLOYMENT, ROLE, call_of("get", uri), claims)
    return replace(asked, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verb", "uri", "expected"),
    [
        ("get", "s3://b/k/x", S3Call("GetObject", "b", "k/x")),
        ("list", "s3://b", S3Call("ListObjectsV2", "b")),
        ("list", "s3://b/raw/", S3Call("ListObjectsV2", "b", parameters={"prefix": "raw/"}, keys=(("raw/", None),))),
        ("GetObjectTagging", "s3://b/k", S3Call("GetObjectTagging", "b", "k")),
    ],
)
def test_a_verb_and_a_uri_are_a_call(verb: str, uri: str, expected: S3Call) -> None:
    assert call_of(verb, uri) == expected


def test_a_copy_has_a_source() -> None:
    assert call_of("copy", "s3://b/k", source="s3://a/j").source == CopySource("a", "j")


@pytest.mark.parametrize(("verb", "uri"), [("fetch", "s3://b/k"), ("get", "s3://b"), ("get", "b/k"), ("get", "s3:///k")])
def test_what_is_no_call_is_refused(verb: str, uri: str) -> None:
    with pytest.raises(RequestError):
        call_of(verb, uri)


@pytest.mark.parametrize("name", ["trainer", ROLE.arn])
def test_a_role_is_known_by_its_service_its_name_and_its_arn(name: str) -> None:
    assert role_named(DEPLOYMENT, name) is ROLE


def test_a_service_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="known: trainer"):
        role_named(DEPLOYMENT, "nobody")


def test_a_token_reaches_a_bucket_by_its_declared_name_and_its_key() -> None:
    found = explain_call(asking(claims=CLAIMS))
    assert found.decision.allowed
    assert [step.request.resource for step in found.decision.requests] == ["arn:aws:s3:::acme-datasets/raw/1", KEY]
    assert found.decision.requests[1].request.resource_account == ACCOUNT


def test_without_a_token_the_role_itself_asks() -> None:
    found = explain_call(asking())
    assert (found.decision.allowed, found.trust, found.faults) == (True, (), ())


def test_a_wrong_token_is_refused_with_its_fault() -> None:
    found = explain_call(asking(claims=CLAIMS | {"sub": "Trainer"}))
    assert not found.decision.allowed
    assert [fault.finding.code for fault in found.faults if fault.sufficient] == ["case-mismatch"]
    assert len(found.trust) == 1


def test_an_issuer_that_differs_by_its_slash_is_told_so() -> None:
    found = explain_call(asking(claims=CLAIMS | {"iss": "https://issuer.example/"}))
    assert [fault.finding.code for fault in found.faults][:1] == ["issuer-trailing-slash"]


def test_further_layers_count() -> None:
    found = explain_call(asking(extra=PolicySet(session=())))
    assert found.decision.requests[0].decision.reason == "no session policy allows s3:GetObject"


def test_a_key_of_which_nothing_is_known_leaves_all_to_its_account() -> None:
    decrypting = explain_call(asking(claims=CLAIMS, deployment=replace(DEPLOYMENT, keys=()))).decision
    assert decrypting.allowed
    assert "the usual key policy" in decrypting.reason
    foreign = replace(BUCKET, key=KEY.replace(ACCOUNT, "444455556666"))
    assert not explain_call(asking(claims=CLAIMS, deployment=replace(DEPLOYMENT, buckets=(foreign,)))).decision.allowed


def test_what_s3_asks_of_a_key_goes_through_no_endpoint() -> None:
    only_s3 = (policy("endpoint", Action="s3:*", Resource="*", Principal="*"),)
    assert explain_call(asking(claims=CLAIMS, extra=PolicySet(endpoint=only_s3))).decision.allowed
    assert not explain_call(asking(claims=CLAIMS, extra=PolicySet(endpoint=()))).decision.allowed


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, KEY),
        ({"x-amz-server-side-encryption": "AES256"}, None),
        ({"x-amz-server-side-encryption": "aws:kms"}, None),
        ({"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": f"{KEY}2"}, f"{KEY}2"),
        ({"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "1"}, KEY),
    ],
)
def test_an_upload_asks_the_key_that_it_names(headers: dict[str, str], key: str | None) -> None:
    found = explain_call(asking(call=call_of("put", "s3://datasets/a", headers=headers)))
    assert [step.request.resource for step in found.decision.requests if step.request.action.startswith("kms:")] == ([key] if key else [])


def test_an_alias_does_not_say_which_key_is_asked() -> None:
    headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "alias/mine"}
    with pytest.raises(RequestError, match="an alias does not say"):
        explain_call(asking(call=call_of("put", "s3://datasets/a", headers=headers)))


def test_a_copy_asks_the_key_of_its_source_about_what_is_encrypted_there() -> None:
    plain = DeployedBucket("plain", "arn:aws:s3:::plain", ACCOUNT, None)
    deployment = replace(DEPLOYMENT, buckets=(replace(BUCKET, bucket_key=False), plain))
    found = explain_call(asking(claims=CLAIMS, deployment=deployment, call=call_of("copy", "s3://plain/b", source="s3://datasets/a")))
    asked = {step.request.action: step.request for step in found.decision.requests}
    assert asked["s3:GetObject"].resource == "arn:aws:s3:::acme-datasets/a"
    assert asked["kms:Decrypt"].resource == KEY
    assert asked["kms:Decrypt"].context["kms:EncryptionContext:aws:s3:arn"] == "arn:aws:s3:::acme-datasets/a"
    assert "kms:GenerateDataKey" not in asked


def test_a_boundary_that_nobody_has_read_is_an_error() -> None:
    bounded = DeployedRole(ROLE.arn, ROLE.trust, ROLE.policies, boundary="arn:aws:iam::aws:policy/x")
    with pytest.raises(InvalidInput, match="not known here"):
        explain_call(asking(role=bounded))
    assert not explain_call(asking(role=bounded, extra=PolicySet(boundary=()))).decision.allowed


def test_a_token_without_an_issuer_is_refused() -> None:
    with pytest.raises(RequestError, match="no `iss`"):
        explain_call(asking(claims={"sub": "trainer"}))


def test_of_several_roles_of_a_service_a_token_gets_the_one_that_admits_it() -> None:
    trust = policy(
        "trust policy",
        Action="sts:AssumeRoleWithWebIdentity",
        Principal={"Federated": PROVIDER.arn},
        Condition={"StringEquals": {"issuer.example:sub": "second", "issuer.example:aud": "data"}},
    )
    second = replace(ROLE, arn=f"{ROLE.arn}-2", trust=trust)
    deployment = replace(DEPLOYMENT, roles=(ROLE, second))
    assert with_role_of_token(asking(claims={**CLAIMS, "sub": "second"}, deployment=deployment)).role is second
    assert with_role_of_token(asking(claims=CLAIMS, deployment=deployment)).role is ROLE
    assert with_role_of_token(asking(claims={**CLAIMS, "sub": "third"}, deployment=deployment)).role is ROLE
    assert with_role_of_token(asking(deployment=deployment)).role is ROLE

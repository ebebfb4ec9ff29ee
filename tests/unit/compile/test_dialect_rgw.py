from dataclasses import replace

import pytest
from tests.declarations import TARGET, World

from bucketpass.compile.dialect import dialect_named
from bucketpass.emit.bucket_settings import settings_of
from bucketpass.errors import DeclarationError
from bucketpass.policy import Effect

HEAD = """\
issuers:
  own: {preset: generic, url: "https://id.example.com/realms/a", audience: s3}
  party: {preset: auth0, url: "https://acme.auth0.com/", audience: https://data.example.com}
services:
  job:
    identity: {issuer: own, subject: job}
    grants:
      - {bucket: datasets, prefix: raw/, access: read}
      - {bucket: datasets, prefix: out/, access: [write, delete]}
  other:
    identity: {issuer: party, client_id: abc}
    grants: {bucket: datasets, prefix: out/, access: read}
buckets:
  datasets: """
ALL = replace(TARGET, account="", dialect="rgw", waivers=dialect_named("rgw").waivers)


def world(bucket: str = "{exclusive: true, administrators: ['arn:aws:iam:::user/admin']}") -> World:
    return World.of(HEAD + bucket, ALL)


def test_roles_have_inline_policies_and_arns_without_an_account() -> None:
    role = world().role("job")
    assert (role.arn, role.policies, [name for name, _ in role.inline]) == ("arn:aws:iam:::role/bucketpass-job", (), ["bucketpass-job"])
    assert world().plan.providers[0].arn == "arn:aws:iam:::oidc-provider/id.example.com/realms/a"


def test_a_provider_has_a_thumbprint_and_the_audiences_that_its_tokens_carry() -> None:
    providers = {provider.name: provider for provider in world().plan.providers}
    assert providers["own"].client_ids == ("s3",)
    assert providers["party"].client_ids == ("https://data.example.com",)
    assert {len(provider.thumbprints) for provider in providers.values()} == {1}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("job", {("StringEquals", ":aud", ("s3",)), ("StringEqualsIfExists", ":azp", ("s3",))}),
        ("other", {("StringEquals", ":aud", ("https://data.example.com",)), ("StringEquals", ":azp", ("abc",))}),
    ],
)
def test_trusts_say_of_azp_and_aud_what_aws_reads_into_one_key(service: str, expected: set[tuple[str, str, tuple[str, ...]]]) -> None:
    conditions = world().role(service).trust.statements[0].statement.conditions
    found = {(condition.operator, f":{condition.key.rpartition(':')[2]}", condition.values) for condition in conditions}
    assert expected <= found
    assert not any(key == ":oaud" for _, key, _ in found)


def test_the_buckets_policy_only_refuses() -> None:
    statements = [traced.statement for traced in world().bucket("datasets").policy.statements]
    assert {statement.effect for statement in statements} == {Effect.DENY}


def test_settings_that_cannot_be_made_are_not_asked_for() -> None:
    bucket = world().bucket("datasets")
    settings = dict(settings_of(bucket))
    assert not settings.keys() & {"s3.BucketServerSideEncryptionConfiguration", "s3.BucketOwnershipControls"}
    assert settings["s3.BucketPublicAccessBlock"] == dict.fromkeys(
        ("block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
    )


@pytest.mark.parametrize(
    ("bucket", "code"),
    [
        ("{encryption: kms}", "kms"),
        ("{encryption: {key: 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555'}}", "kms"),
        ("{logging: {bucket: elsewhere}}", "access-logs"),
        ("{transfer_acceleration: true}", "transfer-acceleration"),
        ("{event_bridge: true}", "event-bridge"),
        ("{perimeter: {organization: o-abcdefghij}}", "organizations"),
        ("{perimeter: {vpc_endpoints: [vpce-0123456789abcdef0]}, administrators: ['arn:aws:iam:::user/admin']}", "networks-of-aws"),
    ],
)
def test_what_the_gateway_has_not_is_an_error_that_names_its_place(bucket: str, code: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        world(bucket)
    assert code in {diagnostic.code for diagnostic in caught.value.diagnostics()}
    assert all(diagnostic.place.path for diagnostic in caught.value.diagnostics())


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{bucket: datasets, prefix: tenants/, access: read, per: tenant}", "variables-in-resources"),
        ("{bucket: datasets, prefix: 'what?/', access: read}", "variables-in-resources"),
        ("{bucket: datasets, prefix: raw/, access: read, conditions: {vpc_endpoints: [vpce-0123456789abcdef0]}}", "networks-of-aws"),
        ("{bucket: datasets, prefix: raw/, actions: ['s3:GetObjectAttributes']}", "operations"),
    ],
)
def test_a_grant_that_cannot_be_given_is_an_error(line: str, code: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        World.of((HEAD + "{}").replace("- {bucket: datasets, prefix: raw/, access: read}", f"- {line}"), ALL)
    assert code in {diagnostic.code for diagnostic in caught.value.diagnostics()}


REQUESTS = [
    (action, where, context)
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:PutObjectAcl")
    for where in ("datasets/raw/1", "datasets/out/1", "datasets/raw", "datasets/else")
    for context in ({}, {"aws:SecureTransport": "false"}, {"s3:x-amz-server-side-encryption": "aws:kms"})
] + [
    ("s3:ListBucket", "datasets", context)
    for context in ({"s3:prefix": "raw/"}, {"s3:prefix": "raw/x"}, {"s3:prefix": ""}, {"s3:prefix": "out/"}, {})
]


@pytest.mark.parametrize(("action", "where", "context"), REQUESTS)
def test_what_is_said_in_other_words_means_the_same_on_aws(action: str, where: str, context: dict[str, str]) -> None:
    """Rewritten for the gateway, the documents still allow on AWS exactly what they did before."""
    aws = World.of(HEAD + "{}")
    gateway = world("{}")
    for service in ("job", "other"):
        expected = aws.may(service, action, where, context=context)
        assert gateway.may(service, action, where, session=session(gateway, service), context=context) is expected


def session(gateway: World, service: str):  # type: ignore[no-untyped-def]
    """A session of the role, which AWS itself would not give to a role without an account."""
    original = World.of(HEAD + "{}").session(service)
    caller = replace(original.caller, principal=replace(original.principal, arn=gateway.role(service).arn, account=""))
    return replace(original, caller=caller)

from dataclasses import replace

import pytest
from tests.unit.prove.worlds import CREATING, RICH, SIMPLE, TENANTS, World, broken, verdict

from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import DeployedRole, Deployment, with_managed
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.question import Verdict, prove
from bucketpass.prove.service_guarantees import callers, requests, tokens

GOOGLE = """
issuers:
  google: {preset: google, audience: s3-data}
buckets:
  datasets: {}
services:
  app:
    identity: {issuer: google, service_account_id: "104857600000000000000"}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
"""
WORLDS = {"simple": World.of(SIMPLE), "tenants": World.of(TENANTS), "rich": World.of(RICH)}
SERVICES = [(world, service) for world in WORLDS for service in WORLDS[world].access.services]


def with_role(deployment: Deployment, service: str, **changes: object) -> Deployment:
    """The deployment in which the service's role is another."""
    roles = tuple(replace(role, **changes) if role.service == service else role for role in deployment.roles)  # type: ignore[arg-type]
    return replace(deployment, roles=roles)


def also(policy: NamedPolicy, *statements: Statement) -> NamedPolicy:
    return replace(policy, document=PolicyDocument((*policy.document.statements, *statements)))


def role_of(deployment: Deployment, service: str) -> DeployedRole:
    return deployment.roles_of(service)[0]


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_what_is_compiled_does_what_is_declared(name: str, service: str) -> None:
    world = WORLDS[name]
    assert verdict(tokens(service, world.access, world.deployment)) is Verdict.PROVED
    assert verdict(callers(service, world.access, world.deployment)) is Verdict.PROVED
    assert verdict(requests(service, world.access, world.deployment)) is Verdict.PROVED


@pytest.mark.parametrize(
    ("needs", "resource", "conditions"),
    [
        ("head: true", "", (Condition("Null", "s3:max-keys", ("true",)), Condition("StringEqualsIfExists", "s3:prefix", ("",)))),
        ("listing: folder", "", (Condition("StringLike", "s3:prefix", ("a/b", "a/b/*", "a/b-old/*")),)),
        ("listing: bucket-root", "", (Condition("StringEqualsIfExists", "s3:prefix", ("", "a/")),)),
    ],
)
def test_more_than_a_client_asks_for_is_found(needs: str, resource: str, conditions: tuple[Condition, ...]) -> None:
    world = World.of(SIMPLE.replace("prefix: raw/, access: read", f"prefix: a/b/, access: read, {needs}"))
    assert verdict(requests("trainer", world.access, world.deployment)) is Verdict.PROVED
    more = Statement(Effect.ALLOW, actions=("s3:ListBucket",), resources=(f"arn:aws:s3:::datasets{resource}",), conditions=conditions)
    role = role_of(world.deployment, "trainer")
    wider = with_role(world.deployment, "trainer", policies=(also(role.policies[0], more), *role.policies[1:]))
    assert broken(requests("trainer", world.access, wider)).endswith("is allowed, and no grant means it")


@pytest.mark.parametrize(
    ("field", "wider", "narrower"),
    [
        ("exclude: [private/, '*.tmp']", "exclude: [private/]", "exclude: [private/, '*.tmp', 'q*']"),
        ("keys: ['*.csv', 'b*']", "keys: ['*']", "keys: ['*.csv']"),
    ],
)
def test_other_patterns_than_declared_are_found(field: str, wider: str, narrower: str) -> None:
    declared = "prefix: raw/, access: read"
    world = World.of(SIMPLE.replace(declared, f"{declared}, {field}"))
    assert verdict(requests("trainer", world.access, world.deployment)) is Verdict.PROVED
    for other, words in ((wider, "is allowed, and no grant means it"), (narrower, "is refused, and a grant means it")):
        deployed = World.of(SIMPLE.replace(declared, f"{declared}, {other}")).deployment
        assert broken(requests("trainer", world.access, deployed)).endswith(words)


def test_an_exclusion_holds_against_further_policies() -> None:
    further = '[{Version: 2012-10-17, Statement: {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::datasets/*"}}]'
    text = SIMPLE.replace("prefix: raw/, access: read", "prefix: raw/, access: read, exclude: private/")
    world = World.of(text.replace("subject: 0oa1trainer}", f"subject: 0oa1trainer}}\n    policies: {further}", 1))
    assert verdict(requests("trainer", world.access, world.deployment)) is Verdict.PROVED


def test_a_trust_that_admits_another_subject_is_found_with_its_token() -> None:
    world = WORLDS["simple"]
    statement = Statement(
        Effect.ALLOW,
        actions=("sts:AssumeRoleWithWebIdentity",),
        principal=PrincipalElement(federated=(world.deployment.providers[0].arn,)),
        conditions=(Condition("StringLike", "acme.okta.com/oauth2/default:sub", ("0oa1*",)),),
    )
    role = role_of(world.deployment, "trainer")
    changed = with_role(world.deployment, "trainer", trust=also(role.trust, statement))
    assert broken(tokens("trainer", world.access, changed)).endswith("the role admits a token that is not declared")


def test_a_trust_that_refuses_the_declared_subject_is_found() -> None:
    world = WORLDS["simple"]
    role = role_of(world.deployment, "trainer")
    [statement] = role.trust.document.statements
    schemed = tuple(replace(line, key=f"https://{line.key}") for line in statement.conditions)
    trust = replace(role.trust, document=PolicyDocument((replace(statement, conditions=schemed),)))
    changed = with_role(world.deployment, "trainer", trust=trust)
    assert broken(tokens("trainer", world.access, changed)).endswith("the role refuses a token that is declared")


def test_another_way_into_the_role_is_found() -> None:
    world = WORLDS["simple"]
    statement = Statement(Effect.ALLOW, actions=("sts:AssumeRole",), principal=PrincipalElement(aws=("444455556666",)))
    role = role_of(world.deployment, "trainer")
    for who in (statement, replace(statement, principal=PrincipalElement(aws=("*",)))):
        changed = with_role(world.deployment, "trainer", trust=also(role.trust, who))
        assert "can become bucketpass-trainer" in broken(callers("trainer", WORLDS["simple"].access, changed))


def test_a_permission_beyond_the_grants_is_found_wherever_it_is() -> None:
    world = WORLDS["simple"]
    role = role_of(world.deployment, "trainer")
    for action, resource in (
        ("s3:DeleteObject", "arn:aws:s3:::datasets/raw/*"),
        ("s3:GetObject", "arn:aws:s3:::elsewhere/*"),
        ("s3:ListAllMyBuckets", "*"),
        ("kms:Decrypt", "arn:aws:kms:eu-central-1:111122223333:key/*"),
        ("kms:PutKeyPolicy", "*"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::datasets"),
    ):
        more = NamedPolicy("more", PolicyDocument((Statement(Effect.ALLOW, actions=(action,), resources=(resource,)),)))
        changed = with_role(world.deployment, "trainer", policies=(*role.policies, more))
        assert broken(requests("trainer", world.access, changed)).startswith(action)


def test_a_grant_that_is_not_carried_out_is_found() -> None:
    world = WORLDS["simple"]
    bucket = replace(world.deployment.buckets[0], policy=None)
    changed = replace(with_role(world.deployment, "trainer", policies=()), buckets=(bucket,))
    assert broken(requests("trainer", world.access, changed)).endswith("is refused, and a grant means it")


def test_a_permissions_boundary_that_is_not_known_leaves_the_requests_unknown() -> None:
    world = WORLDS["simple"]
    changed = with_role(world.deployment, "trainer", boundary="arn:aws:iam::111122223333:policy/limit")
    assert verdict(requests("trainer", world.access, changed)) is Verdict.UNKNOWN


def test_an_action_of_s3_that_is_not_listed_is_found_by_its_name() -> None:
    world = WORLDS["simple"]
    role = role_of(world.deployment, "trainer")
    for action, expected in (("s3:InventedTomorrow", Verdict.COUNTEREXAMPLE), ("logs:PutLogEvents", Verdict.PROVED)):
        more = NamedPolicy("more", PolicyDocument((Statement(Effect.ALLOW, actions=(action,), resources=("*",)),)))
        changed = with_role(world.deployment, "trainer", policies=(*role.policies, more))
        assert verdict(requests("trainer", world.access, changed)) is expected


def test_data_under_a_key_of_another_account_is_reached_as_granted() -> None:
    key = "arn:aws:kms:eu-central-1:444455556666:key/ff"
    world = World.of(RICH.replace('account: "444455556666"', f'account: "444455556666", encryption: {{key: "{key}"}}'))
    guarantee = requests("trainer", world.access, world.deployment)
    assert verdict(guarantee) is Verdict.PROVED
    assert "account 444455556666 has added to its policies what the plan asks of it" in guarantee.assumed


@pytest.mark.parametrize(
    ("statement", "who"),
    [
        (
            Statement(Effect.ALLOW, actions=("sts:AssumeRole",), principal=PrincipalElement(service=("ec2.amazonaws.com",))),
            "an AWS service",
        ),
        (Statement(Effect.ALLOW, actions=("sts:*",), principal=PrincipalElement(aws=("444455556666",))), "a role of account 444455556666"),
        (
            Statement(
                Effect.ALLOW,
                actions=("sts:AssumeRoleWithSAML",),
                principal=PrincipalElement(federated=("arn:aws:iam::111122223333:saml-provider/corp",)),
                conditions=(Condition("StringEquals", "saml:aud", ("https://signin.aws.amazon.com/saml",)),),
            ),
            "a session of a provider that is not declared",
        ),
        (
            Statement(Effect.ALLOW, actions=("sts:*",), principal=PrincipalElement(everyone=True)),
            "a role of the account",
        ),
    ],
)
def test_every_way_to_become_a_role_is_asked_about(statement: Statement, who: str) -> None:
    world = WORLDS["simple"]
    changed = with_role(world.deployment, "trainer", trust=also(role_of(world.deployment, "trainer").trust, statement))
    assert broken(callers("trainer", WORLDS["simple"].access, changed)).endswith(f"{who} can become bucketpass-trainer")


@pytest.mark.parametrize(
    "provider", ["accounts.google.com", "cognito-identity.amazonaws.com", "arn:aws:iam::111122223333:oidc-provider/not.made.example"]
)
def test_a_provider_that_only_the_trust_names_is_asked_about(provider: str) -> None:
    world = WORLDS["simple"]
    statement = Statement(Effect.ALLOW, actions=("sts:AssumeRoleWithWebIdentity",), principal=PrincipalElement(federated=(provider,)))
    changed = with_role(world.deployment, "trainer", trust=also(role_of(world.deployment, "trainer").trust, statement))
    assert broken(tokens("trainer", world.access, changed)).endswith("the role admits a token that is not declared")


def test_a_built_in_provider_without_its_subject_condition_is_found_in_what_is_deployed() -> None:
    world = World.of(GOOGLE)
    assert verdict(tokens("app", world.access, world.deployment)) is Verdict.PROVED
    role = role_of(world.deployment, "app")
    [statement] = role.trust.document.statements
    kept = tuple(line for line in statement.conditions if not line.key.endswith(":sub"))
    trust = replace(role.trust, document=PolicyDocument((replace(statement, conditions=kept),)))
    # What is read from an account lists no provider that AWS has built in.
    changed = replace(with_role(world.deployment, "app", trust=trust), providers=())
    assert broken(tokens("app", world.access, changed)).endswith("the role admits a token that is not declared")


def test_an_identity_whose_provider_is_not_there_is_not_proved() -> None:
    world = WORLDS["simple"]
    answer = prove(tokens("trainer", world.access, replace(world.deployment, providers=())))
    assert answer.verdict is Verdict.UNKNOWN
    assert "which is not in the account" in answer.reasons[0]


FURTHER = """
issuers:
  ci: {preset: github}
buckets:
  datasets: {encryption: kms}
services:
  trainer:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    grants: {bucket: datasets, prefix: raw/, access: [read, write]}
    policies:
      - Version: 2012-10-17
        Statement:
          - {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::elsewhere/*"}
          - {Effect: Deny, Action: "s3:GetObject", Resource: "arn:aws:s3:::datasets/raw/secret/*"}
    trust: [pods.eks.amazonaws.com, "sso:Platform", "arn:aws:iam::111122223333:role/hub"]
"""


def test_further_policies_and_trust_are_part_of_what_is_promised() -> None:
    world = World.of(FURTHER)
    for guarantee in (tokens, callers, requests):
        assert verdict(guarantee("trainer", world.access, world.deployment)) is Verdict.PROVED


def test_what_no_policy_and_no_trust_of_the_declaration_says_is_found_beside_them() -> None:
    world = World.of(FURTHER)
    less = replace(world.access, services={"trainer": replace(world.access.services["trainer"], policies=(), trust=())})
    assert verdict(callers("trainer", less, world.deployment)) is Verdict.COUNTEREXAMPLE
    assert verdict(requests("trainer", less, world.deployment)) is Verdict.COUNTEREXAMPLE


def test_a_deny_that_is_declared_and_not_deployed_is_found() -> None:
    world = World.of(FURTHER)
    role = role_of(world.deployment, "trainer")
    kept = tuple(
        replace(policy, document=PolicyDocument(tuple(line for line in policy.document.statements if line.effect is Effect.ALLOW)))
        for policy in role.policies
    )
    assert verdict(requests("trainer", world.access, with_role(world.deployment, "trainer", policies=kept))) is Verdict.COUNTEREXAMPLE


def test_a_managed_policy_that_is_not_known_leaves_the_requests_unknown() -> None:
    world = World.of(FURTHER.replace("    policies:\n", "    policies:\n      - arn:aws:iam::aws:policy/AmazonBedrockReadOnly\n"))
    assert verdict(requests("trainer", world.access, world.deployment)) is Verdict.UNKNOWN


def test_a_managed_policy_that_is_known_is_part_of_what_is_promised() -> None:
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    world = World.of(FURTHER.replace("    policies:\n", f"    policies:\n      - {arn}\n"))
    reads = NamedPolicy("all reads", PolicyDocument((Statement(Effect.ALLOW, actions=("s3:Get*", "s3:List*"), resources=("*",)),)))
    known = with_managed(world.deployment, {arn: reads})
    guarantee = requests("trainer", world.access, known)
    assert verdict(guarantee) is Verdict.PROVED
    assert "all reads stays as it is" in guarantee.assumed
    not_attached = with_role(known, "trainer", policies=role_of(world.deployment, "trainer").policies)
    assert verdict(requests("trainer", world.access, not_attached)) is Verdict.COUNTEREXAMPLE


BOUNDED = """
issuers: {{ci: {{preset: github}}}}
buckets: {{datasets: {{}}}}
services:
  trainer:
    identity: {{issuer: ci, repository: acme/t, branch: main}}
    permissions_boundary: {arn}
    grants: {{bucket: datasets, prefix: raw/, access: [read, write]}}
"""


@pytest.mark.parametrize(("actions", "found"), [(("s3:*",), Verdict.PROVED), (("s3:Get*", "s3:List*"), Verdict.COUNTEREXAMPLE)])
def test_a_boundary_that_is_a_known_managed_policy_is_read(actions: tuple[str, ...], found: Verdict) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    world = World.of(BOUNDED.format(arn=arn))
    assert verdict(requests("trainer", world.access, world.deployment)) is Verdict.UNKNOWN
    limit = NamedPolicy("the limit", PolicyDocument((Statement(Effect.ALLOW, actions=actions, resources=("*",)),)))
    guarantee = requests("trainer", world.access, with_managed(world.deployment, {arn: limit}))
    assert verdict(guarantee) is found
    assert "the limit stays as it is" in guarantee.assumed


def test_a_key_of_another_account_that_a_service_names_is_used_as_granted() -> None:
    key = "arn:aws:kms:eu-central-1:444455556666:key/ff"
    world = World.of(RICH.replace('keys: ["arn:aws:kms:eu-central-1:111122223333:key/more"]', f'keys: ["{key}"]'))
    guarantee = requests("mixed", world.access, world.deployment)
    assert verdict(guarantee) is Verdict.PROVED
    assert "account 444455556666 has added to its policies what the plan asks of it" in guarantee.assumed


HISTORY = """
issuers: {ci: {preset: github}}
buckets:
  old: {create: false, policy: none, encryption: {key: "arn:aws:kms:eu-central-1:111122223333:key/1"}}
services:
  trainer:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    grants: {bucket: old, prefix: raw/, access: [read, write]}
"""


def test_objects_of_an_existing_bucket_are_read_whether_they_were_written_with_a_bucket_key_or_not() -> None:
    world = World.of(HISTORY)
    assert verdict(requests("trainer", world.access, world.deployment)) is Verdict.PROVED
    compiled_for_new_objects_alone = World.of(HISTORY.replace("policy: none", "policy: none, encryption_context: bucket"))
    assert verdict(requests("trainer", world.access, compiled_for_new_objects_alone.deployment)) is Verdict.COUNTEREXAMPLE


def test_a_service_that_may_create_cannot_overwrite() -> None:
    world = World.of(CREATING)
    assert verdict(requests("job", world.access, world.deployment)) is Verdict.PROVED
    writing = World.of(CREATING.replace("access: create", "access: write"))
    assert "s3:PutObject" in broken(requests("job", world.access, writing.deployment))
    assert verdict(requests("job", writing.access, world.deployment)) is Verdict.COUNTEREXAMPLE

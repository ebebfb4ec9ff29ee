from dataclasses import replace

import pytest
from tests.unit.prove.worlds import RICH, SIMPLE, TENANTS, World

from bucketpass.deployment.resources import Deployment
from bucketpass.policy import Effect, PolicyDocument, Statement
from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.never import declared_nevers
from bucketpass.prove.proofs import Proofs, prove_all
from bucketpass.prove.question import Answer, Case, Guarantee, GuaranteePart, Verdict, prove

MANY = """
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets: {data-a: {encryption: kms}, data-b: {encryption: kms, exclusive: true, administrators: ["arn:aws:iam::111122223333:role/boss"]}}
services:
""" + "\n".join(
    f"""
  service-{name}:
    identity: {{issuer: okta, subject: client-{name}}}
    grants: [{{bucket: data-a, prefix: {name}/in/, access: [read, write]}}, {{bucket: data-b, prefix: {name}/out/, access: write}}]
"""
    for name in ("alpha", "beta", "gamma", "delta")
)


def answers(world: World, proofs: Proofs) -> dict[str, Answer]:
    return {guarantee.name: answer for guarantee, answer in prove_all(guarantees(world.access, world.deployment), proved=proofs.proved)}


@pytest.mark.parametrize("text", [SIMPLE, TENANTS, RICH, MANY])
def test_parts_are_proved_where_the_whole_is(text: str) -> None:
    world = World.of(text)
    for name, answer in answers(world, Proofs()).items():
        assert answer.verdict is Verdict.PROVED, name
    for guarantee in guarantees(world.access, world.deployment):
        assert guarantee.parts is not None
        proofs = Proofs()
        assert all(proofs.proved(part, 60) for part in guarantee.parts()), guarantee.name


def test_services_that_differ_in_names_share_their_proofs() -> None:
    proofs = Proofs()
    answers(World.of(MANY), proofs)
    # Three of four services share their tokens, callers, requests elsewhere, on two buckets and on two keys, and administration.
    assert proofs.asked - proofs.solved >= 3 * 8


def with_more(deployment: Deployment, service: str, statement: Statement) -> Deployment:
    roles = tuple(
        replace(
            role,
            policies=(
                replace(role.policies[0], document=PolicyDocument((*role.policies[0].document.statements, statement))),
                *role.policies[1:],
            ),
        )
        if role.service == service
        else role
        for role in deployment.roles
    )
    return replace(deployment, roles=roles)


@pytest.mark.parametrize("resource", ["arn:aws:s3:::data-a/beta/in/*", "arn:aws:s3:::data-b/alpha/in/*", "arn:aws:s3:::elsewhere/*", "*"])
def test_a_proof_of_one_service_is_none_of_another_that_may_more(resource: str) -> None:
    world = World.of(MANY)
    changed = with_more(world.deployment, "service-alpha", Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=(resource,)))
    found = answers(World(world.access, changed), Proofs())
    assert found["requests of service-alpha"].verdict is Verdict.COUNTEREXAMPLE
    assert found["requests of service-beta"].verdict is Verdict.PROVED


def test_what_follows_from_others_is_asked_where_one_of_them_is_not_proved() -> None:
    world = World.of(MANY)
    changed = with_more(
        world.deployment, "service-alpha", Statement(Effect.ALLOW, actions=("s3:PutObject",), resources=("arn:aws:s3:::data-a/beta/in/*",))
    )
    found = answers(World(world.access, changed), Proofs())
    assert found["writers of data-a"].verdict is Verdict.COUNTEREXAMPLE
    assert found["writers of data-b"].verdict is Verdict.PROVED


ATTACHED = """
issuers:
  ci: {preset: github}
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}
buckets: {datasets: {}}
services:
  app:
    identity: {issuer: okta, subject: app}
    policies: [POLICY]
    grants: [{bucket: datasets, prefix: t/, access: [read, write], per: tenant}, {bucket: datasets, prefix: new/, access: create}]
  other:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    grants: [{bucket: datasets, prefix: others/, access: [read, write]}]
guarantees: {nothing-secret: {never: "GetObject s3://datasets/secret/*"}}
"""
EVERYTHING_OF_S3 = "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}"
ABOUT_SESSIONS = ("administration by app", "creations of app", "tenants of app", "listings of app", "writers of datasets", "nothing-secret")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(EVERYTHING_OF_S3, Verdict.COUNTEREXAMPLE), ("arn:aws:iam::111122223333:policy/of-somebody", Verdict.UNKNOWN)],
)
def test_a_further_policy_is_asked_about_in_all_that_is_promised_of_sessions(policy: str, expected: Verdict) -> None:
    world = World.of(ATTACHED.replace("POLICY", policy))
    asked = [*guarantees(world.access, world.deployment), *declared_nevers(world.access, world.deployment)]
    found = {one.name: answer.verdict for one, answer in prove_all(asked, proved=Proofs().proved)}
    assert {name: found[name] for name in ABOUT_SESSIONS} == dict.fromkeys(ABOUT_SESSIONS, expected)


def test_a_part_depends_on_its_arguments_alone() -> None:
    cases: tuple[Case, ...] = ()
    with pytest.raises(TypeError):
        GuaranteePart(lambda: cases, ())


def nothing() -> tuple[Case, ...]:
    return ()


def test_a_guarantee_without_parts_is_not_proved() -> None:
    assert prove(Guarantee("x", "x", nothing, parts=lambda: ()), proved=Proofs().proved).verdict is Verdict.UNKNOWN

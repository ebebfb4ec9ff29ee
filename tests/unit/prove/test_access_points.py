import json
import random
from dataclasses import replace

import pytest
from tests.unit.prove import drawn
from tests.unit.prove.worlds import World

from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import Deployment
from bucketpass.policy import parse_policy, policy_json
from bucketpass.prove.access_points import answered, decide_there
from bucketpass.prove.callers import S3_ACTIONS
from bucketpass.prove.compare import Relation, Version, differences
from bucketpass.prove.evaluation import allowed
from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.question import Answer, Verdict, prove
from bucketpass.prove.scope import layers_of, of_bucket, session
from bucketpass.prove.theory.formula import conjunction
from bucketpass.prove.theory.solver import Witness, holds

POINT = "arn:aws:s3:eu-central-1:111122223333:accesspoint/raw-data"
WORLD = World.of("""
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets: {data: {access_points: [raw-data]}}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1}
    grants:
      - {bucket: data, prefix: raw/, access: read, access_point: raw-data}
      - {bucket: data, prefix: results/, access: [read, write]}
""")


def answers(deployment: Deployment) -> dict[str, Answer]:
    return {one.name: prove(one) for one in guarantees(WORLD.access, deployment)}


def with_role(*changes: tuple[str, str]) -> Deployment:
    """The deployment with other texts in the role's policy. The bucket's policy says no more of the role than its guard rails."""
    (role,), (bucket,) = WORLD.deployment.roles, WORLD.deployment.buckets
    text = policy_json(role.policies[0].document)
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    assert bucket.policy is not None
    denies = tuple(one for one in bucket.policy.document.statements if one.effect.value == "Deny")
    guarded = replace(bucket, policy=replace(bucket.policy, document=replace(bucket.policy.document, statements=denies)))
    changed = replace(role, policies=(NamedPolicy(role.policies[0].name, parse_policy(text)),))
    return replace(WORLD.deployment, roles=(changed,), buckets=(guarded,))


def test_what_is_granted_through_an_access_point_is_proved() -> None:
    assert {one.verdict for one in answers(WORLD.deployment).values()} == {Verdict.PROVED}
    assert {one.verdict for one in answers(with_role()).values()} == {Verdict.PROVED}


def test_the_point_has_to_allow_it_as_well() -> None:
    found = answers(with_role((f"{POINT}/object/", f"{POINT}/nothing/")))["requests of trainer"]
    assert found.counterexample is not None
    ((request, decision),) = found.counterexample.requests
    assert (request.context["s3:DataAccessPointArn"], decision.allowed) == (POINT, False)


def test_what_the_bucket_alone_would_allow_through_the_point_is_not_allowed() -> None:
    beneath = '"arn:aws:s3:::data/raw/*"'
    assert answers(with_role((beneath, '"arn:aws:s3:::data/*"')))["requests of trainer"].verdict is Verdict.PROVED
    both = ((beneath, '"arn:aws:s3:::data/*"'), (f"{POINT}/object/raw/*", f"{POINT}/object/*"))
    found = answers(with_role(*both))["requests of trainer"]
    assert found.counterexample is not None
    ((request, decision),) = found.counterexample.requests
    assert (request.context["s3:DataAccessPointArn"], decision.allowed) == (POINT, True)


@pytest.mark.parametrize(
    ("condition", "verdicts"),
    [
        ({"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}, {"others at data": "unknown"}),
        # The point that is declared has no policy, which nobody of another account gets through.
        ({"StringEquals": {"s3:DataAccessPointArn": POINT}}, {}),
        ({"StringEquals": {"s3:DataAccessPointArn": POINT.replace("raw", "other")}}, {"others at data": "unknown"}),
        (None, {"others at data": "counterexample"}),
    ],
)
def test_what_only_an_undeclared_access_point_lets_in_is_unknown(condition: object, verdicts: dict[str, str]) -> None:
    (bucket,) = WORLD.deployment.buckets
    statement = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
    written = json.loads(policy_json(bucket.policy.document if bucket.policy else parse_policy("{}")))
    written["Statement"].append({**statement, **({"Condition": condition} if condition else {})})
    delegated = replace(bucket, policy=NamedPolicy("bucket policy", parse_policy(json.dumps(written))))
    found = answers(replace(WORLD.deployment, buckets=(delegated,)))
    assert {name: one.verdict.value for name, one in found.items() if one.verdict is not Verdict.PROVED} == verdicts
    assert all("access point" in reason for one in found.values() for reason in one.reasons)


@pytest.mark.parametrize("policy", [None, f"{POINT}/object/*", f"{POINT}*", "arn:aws:s3:*:*:accesspoint/*/object/r?w/*", "*"])
def test_the_formula_is_true_of_what_both_decisions_allow(policy: str | None) -> None:
    chance = random.Random(policy)
    (role,), (bucket,) = WORLD.deployment.roles, WORLD.deployment.buckets
    if policy is not None:
        allow = {"Effect": "Allow", "Principal": {"AWS": role.arn}, "Action": "s3:*", "Resource": policy}
        named = NamedPolicy("policy of raw-data", parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [allow]})))
        bucket = replace(bucket, access_point_policies={"raw-data": named})
    layers = layers_of(role, bucket, WORLD.deployment)
    asked = session(role, layers, WORLD.access, WORLD.deployment, S3_ACTIONS, where=of_bucket(bucket), account=bucket.account)
    formula = conjunction(allowed(asked, layers), answered(bucket, asked, layers))
    seen = set()
    for _ in range(1000):
        drawn_one = drawn.witness(chance, asked, [f"arn:aws:s3:::data{key}" for key in ("", "/raw/1", "/results/1")])
        texts = {"s3:dataaccesspointarn": chance.choice([POINT, f"{POINT}2"]), "s3:prefix": chance.choice(["raw/", "results/x"])}
        values = {asked.action: chance.choice(["s3:GetObject", "s3:ListBucket", "s3:PutObject"])}
        witness = Witness({**drawn_one.texts, **texts}, {**drawn_one.values, **values}, drawn_one.flags)
        request = asked.concrete(witness)
        seen.add((request.context.get("s3:DataAccessPointArn") == POINT, holds(formula, witness)))
        assert holds(formula, witness) == decide_there(bucket, layers)(request).allowed, request
    assert len(seen) == 4


def version(role_text: tuple[str, str] | None = None, point: NamedPolicy | None = None) -> Version:
    deployment = with_role(*([role_text] if role_text else []))
    (bucket,) = deployment.buckets
    policies = {"raw-data": point} if point is not None else {}
    return Version(WORLD.access, replace(deployment, buckets=(replace(bucket, access_point_policies=policies),)))


def relations(old: Version, new: Version) -> dict[str, Relation]:
    return {f"{one.subject} of {one.owner}": one.relation for one in differences(old, new) if one.relation is not Relation.EQUAL}


def test_a_service_that_loses_the_point_beneath_its_grant_loses_requests() -> None:
    without = version((f'"{POINT}/object/raw/*"', f'"{POINT}/object/none/*"'))
    assert relations(version(), without) == {"requests of trainer": Relation.LESS}
    assert relations(without, version()) == {"requests of trainer": Relation.MORE}
    assert not relations(without, without)


def test_what_a_policy_of_a_point_refuses_is_a_difference() -> None:
    refusing = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{POINT}/object/raw/secret/*"}
    point = NamedPolicy("raw-data", parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [refusing]})))
    changed = [one for one in differences(version(), version(point=point)) if one.relation is not Relation.EQUAL]
    assert [(one.subject, one.relation) for one in changed] == [("requests", Relation.LESS)]
    assert changed[0].lost is not None
    [(request, before), (_, now)] = changed[0].lost.requests
    assert (request.context["s3:DataAccessPointArn"], before.allowed, now.allowed) == (POINT, True, False)


OWN_FOLDERS = World.of("""
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets: {data: {access_points: [raw-data]}}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1}
    grants:
      - {bucket: data, prefix: t/, access: read, access_point: raw-data, per: tenant}
""")


def test_tenants_that_the_point_keeps_apart_are_kept_apart() -> None:
    (role,), (bucket,) = OWN_FOLDERS.deployment.roles, OWN_FOLDERS.deployment.buckets
    text = policy_json(role.policies[0].document)
    fenced = "arn:aws:s3:::data/t/${aws:PrincipalTag/tenant}/*"
    assert fenced in text

    def answer(*changes: tuple[str, str]) -> Answer:
        changed = text
        for before, after in changes:
            assert before in changed
            changed = changed.replace(before, after)
        roles = (replace(role, policies=(NamedPolicy(role.policies[0].name, parse_policy(changed)),)),)
        denies = tuple(one for one in bucket.policy.document.statements if one.effect.value == "Deny") if bucket.policy else ()
        policy = replace(bucket.policy, document=replace(bucket.policy.document, statements=denies)) if bucket.policy else None
        deployment = replace(OWN_FOLDERS.deployment, roles=roles, buckets=(replace(bucket, policy=policy),))
        (found,) = [one for one in guarantees(OWN_FOLDERS.access, deployment) if one.name == "tenants of trainer"]
        return prove(found)

    beneath = (fenced, "arn:aws:s3:::data/t/*")
    assert answer().verdict is Verdict.PROVED
    assert answer(beneath).verdict is Verdict.PROVED
    found = answer(beneath, (f"{POINT}/object/t/${{aws:PrincipalTag/tenant}}/*", f"{POINT}/object/t/*"))
    assert found.counterexample is not None
    assert {request.context["s3:DataAccessPointArn"] for request, _ in found.counterexample.requests} == {POINT}

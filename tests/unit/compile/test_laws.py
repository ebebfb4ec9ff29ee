"""Laws of the compiler over random declarations: its documents mean exactly what was declared."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.access_strategies import IDENTITIES, ISSUERS, NOON, TENANTS, Try, accesses, means, tries
from tests.declarations import TARGET, World
from tests.written import written

from bucketpass.compile import Plan, compile_access
from bucketpass.compile.trust import session_tags
from bucketpass.issuers import sample_claims
from bucketpass.model import Access, Identity, parse_access
from bucketpass.policy import PolicyDocument, PolicyKind, check_policy, policy_json
from bucketpass.policy.render import render_policy

TENANT_TAG = "tenant"
EARLY = NOON.replace(hour=1)


def tags_of(world: World, service: str, tenant: str) -> dict[str, str] | None:
    return {TENANT_TAG: tenant} if TENANT_TAG in session_tags(world.access.services[service]) else None


@given(accesses(), st.lists(tries(), min_size=5, max_size=20), st.sampled_from(TENANTS), st.data())
def test_a_service_may_do_what_is_declared_and_nothing_else(access: Access, tried: list[Try], tenant: str, data: st.DataObject) -> None:
    world = World.of(access)
    service = data.draw(st.sampled_from(sorted(access.services)))
    tags = tags_of(world, service, tenant)
    session = world.session(service, tags)
    for one in tried:
        answer = world.decision(session, one.action, one.where, one.context)
        assert answer.allowed is means(access.services[service], tenant if tags else None, one), (one, answer)


@given(accesses(), st.sampled_from(TENANTS))
def test_everything_that_a_grant_names_is_allowed(access: Access, tenant: str) -> None:
    world = World.of(access)
    for name, service in access.services.items():
        tags = tags_of(world, name, tenant)
        session = world.session(name, tags)
        for grant in service.grants:
            start = f"{grant.prefix}{tenant}/" if grant.per else grant.prefix
            one = Try("s3:GetObject", grant.bucket, grant.key or f"{start}new", at=EARLY, tags=grant.object_tags)
            listing = Try("s3:ListBucket", grant.bucket, listed=start, at=EARLY)
            for asked in (one, replace(one, action="s3:PutObject"), replace(one, action="s3:DeleteObject"), listing):
                if means(service, tenant, asked):
                    assert world.decision(session, asked.action, asked.where, asked.context).allowed


@given(accesses(), st.sampled_from(IDENTITIES))
def test_a_token_gets_in_exactly_where_its_identity_is_declared(access: Access, chosen: Identity) -> None:
    world = World.of(access)
    claims = dict(sample_claims(ISSUERS[chosen.issuer], chosen))
    for name, service in access.services.items():
        if TENANT_TAG in session_tags(service):
            continue  # a token without the tenant's tag opens nothing, which another test shows
        declared = [one for one in service.identity if one.issuer == chosen.issuer and one.claims == chosen.claims]
        admitted = any(all(claims.get(claim) in values for claim, values in one.require.items()) for one in declared)
        assert world.assume(name, claims).allowed is admitted


@given(accesses(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_written_changes_no_document(access: Access, random: Random) -> None:
    shuffled = {}
    names = list(access.services)
    random.shuffle(names)
    for name in names:
        grants = list(access.services[name].grants)
        random.shuffle(grants)
        shuffled[name] = replace(access.services[name], grants=tuple(grants))
    one, other = compile_access(access, TARGET), compile_access(replace(access, services=shuffled), TARGET)
    assert documents(one) == documents(other)


def documents(plan: Plan) -> dict[str, str]:
    found = {}
    for role in plan.roles:
        found[f"{role.name} trust"] = policy_json(role.trust.document)
        found |= {policy.name: policy_json(policy.document.document) for policy in role.policies}
    return found | {bucket.name: without_order(bucket.policy.document) for bucket in plan.buckets}


def without_order(policy: PolicyDocument) -> str:
    """A bucket's policy has its services in the order of the declaration, so that they keep their places when others come."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: ordered(inner) for name, inner in value.items()}
        return sorted(map(ordered, value), key=json.dumps) if isinstance(value, list) else value

    return json.dumps(ordered(render_policy(policy)))


def test_another_service_of_an_exclusive_bucket_is_its_own_statements_and_one_arn() -> None:
    known = """
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3}}
buckets: {data: {exclusive: true, administrators: ["arn:aws:iam::111122223333:role/Admin"]}, logs: {}}
services:
  trainer: {identity: {issuer: okta, client_id: 0oa1}, grants: [{bucket: data, prefix: raw/, access: [read, write]}]}
  evaluator: {identity: {issuer: okta, client_id: 0oa2}, grants: [{bucket: data, prefix: raw/, access: read}]}
"""
    more = "  auditor: {identity: {issuer: okta, client_id: 0oa0}, grants: [{bucket: data, prefix: a/, access: read}]}\n"
    old, new = (compile_access(parse_access(text), TARGET) for text in (known, known + more))
    assert old.roles == new.roles[: len(old.roles)]
    rendered: Any = [render_policy(plan.buckets[0].policy.document)["Statement"] for plan in (old, new)]
    before, after = rendered
    changed = [place for place, statement in enumerate(before) if after[place] != statement]
    assert [before[place]["Sid"] for place in changed] == ["DenyOthers"]
    condition = "ArnNotLikeIfExists"
    arns, more_arns = (found[changed[0]]["Condition"][condition]["aws:PrincipalArn"] for found in (before, after))
    assert more_arns == [*arns, new.roles[-1].arn]
    assert [statement["Sid"] for statement in after[len(before) :]] == ["BucketpassAuditor", "BucketpassAuditor2"]


@given(accesses())
def test_every_document_is_one_that_aws_takes(access: Access) -> None:
    plan = compile_access(access, TARGET)
    for role in plan.roles:
        check_policy(role.trust.document, PolicyKind.TRUST)
        for policy in role.policies:
            check_policy(policy.document.document, PolicyKind.MANAGED)
    for bucket in plan.buckets:
        check_policy(bucket.policy.document, PolicyKind.BUCKET)


@given(accesses())
def test_the_yaml_form_and_the_python_form_are_equal(access: Access) -> None:
    assert parse_access(yaml.safe_dump(written(access), allow_unicode=True)) == access

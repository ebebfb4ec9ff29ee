from dataclasses import replace

import pytest
from tests.declarations import World

from bucketpass.errors import QuotaError
from bucketpass.model import Access, AccessLevel, Bucket, Grant, Identity, Issuer, Quotas, Service
from bucketpass.policy import PolicyKind, check_policy, policy_size


def access(grants: int = 1, identities: int = 1, **service: object) -> Access:
    declared = Service(
        tuple(Identity("ci", {"repository": f"acme/repository-{number}", "branch": "main"}) for number in range(identities)),
        tuple(Grant("datasets", f"a-long-folder-name/number-{number}/", (AccessLevel.READ,)) for number in range(grants)),
        **service,  # type: ignore[arg-type]
    )
    return Access({"ci": Issuer("github")}, {"datasets": Bucket()}, {"job": declared}, tags={"owner": "ml"})


def test_a_small_service_has_one_role_and_one_policy_of_the_same_name() -> None:
    asked = World.of(access())
    role = asked.role("job")
    assert (role.name, [policy.name for policy in role.policies], role.inline) == ("bucketpass-job", ["bucketpass-job"], ())
    assert role.arn == "arn:aws:iam::111122223333:role/bucketpass-job"
    assert role.tags == (("owner", "ml"),)


def test_what_is_declared_of_a_role_is_in_its_plan() -> None:
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    role = World.of(access(name="trainer", path="/ai/", description="trains", permissions_boundary=boundary, tags={"team": "ml"})).role(
        "job"
    )
    assert (role.name, role.declared.path, role.description, role.permissions_boundary) == ("trainer", "/ai/", "trains", boundary)
    assert role.arn == "arn:aws:iam::111122223333:role/ai/trainer"
    assert role.policies[0].arn == "arn:aws:iam::111122223333:policy/ai/trainer"
    assert role.tags == (("owner", "ml"), ("team", "ml"))


def test_permissions_spread_over_managed_policies_then_an_inline_one() -> None:
    asked = World.of(access(grants=750))
    role = asked.role("job")
    assert [policy.name for policy in role.policies] == ["bucketpass-job", *(f"bucketpass-job.{number}" for number in range(2, 11))]
    assert [name for name, _ in role.inline] == ["bucketpass-job"]
    for policy in role.policies:
        check_policy(policy.document.document, PolicyKind.MANAGED)
    assert policy_size(role.inline[0][1].document) <= 10240
    session = asked.session("job")
    for number in (0, 1, 374, 748, 749):
        assert asked.may("job", "s3:GetObject", f"datasets/a-long-folder-name/number-{number}/x", session=session)
    assert not asked.may("job", "s3:GetObject", "datasets/a-long-folder-name/number-750/x", session=session)


def test_permissions_that_no_role_can_hold_are_an_error_with_the_ways_out() -> None:
    with pytest.raises(QuotaError, match=r"`job` needs about \d+ characters of policies, a role takes 71680 .*`per:`"):
        World.of(access(grants=1500))


def test_identities_that_are_too_many_for_one_trust_policy_get_further_roles() -> None:
    asked = World.of(access(grants=100, identities=120))
    roles = [role for role in asked.plan.roles if role.service == "job"]
    assert [role.name for role in roles] == ["bucketpass-job", *(f"bucketpass-job-{number}" for number in range(2, len(roles) + 1))]
    assert len({policy.name for role in roles for policy in role.policies}) == sum(len(role.policies) for role in roles)
    for role in roles:
        check_policy(role.trust.document, PolicyKind.TRUST)
    admitted = [[asked.assume("job", asked.claims("job", index), number).allowed for number in range(len(roles))] for index in (0, 60, 119)]
    assert [sum(answers) for answers in admitted] == [1, 1, 1]
    session = asked.session("job", identity=119)
    assert asked.may("job", "s3:GetObject", "datasets/a-long-folder-name/number-1/x", session=session)


def test_a_role_may_be_assumed_for_as_long_as_is_declared() -> None:
    assert World.of(access()).role("job").max_session_seconds == 3600


def test_a_service_without_grants_has_no_policy() -> None:
    assert World.of(access(grants=0)).role("job").policies == ()


def test_each_of_several_roles_knows_the_identities_that_it_takes() -> None:
    roles = [role for role in World.of(access(identities=61)).plan.roles if role.service == "job"]
    assert sorted(number for role in roles for number in role.identities) == list(range(61))
    for role in roles:
        (trust,) = role.trust.statements
        subjects = {value for condition in trust.statement.conditions if condition.key.endswith(":sub") for value in condition.values}
        assert subjects == {f"repo:acme/repository-{number}:ref:refs/heads/main" for number in role.identities}
    assert roles[0].identity_ranges.startswith("0 to 3, 10 to ")


def test_quotas_that_aws_has_raised_are_used() -> None:
    raised = replace(access(identities=61), quotas=Quotas(trust_policy=4096, managed_policies=20))
    (role,) = (role for role in World.of(raised).plan.roles if role.service == "job")
    assert role.identities == tuple(range(61))
    assert 2048 < policy_size(role.trust.document) <= 4096
    many = replace(access(grants=1000), quotas=raised.quotas)
    assert len(World.of(many).role("job").policies) > 10
    with pytest.raises(QuotaError):
        World.of(access(grants=1000))

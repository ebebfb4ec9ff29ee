from dataclasses import replace

import pytest
from tests.unit.prove.worlds import TENANTS, World, broken, verdict

from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import Deployment
from bucketpass.policy import PolicyDocument, parse_policy, policy_json
from bucketpass.prove.proofs import Proofs
from bucketpass.prove.question import Verdict, prove
from bucketpass.prove.service_guarantees import requests
from bucketpass.prove.tenant_guarantees import listings, tenants


def test_tenants_have_no_object_in_common() -> None:
    world = World.of(TENANTS)
    assert verdict(tenants("app", world.access, world.deployment)) is Verdict.PROVED


def without(fence: tuple[str, str], deployment: Deployment) -> Deployment:
    """The deployment in which no policy of a role has a condition with this operator and key."""

    def unfenced(policy: NamedPolicy) -> NamedPolicy:
        statements = [
            replace(one, conditions=tuple(line for line in one.conditions if (line.operator, line.key) != fence))
            for one in policy.document.statements
        ]
        return replace(policy, document=PolicyDocument(tuple(statements)))

    return replace(deployment, roles=tuple(replace(role, policies=tuple(map(unfenced, role.policies))) for role in deployment.roles))


@pytest.mark.parametrize("missing", ["StringLike", "StringNotLike"])
def test_a_tag_without_its_fence_is_found(missing: str) -> None:
    world = World.of(TENANTS)
    changed = without((missing, "aws:PrincipalTag/tenant"), world.deployment)
    assert verdict(requests("app", world.access, changed)) is Verdict.COUNTEREXAMPLE
    if missing == "StringNotLike":
        assert broken(tenants("app", world.access, changed)).endswith("two sessions whose tags `tenant` differ reach the same object")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", Verdict.PROVED),
        ("      - {bucket: homes, prefix: u/, access: read, versions: true, per: tenant}\n", Verdict.PROVED),
        ("      - {bucket: homes, prefix: t/, access: list}\n", Verdict.PROVED),  # of all sessions, as it is declared
        ("      - {bucket: homes, prefix: t/x/, access: read, per: tenant}\n", Verdict.COUNTEREXAMPLE),  # in the folder of tenant x
    ],
)
def test_no_tenant_lists_the_folder_of_another(more: str, expected: Verdict) -> None:
    world = World.of(TENANTS + more)
    guarantee = listings("app", world.access, world.deployment)
    assert verdict(guarantee) is expected
    assert prove(guarantee, proved=Proofs().proved).verdict is expected


TEAMS = TENANTS.replace("per: tenant", 'per: "{tenant}/in/{team}"')


def test_teams_of_one_tenant_are_told_apart() -> None:
    world = World.of(TEAMS)
    for guarantee in (requests, tenants, listings):
        assert verdict(guarantee("app", world.access, world.deployment)) is Verdict.PROVED


def test_a_team_that_lists_the_folders_of_its_tenant_is_found() -> None:
    world = World.of(TEAMS)
    (role,) = world.deployment.roles

    def widened(policy: NamedPolicy) -> NamedPolicy:
        text = policy_json(policy.document).replace("${aws:PrincipalTag/team}/*", "*")
        return replace(policy, document=parse_policy(text))

    wide = replace(world.deployment, roles=(replace(role, policies=tuple(map(widened, role.policies))),))
    assert broken(listings("app", world.access, wide)).startswith("s3:ListBucket")
    assert broken(tenants("app", world.access, wide)).endswith("two sessions whose tags `{tenant}/in/{team}` differ reach the same object")


def test_a_listing_that_is_not_fenced_by_its_prefix_is_found() -> None:
    world = World.of(TENANTS)
    changed = without(("StringLike", "s3:prefix"), world.deployment)
    assert broken(listings("app", world.access, changed)).startswith("s3:ListBucket")


def test_folders_of_one_name_below_two_prefixes_are_told_apart() -> None:
    """A proof is shared by questions that differ in names alone, and where a prefix ends is more than a name."""
    proofs = Proofs()
    for prefix, expected in (("t/", Verdict.PROVED), ("team/", Verdict.PROVED), ("", Verdict.PROVED)):
        world = World.of(TENANTS.replace("prefix: t/", f'prefix: "{prefix}"').replace("prefix: shared/", "key: a/x"))
        assert prove(listings("app", world.access, world.deployment), proved=proofs.proved).verdict is expected, prefix


@pytest.mark.parametrize("setting", ["bucket_key: true", "bucket_key: false", "dsse: true"])
def test_tenants_of_an_encrypted_bucket_have_the_key_as_they_have_their_folders(setting: str) -> None:
    world = World.of(TENANTS.replace("homes: {}", f"homes: {{encryption: kms, {setting}}}"))
    for guarantee in (requests("app", world.access, world.deployment), tenants("app", world.access, world.deployment)):
        assert verdict(guarantee) is Verdict.PROVED, guarantee.name


def test_what_all_tenants_may_reach_is_no_breach_between_two_of_them() -> None:
    shared = "{bucket: homes, key: a/x, access: read}"
    world = World.of(
        TENANTS.replace("prefix: t/, access: [read, write]", 'prefix: "", access: [read, write]').replace(
            "{bucket: homes, prefix: shared/, access: read}", shared
        )
    )
    assert verdict(tenants("app", world.access, world.deployment)) is Verdict.PROVED

import pytest
from tests.unit.prove.worlds import SIMPLE, TENANTS, World

from bucketpass.prove.compare import Difference, Relation, Version, differences


def version(text: str) -> Version:
    world = World.of(text)
    return Version(world.access, world.deployment)


OLD = version(SIMPLE)
ONE = "{issuer: okta, subject: 0oa1trainer}"


def found(text: str) -> dict[tuple[str, str], Difference]:
    return {(one.owner, one.subject): one for one in differences(OLD, version(text))}


def test_a_version_is_equal_to_itself_and_to_one_that_says_the_same_otherwise() -> None:
    again = SIMPLE.replace("      - {bucket: datasets, prefix: raw/, access: read}\n", "")
    again = again.replace(
        "      - {bucket: datasets, prefix: checkpoints/, access: write}\n",
        "      - {bucket: datasets, prefix: checkpoints/, access: write}\n      - {bucket: datasets, prefix: raw/, access: read}\n"
        "      - {bucket: datasets, prefix: raw/a/, access: read}\n",
    )
    for text in (SIMPLE, again):
        assert {one.relation for one in found(text).values()} == {Relation.EQUAL}


@pytest.mark.parametrize(
    ("before", "after", "subject", "relation"),
    [
        ("prefix: raw/, access: read", "prefix: raw/, access: [read, delete]", "requests", Relation.MORE),
        ("prefix: raw/, access: read", "prefix: raw/a/, access: read", "requests", Relation.LESS),
        ("prefix: raw/, access: read", "prefix: other/, access: read", "requests", Relation.INCOMPARABLE),
        ("subject: 0oa1trainer", "subject: 0oa2trainer", "tokens", Relation.INCOMPARABLE),
        (
            "{issuer: okta, subject: 0oa1trainer}",
            "[{issuer: okta, subject: 0oa1trainer}, {issuer: okta, subject: two}]",
            "tokens",
            Relation.MORE,
        ),
    ],
)
def test_a_difference_is_told_with_examples(before: str, after: str, subject: str, relation: Relation) -> None:
    changed = found(SIMPLE.replace(before, after))
    difference = changed.pop(("trainer", subject))
    assert difference.relation is relation
    assert (difference.gained is not None) == (relation in {Relation.MORE, Relation.INCOMPARABLE})
    assert (difference.lost is not None) == (relation in {Relation.LESS, Relation.INCOMPARABLE})
    assert {one.relation for one in changed.values()} == {Relation.EQUAL}


def test_an_example_is_allowed_by_one_version_and_refused_by_the_other() -> None:
    gained = found(SIMPLE.replace("prefix: raw/, access: read", "prefix: raw/, access: [read, delete]"))["trainer", "requests"].gained
    assert gained is not None
    [(request, now), (same, then)] = gained.requests
    assert request == same
    assert (request.action, now.allowed, then.allowed) == ("s3:DeleteObject", True, False)


def test_a_service_that_is_new_or_gone_gains_or_loses_everything() -> None:
    without = SIMPLE[: SIMPLE.index("  evaluator:")].replace("  ci: {preset: github}\n", "")
    assert {one.relation for one in differences(OLD, version(without)) if one.owner == "evaluator"} == {Relation.LESS}
    assert {one.relation for one in differences(version(without), OLD) if one.owner == "evaluator"} == {Relation.MORE}


def test_tenants_compare_by_their_templates() -> None:
    old, new = version(TENANTS), version(TENANTS.replace("prefix: t/, access: [read, write]", "prefix: t/, access: read"))
    assert [one.relation for one in differences(old, new)] == [Relation.EQUAL, Relation.LESS, Relation.EQUAL]


def test_a_managed_policy_of_which_only_the_name_is_known_is_not_nothing() -> None:
    attached = SIMPLE.replace(f"identity: {ONE}", f"identity: {ONE}\n    policies: ['arn:aws:iam::111122223333:policy/of-somebody']")
    assert attached != SIMPLE
    assert found(attached)["trainer", "requests"].relation is Relation.UNKNOWN


def test_a_boundary_of_which_only_the_name_is_known_is_not_compared_with_another() -> None:
    bounded = SIMPLE.replace("  trainer:\n", "  trainer:\n    permissions_boundary: arn:aws:iam::111122223333:policy/edge\n")
    changed = found(bounded)
    assert changed["trainer", "tokens"].relation is Relation.EQUAL
    assert changed["trainer", "requests"].relation is Relation.UNKNOWN
    assert changed["trainer", "requests"].reasons == ("the permissions boundary arn:aws:iam::111122223333:policy/edge",)
    assert {one.relation for one in differences(version(bounded), version(bounded))} == {Relation.EQUAL}

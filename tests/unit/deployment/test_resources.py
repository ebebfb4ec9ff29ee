from tests.unit.prove.worlds import RICH, SIMPLE, TENANTS, World

from bucketpass.policy import policy_json


def test_a_deployment_has_every_role_bucket_and_key_with_its_documents() -> None:
    deployment = World.of(SIMPLE).deployment
    assert [role.service for role in deployment.roles] == ["trainer", "evaluator"]
    assert [role.name for role in deployment.roles_of("trainer")] == ["bucketpass-trainer"]
    assert [bucket.arn for bucket in deployment.buckets] == ["arn:aws:s3:::datasets"]
    assert [key.arn for key in deployment.keys] == ["arn:aws:kms:eu-central-1:111122223333:key/of-datasets"]
    assert all(role.policies for role in deployment.roles)


def test_a_key_that_is_yet_to_be_made_has_one_stand_in_everywhere() -> None:
    deployment = World.of(SIMPLE).deployment
    documents = [deployment.buckets[0].policy, *(policy for role in deployment.roles for policy in role.policies)]
    written = [policy_json(policy.document) for policy in documents if policy is not None]
    assert not any("{{" in text for text in written)
    assert all("key/of-datasets" in text for text in written)
    assert deployment.buckets[0].key == deployment.keys[0].arn


def test_what_is_not_known_of_a_bucket_that_is_there_already_is_said() -> None:
    assert not World.of(TENANTS.replace("homes: {}", "homes: {create: false}")).deployment.buckets[0].known
    assert World.of(TENANTS).deployment.buckets[0].known


def test_access_points_are_known_by_their_arn() -> None:
    points = next(bucket for bucket in World.of(RICH).deployment.buckets if bucket.name == "points")
    assert points.access_points == {"mlpoint": "arn:aws:s3:eu-central-1:111122223333:accesspoint/mlpoint"}


def test_a_bucket_of_another_account_is_in_that_account() -> None:
    foreign = next(bucket for bucket in World.of(RICH).deployment.buckets if bucket.name == "foreign")
    assert foreign.account == "444455556666"
    assert foreign.known


def test_the_key_of_another_account_has_what_the_plan_asks_its_owner_to_add() -> None:
    key = "arn:aws:kms:eu-central-1:444455556666:key/ff"
    deployment = World.of(RICH.replace('account: "444455556666"', f'account: "444455556666", encryption: {{key: "{key}"}}')).deployment
    usual, asked = deployment.key(key).policy.document.statements
    assert asked.principal is not None
    assert asked.principal.aws == ("arn:aws:iam::111122223333:role/bucketpass-trainer",)
    assert usual.principal is not None
    assert usual.principal.aws == ("arn:aws:iam::444455556666:root",)

from tests.declarations import World

from bucketpass.policy import PolicyKind, check_policy

WORLD = World.of(
    "{issuers: {}, services: {}, buckets: {plain: {}, data: {encryption: kms}, given: {encryption: {key: 'arn:aws:kms:e:1:key/1'}}}}"
)


def test_a_key_is_made_only_where_it_is_asked_for() -> None:
    assert [key.name for key in WORLD.plan.keys] == ["data"]


def test_the_account_keeps_the_administration_of_its_key() -> None:
    key = WORLD.plan.keys[0]
    check_policy(key.policy.document, PolicyKind.KEY)
    principal = key.policy.document.statements[0].principal
    assert principal is not None
    assert principal.aws == ("arn:aws:iam::111122223333:root",)
    assert key.alias == "alias/bucketpass-data"

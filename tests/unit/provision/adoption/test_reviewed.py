import json

from tests.unit.review.test_signs import READ, document, inventory, trust

from bucketpass.provision.adoption.reviewed import account_of


def test_reviewed_resources_are_an_account_that_can_be_adopted() -> None:
    account = account_of(inventory(trust(), READ, document({**READ, "Principal": {"AWS": "111122223333"}})))
    (role,) = account.roles
    assert (role.name, role.path, [policy.name for policy in role.policies]) == ("r", "/", ["p"])
    assert json.loads(role.trust)["Statement"] == [trust()]
    assert [(provider.url, provider.client_ids) for provider in account.providers] == [("acme.okta.com", ("a",))]
    assert [(bucket.name, bucket.policy is None) for bucket in account.buckets] == [("b", False)]

import json
from dataclasses import replace

from tests.unit.review.test_signs import READ, document, inventory, trust

from bucketpass.provision.adoption import Account, FoundBucket, FoundRole
from bucketpass.provision.adoption.reviewed import account_of, chosen


def test_reviewed_resources_are_an_account_that_can_be_adopted() -> None:
    account = account_of(inventory(trust(), READ, document({**READ, "Principal": {"AWS": "111122223333"}})))
    (role,) = account.roles
    assert (role.name, role.path, [policy.name for policy in role.policies]) == ("r", "/", ["p"])
    assert json.loads(role.trust)["Statement"] == [trust()]
    assert [(provider.url, provider.client_ids) for provider in account.providers] == [("acme.okta.com", ("a",))]
    assert [(bucket.name, bucket.policy is None) for bucket in account.buckets] == [("b", False)]


def test_what_was_reviewed_of_an_account_keeps_all_that_was_read() -> None:
    reviewed = inventory(trust(), READ, document(READ))
    role = FoundRole(
        "r", "arn:aws:iam::111122223333:role/r", "{}", permissions_boundary="arn:aws:iam::111122223333:policy/b", tags={"a": "1"}
    )
    bucket = FoundBucket("b", None, "arn:aws:kms:eu-west-1:111122223333:key/1")
    account = Account("111122223333", roles=(role, replace(role, name="other")), buckets=(bucket, FoundBucket("other")))
    found = chosen(account, reviewed)
    assert (found.roles, found.buckets) == ((role,), (bucket,))

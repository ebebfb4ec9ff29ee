import json
from typing import Any

import pytest
from tests.unit.provision.adoption.accounts import ID, OKTA, allow, document, trust

from bucketpass.provision.adoption import Account, FoundBucket, FoundPolicy, FoundProvider, FoundRole
from bucketpass.provision.adoption.corrected import NOBODY, corrected

GOOD = trust(OKTA, sub="0oa1", aud="s3-data")
ELSEWHERE = f"arn:aws:iam::{ID}:oidc-provider/YOUR_PROVIDER"


def account(statement: dict[str, Any], *policies: dict[str, Any], buckets: tuple[str, ...] = ("data",)) -> Account:
    found = tuple(FoundPolicy(f"p{number}", document(policy)) for number, policy in enumerate(policies))
    role = FoundRole("trainer", f"arn:aws:iam::{ID}:role/trainer", document(statement), found)
    return Account(ID, (OKTA,), (role,), tuple(map(FoundBucket, buckets)))


@pytest.mark.parametrize(
    "statement",
    [
        GOOD,
        {**GOOD, "Principal": {"AWS": "*"}},
        {**GOOD, "Action": "sts:AssumeRole"},
        {**GOOD, "Condition": {"StringEquals": {"aws:PrincipalTag/a": "b"}}},
        {"Effect": "Allow", "Principal": {"Federated": ELSEWHERE}, "Action": "sts:AssumeRoleWithWebIdentity"},
    ],
)
def test_what_can_work_or_names_no_issuer_stays_as_it_is(statement: dict[str, Any]) -> None:
    before = account(statement, allow("s3:GetObject", "arn:aws:s3:::data/*"))
    assert corrected(before) == (before, ())


def test_a_trust_gets_the_provider_that_its_keys_name_without_a_scheme_and_a_subject_that_nobody_has() -> None:
    block = {"StringEquals": {"https://new.okta.com/oauth2/default:aud": ["s3"]}}
    after, notes = corrected(account({**GOOD, "Principal": {"Federated": ELSEWHERE}, "Condition": block}))
    arn = f"arn:aws:iam::{ID}:oidc-provider/new.okta.com/oauth2/default"
    assert after.providers == (OKTA, FoundProvider(arn, "new.okta.com/oauth2/default", ("s3",)))
    (statement,) = json.loads(after.roles[0].trust)["Statement"]
    assert statement["Principal"] == {"Federated": arn}
    keys = {"new.okta.com/oauth2/default:aud": ["s3"], "new.okta.com/oauth2/default:sub": NOBODY}
    assert statement["Condition"] == {"StringEquals": keys}
    assert [
        words in str(note)
        for words, note in zip(
            ("without the scheme", "in place of `arn:aws:iam::111122223333:oidc-provider/YOUR_PROVIDER`", NOBODY), notes, strict=True
        )
    ] == [True] * 3


def test_policies_for_one_other_bucket_are_for_the_one_that_there_is() -> None:
    policies = allow("s3:GetObject", "arn:aws:s3:::my-ai-data/*"), allow("s3:ListBucket", ["arn:aws:s3:::my-ai-data"])
    after, (note,) = corrected(account(GOOD, *policies))
    named = [json.loads(policy.document)["Statement"][0]["Resource"] for policy in after.roles[0].policies]
    assert named == [["arn:aws:s3:::data/*"], ["arn:aws:s3:::data"]]
    assert "`my-ai-data`: `data`, which is made, takes its place" in str(note)


@pytest.mark.parametrize("buckets", [(), ("data", "more")])
def test_which_bucket_of_several_is_meant_is_not_guessed(buckets: tuple[str, ...]) -> None:
    before = account(GOOD, allow("s3:GetObject", "arn:aws:s3:::my-ai-data/*"), buckets=buckets)
    assert corrected(before) == (before, ())

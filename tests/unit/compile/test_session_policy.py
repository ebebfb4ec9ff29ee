"""Session policies from grants."""

from dataclasses import replace

import pytest

from bucketpass.compile import Target
from bucketpass.compile.names import Names
from bucketpass.compile.session_policy import session_policy
from bucketpass.errors import QuotaError
from bucketpass.model.access import Access, AccessLevel, Bucket, Grant, Service


def names_of(*grants: Grant) -> Names:
    access = Access({}, {"data": Bucket()}, {"job": Service(identity=(), grants=grants)})
    return Names(access, Target(account="111122223333", region="us-east-1"))


def test_the_grants_and_the_use_of_keys_through_s3_are_allowed() -> None:
    document = session_policy("job", names_of(Grant("data", "raw/"), Grant("data", "out/", (AccessLevel.WRITE,))))
    actions = {action for statement in document.statements for action in statement.actions or ()}
    assert {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey"} <= actions
    assert all(statement.conditions for statement in document.statements if "kms:Decrypt" in (statement.actions or ()))


def test_what_needs_no_key_gets_none() -> None:
    document = session_policy("job", names_of(Grant("data", "raw/", (AccessLevel.LIST, AccessLevel.DELETE))))
    assert not any("kms" in action for statement in document.statements for action in statement.actions or ())


def test_a_policy_that_sts_would_refuse_is_refused() -> None:
    many = tuple(replace(Grant("data"), prefix=f"{number:0100d}/") for number in range(20))
    with pytest.raises(QuotaError, match="session policy"):
        session_policy("job", names_of(*many))

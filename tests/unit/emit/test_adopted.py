import pytest
from tests.declarations import EVERYTHING_DECLARED, World

from bucketpass.emit.adopted import require_existing_policies
from bucketpass.errors import DeclarationError


def test_every_adopted_bucket_without_its_policy_is_named() -> None:
    text = EVERYTHING_DECLARED.replace("{create: false, policy: none}", "{create: false}\n  older: {create: false}")
    with pytest.raises(DeclarationError) as refused:
        require_existing_policies(World.of(text).plan, "A tool")
    assert [found.place.path for found in refused.value.diagnostics()] == ["buckets.old.policy", "buckets.older.policy"]
    assert "policy: none" in refused.value.diagnostics()[0].remedy


def test_a_plan_that_says_all_policies_is_good() -> None:
    require_existing_policies(World.of(EVERYTHING_DECLARED).plan, "A tool")

import pytest
from tests.declarations import EVERYTHING_DECLARED, World

from bucketpass.compile import Target, compile_access
from bucketpass.emit.adopted import require_no_merge
from bucketpass.emit.blueprint import blueprint_of
from bucketpass.errors import DeclarationError
from bucketpass.model import parse_access


def test_every_adopted_bucket_without_its_policy_is_named() -> None:
    text = EVERYTHING_DECLARED.replace("{create: false, policy: none}", "{create: false}\n  older: {create: false}")
    with pytest.raises(DeclarationError) as refused:
        require_no_merge(blueprint_of(World.of(text).plan), "A tool")
    assert [found.place.path for found in refused.value.diagnostics()] == ["buckets.old.policy", "buckets.older.policy"]
    assert "policy: none" in refused.value.diagnostics()[0].remedy


def test_a_plan_that_says_all_policies_is_good() -> None:
    require_no_merge(blueprint_of(World.of(EVERYTHING_DECLARED).plan), "A tool")


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        ("lifecycle: {expire_days: 9}", "lifecycle"),
        ("tags: {team: ml}", "tags"),
        ("logging: {bucket: elsewhere}", "logging"),
        ("encryption: {key: 'arn:aws:kms:eu-central-1:111122223333:key/1'}, key_policy: merge", "key_policy"),
    ],
)
def test_what_would_replace_what_others_have_is_refused(declared: str, field: str) -> None:
    text = f"""
    issuers: {{ci: {{preset: github}}}}
    buckets: {{data: {{create: false, policy: none, {declared}}}}}
    services: {{eval: {{identity: {{issuer: ci, repository: acme/eval, branch: main}}, grants: [{{bucket: data, access: read}}]}}}}
    """
    plan = compile_access(parse_access(text), Target("111122223333", "eu-central-1"))
    with pytest.raises(DeclarationError, match=f"A tool cannot merge `{field}`"):
        require_no_merge(blueprint_of(plan), "A tool")

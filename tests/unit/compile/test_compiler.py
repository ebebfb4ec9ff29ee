import gc
from dataclasses import replace
from pathlib import Path

import pytest
from tests.declarations import TARGET, World

from bucketpass.aws.shared_providers import BUILT_IN_SCOPE, DEMANDED_SCOPE
from bucketpass.compile import compile_access
from bucketpass.errors import DeclarationError
from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service, load_access
from bucketpass.policy import PolicyKind, check_policy

EXAMPLE = Path(__file__).parents[3] / "examples" / "access.yaml"


def test_the_example_compiles_to_documents_that_aws_takes() -> None:
    plan = compile_access(load_access(EXAMPLE), TARGET)
    for role in plan.roles:
        check_policy(role.trust.document, PolicyKind.TRUST)
        for policy in role.policies:
            check_policy(policy.document.document, PolicyKind.MANAGED)
    for bucket in plan.buckets:
        check_policy(bucket.policy.document, PolicyKind.BUCKET)
    for key in plan.keys:
        check_policy(key.policy.document, PolicyKind.KEY)


# The one whose trust needs a session's name cannot be declared.
@pytest.mark.parametrize("provider", [name for name, key in DEMANDED_SCOPE.items() if key.startswith(":")] + [*BUILT_IN_SCOPE])
def test_a_trust_in_a_provider_of_many_customers_is_one_that_aws_takes(provider: str) -> None:
    issuer, identity = Issuer("generic", url=f"https://{provider}", audience=("s3",)), Identity("shared", {"subject": "team-a"})
    services = {"trainer": Service((identity,), (Grant("datasets", prefix="raw/"),))}
    plan = compile_access(Access(issuers={"shared": issuer}, buckets={"datasets": Bucket()}, services=services), TARGET)
    for role in plan.roles:
        check_policy(role.trust.document, PolicyKind.TRUST)


def test_the_example_gives_each_service_exactly_its_own() -> None:
    asked = World.of(load_access(EXAMPLE))
    assert asked.may("trainer", "s3:GetObject", "datasets/raw/1")
    assert asked.may("trainer", "s3:PutObject", "datasets/checkpoints/1")
    assert not asked.may("trainer", "s3:GetObject", "datasets/checkpoints/1")
    assert not asked.may("trainer", "s3:PutObject", "datasets/raw/1")
    assert asked.may("evaluator", "s3:GetObject", "datasets/checkpoints/1")
    assert not asked.may("evaluator", "s3:GetObject", "datasets/raw/1")
    assert not asked.assume("trainer", asked.claims("evaluator")).allowed


def test_every_statement_says_which_part_of_the_declaration_it_is_there_for() -> None:
    plan = compile_access(load_access(EXAMPLE), TARGET)
    documents = [
        *(role.trust for role in plan.roles),
        *(policy.document for role in plan.roles for policy in role.policies),
        *(bucket.policy for bucket in plan.buckets),
        *(key.policy for key in plan.keys),
    ]
    assert all(traced.origins for document in documents for traced in document.statements)


def test_the_same_declaration_is_the_same_plan() -> None:
    assert compile_access(load_access(EXAMPLE), TARGET) == compile_access(load_access(EXAMPLE), TARGET)


def test_a_declaration_made_in_python_is_held_to_the_same_rules() -> None:
    access = load_access(EXAMPLE)
    with pytest.raises(DeclarationError, match="unknown bucket"):
        compile_access(replace(access, buckets={}), TARGET)


@pytest.mark.parametrize(
    ("deployer", "stays"),
    [
        ("arn:aws:iam::111122223333:role/platform-admin", True),
        ("arn:aws:sts::111122223333:assumed-role/platform-admin/ada", True),
        ("arn:aws:iam::111122223333:root", False),
        ("arn:aws:iam::111122223333:role/ci", False),
        ("arn:aws:sts::111122223333:assumed-role/ci/platform-admin", False),
        ("arn:aws:sts::444455556666:assumed-role/platform-admin/ada", False),
        ("arn:aws:iam::111122223333:user/platform-admin", False),
    ],
)
def test_whoever_deploys_is_not_locked_out(deployer: str, stays: bool) -> None:
    target = replace(TARGET, deployer=deployer)
    if stays:
        compile_access(load_access(EXAMPLE), target)
        return
    with pytest.raises(DeclarationError, match="would lock out"):
        compile_access(load_access(EXAMPLE), target)


def test_a_regional_name_that_grows_too_long_is_told() -> None:
    access = Access({}, {"a" * 40: Bucket(regional=True)}, {})
    with pytest.raises(DeclarationError, match="of 69 characters, S3 takes 63"):
        compile_access(access, TARGET)


def test_nothing_declared_is_nothing_made() -> None:
    plan = compile_access(Access({}, {}, {}), TARGET)
    assert (plan.providers, plan.keys, plan.roles, plan.buckets) == ((), (), (), ())


def test_the_collector_is_left_as_it_was() -> None:
    access = load_access(EXAMPLE)
    with pytest.raises(DeclarationError):
        compile_access(replace(access, buckets={}), TARGET)
    assert gc.isenabled()
    gc.disable()
    try:
        compile_access(access, TARGET)
        assert not gc.isenabled()
    finally:
        gc.enable()

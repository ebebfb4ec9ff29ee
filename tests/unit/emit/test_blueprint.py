"""A Plan as a list of the resources that Pulumi is to make."""

import json
from dataclasses import replace
from typing import Any

from bucketpass.compile import Target, compile_access
from bucketpass.compile.plan import Plan, key_placeholder
from bucketpass.emit.blueprint import blueprint_of
from bucketpass.emit.resource import BlueprintResource, Of
from bucketpass.model import Access, AccessLevel, Bucket, Grant, Identity, Issuer, Service

TARGET = Target("111122223333", "eu-central-1")


def access(*services: str, encryption: str = "s3") -> Access:
    return Access(
        issuers={"okta": Issuer("okta", "https://acme.okta.com/oauth2/default", ("s3-data",))},
        buckets={"datasets": Bucket(encryption=encryption)},
        services={
            name: Service((Identity("okta", {"subject": f"subject-{name}"}),), (Grant("datasets", f"{name}/", (AccessLevel.WRITE,)),))
            for name in services
        },
    )


def made(plan: Plan) -> dict[tuple[str, str], BlueprintResource]:
    return {blueprint.key: blueprint for blueprint in blueprint_of(plan).resources}


def encryption(found: dict[tuple[str, str], BlueprintResource]) -> dict[str, Any]:
    """The one rule of the bucket's encryption."""
    rules: list[dict[str, Any]] = json.loads(json.dumps(found["s3.BucketServerSideEncryptionConfiguration", "datasets"].arguments["rules"]))
    assert len(rules) == 1
    return rules[0]


def test_every_resource_comes_after_those_that_it_needs() -> None:
    seen: set[tuple[str, str]] = set()
    for blueprint in blueprint_of(compile_access(access("a", "b", encryption="kms"), TARGET)).resources:
        needed = {(value.kind, value.name) for value in blueprint.arguments.values() if isinstance(value, Of)}
        assert needed | set(blueprint.after) <= seen, blueprint.key
        seen.add(blueprint.key)


def test_adding_a_service_changes_no_other_services_resources() -> None:
    before, after = made(compile_access(access("a"), TARGET)), made(compile_access(access("a", "b"), TARGET))
    shared = ("s3.BucketPolicy", "datasets")
    assert {key: after[key] for key in before if key != shared} == {key: before[key] for key in before if key != shared}


def test_a_role_comes_after_the_provider_that_its_trust_names_and_a_bucket_policy_after_its_roles() -> None:
    found = made(compile_access(access("a"), TARGET))
    assert ("iam.OpenIdConnectProvider", "okta") in found["iam.Role", "bucketpass-a"].after
    assert ("iam.Role", "bucketpass-a") in found["s3.BucketPolicy", "datasets"].after


def test_a_buckets_guards_go_with_the_bucket_and_never_before_it() -> None:
    found = made(compile_access(access("a"), TARGET))
    guards = {key for key, blueprint in found.items() if blueprint.arguments.get("bucket") == Of("s3.Bucket", "datasets", "bucket")}
    assert len(guards) == 6
    assert {found[key].deleted_with for key in guards} == {("s3.Bucket", "datasets")}


def test_the_policy_of_a_bucket_that_was_there_before_goes_by_itself() -> None:
    declared = replace(access("a"), buckets={"datasets": Bucket(create=False, policy="none")})
    assert made(compile_access(declared, TARGET))["s3.BucketPolicy", "datasets"].deleted_with is None


def test_a_buckets_policy_is_the_last_of_its_settings() -> None:
    found = made(compile_access(access("a"), TARGET))
    settings = {key for key in found if key[0].startswith("s3.Bucket") and key[0] not in {"s3.Bucket", "s3.BucketPolicy"}}
    assert settings
    assert settings <= set(found["s3.BucketPolicy", "datasets"].after)


def test_a_bucket_has_all_its_guard_rails() -> None:
    found = made(compile_access(access("a"), TARGET))
    assert set(found["s3.BucketPublicAccessBlock", "datasets"].arguments.values()) == {True, Of("s3.Bucket", "datasets", "bucket")}
    assert found["s3.BucketOwnershipControls", "datasets"].arguments["rule"] == {"object_ownership": "BucketOwnerEnforced"}
    assert found["s3.BucketVersioning", "datasets"].arguments["versioning_configuration"] == {"status": "Enabled"}
    rule = encryption(found)
    assert rule["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}


def test_a_bucket_with_a_key_of_its_own_names_it_by_its_placeholder_until_it_is_made() -> None:
    found = made(compile_access(access("a", encryption="kms"), TARGET))
    rule = encryption(found)
    assert rule["apply_server_side_encryption_by_default"]["kms_master_key_id"] == key_placeholder("datasets")
    assert rule["bucket_key_enabled"] is True
    assert found["kms.Alias", "datasets"].arguments["target_key_id"] == Of("kms.Key", "datasets", "key_id")
    assert found["kms.Key", "datasets"].arguments["enable_key_rotation"] is True


def test_documents_are_the_plans_own_and_nothing_is_added() -> None:
    plan = compile_access(access("a"), TARGET)
    trust = json.loads(str(made(plan)["iam.Role", "bucketpass-a"].arguments["assume_role_policy"]))
    assert len(trust["Statement"]) == len(plan.roles[0].trust.statements)


def test_further_policies_are_attached_or_inline_and_detaching_is_asked_for() -> None:
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["bedrock:InvokeModel"],"Resource":["*"]}]}'
    declared = access("a")
    service = replace(declared.services["a"], policies=("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", document), force_detach=True)
    found = made(compile_access(replace(declared, services={"a": service}), TARGET))
    attachment = found["iam.RolePolicyAttachment", "bucketpass-a-job-function/ViewOnlyAccess"].arguments
    assert attachment == {
        "role": Of("iam.Role", "bucketpass-a", "name"),
        "policy_arn": "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
    }
    assert json.loads(str(found["iam.RolePolicy", "bucketpass-a-bucketpass-a.further-1"].arguments["policy"])) == json.loads(document)
    assert found["iam.Role", "bucketpass-a"].arguments["force_detach_policies"] is True


def test_the_owner_of_a_key_in_another_account_gets_the_statements_for_it() -> None:
    key = "arn:aws:kms:eu-central-1:777788889999:key/1"
    declared = replace(access("a"), buckets={"datasets": Bucket(encryption=key)})
    others = blueprint_of(compile_access(declared, TARGET)).other_accounts
    assert others.keys() == {"777788889999"}
    documents = json.loads(json.dumps(others["777788889999"]))["datasets"]
    assert documents["key"] == key
    assert documents["key_policy_statements"]["Statement"][0]["Principal"] == {"AWS": ["arn:aws:iam::111122223333:role/bucketpass-a"]}

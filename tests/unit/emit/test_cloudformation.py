import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.declarations import EVERYTHING_DECLARED, World

from bucketpass.compile.plan import key_placeholder
from bucketpass.emit import Blueprint, blueprint_of, cloudformation_template, terraform_configuration
from bucketpass.emit.cloudformation import PRINTED, _logical
from bucketpass.errors import DeclarationError, Diagnostic, Severity
from bucketpass.policy import render_policy

WORLD = World.of(EVERYTHING_DECLARED)
TEMPLATE: Any = cloudformation_template(blueprint_of(WORLD.plan))
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def of_type(name: str) -> list[Any]:
    return [resource["Properties"] for resource in RESOURCES.values() if resource["Type"] == name]


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    cfnlint = pytest.importorskip("cfnlint")
    file = tmp_path / "template.json"
    file.write_text(json.dumps(TEMPLATE))
    found = cfnlint.api.lint_file(file, config=cfnlint.config.ManualArgs(regions=["eu-central-1"]))
    assert [str(match) for match in found] == []


def test_only_what_is_made_is_in_it() -> None:
    assert [provider["Url"] for provider in of_type("AWS::IAM::OIDCProvider")] == [
        "https://acme.okta.com/oauth2/default",
        "https://token.actions.githubusercontent.com",
    ]
    assert [bucket["BucketName"] for bucket in of_type("AWS::S3::Bucket")] == ["datasets", "logs", "locked", "plain"]
    assert "old" in [policy["Bucket"] for policy in of_type("AWS::S3::BucketPolicy")]


def test_a_key_is_named_by_reference_wherever_a_document_needs_it() -> None:
    text = json.dumps(TEMPLATE)
    assert key_placeholder("datasets") not in text
    statements = [statement for policy in of_type("AWS::IAM::ManagedPolicy") for statement in policy["PolicyDocument"]["Statement"]]
    assert [{"Fn::GetAtt": ["KeyDatasets", "Arn"]}] in [statement["Resource"] for statement in statements]


def test_a_role_has_its_trust_and_its_policies() -> None:
    role = next(role for role in of_type("AWS::IAM::Role") if role["RoleName"] == "bucketpass-trainer")
    assert role["AssumeRolePolicyDocument"] == render_policy(WORLD.role("trainer").trust.document)
    assert role["MaxSessionDuration"] == 4 * 3600
    assert role["Tags"] == [{"Key": "owner", "Value": "platform"}, {"Key": "team", "Value": "ml"}]
    assert [RESOURCES[arn["Ref"]]["Properties"]["ManagedPolicyName"] for arn in role["ManagedPolicyArns"]] == ["bucketpass-trainer"]


def test_data_keys_and_what_guards_them_outlive_the_stack() -> None:
    kept = {name for name, resource in RESOURCES.items() if resource.get("DeletionPolicy") == "Retain"}
    made = {name for name, resource in RESOURCES.items() if resource["Type"] in {"AWS::S3::Bucket", "AWS::KMS::Key"}}
    guards = {name for name, resource in RESOURCES.items() if resource["Properties"].get("Bucket", {}) in [{"Ref": name} for name in made]}
    assert kept == made | {"BucketPolicyOld"} | {name for name in guards if RESOURCES[name]["Type"] == "AWS::S3::BucketPolicy"}


def test_the_policy_of_an_adopted_bucket_says_that_it_is_not_merged_and_is_not_made_without_the_existing_one() -> None:
    assert "replaces what the bucket's policy says" in RESOURCES["BucketPolicyOld"]["Metadata"]["bucketpass"]
    assert RESOURCES["BucketPolicyOld"]["DeletionPolicy"] == "Retain"
    unknown = World.of(EVERYTHING_DECLARED.replace("{create: false, policy: none}", "{create: false}"))
    with pytest.raises(DeclarationError, match=r"buckets\.old\.policy: CloudFormation cannot merge a bucket policy"):
        cloudformation_template(blueprint_of(unknown.plan))


def test_a_bucket_policy_waits_for_the_roles_that_it_names() -> None:
    policy = RESOURCES["BucketPolicyPlain"]
    assert [RESOURCES[name]["Properties"]["RoleName"] for name in policy["DependsOn"]] == ["bucketpass-eval.one"]


def test_settings_are_those_of_the_plan() -> None:
    buckets = {bucket["BucketName"]: bucket for bucket in of_type("AWS::S3::Bucket")}
    assert buckets["locked"]["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 3}
    assert "VersioningConfiguration" not in buckets["plain"]
    assert "PublicAccessBlockConfiguration" not in buckets["plain"]
    assert all(buckets["datasets"]["PublicAccessBlockConfiguration"].values())
    assert buckets["datasets"]["LoggingConfiguration"] == {"DestinationBucketName": "logs", "LogFilePrefix": "datasets/"}


def test_names_that_differ_in_punctuation_only_stay_apart() -> None:
    services = "\n".join(f"  {name}: {{identity: {{issuer: ci, subject: x}}}}" for name in ("a-b", "ab", "a.b"))
    template: Any = cloudformation_template(
        blueprint_of(World.of(f"issuers: {{ci: {{preset: github}}}}\nbuckets: {{}}\nservices:\n{services}").plan)
    )
    assert len([one for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Role"]) == 3


def test_every_output_of_pulumi_is_there_under_a_name_of_its_own() -> None:
    blueprint = blueprint_of(WORLD.plan)
    assert set(PRINTED) == set(blueprint.outputs)
    assert len(TEMPLATE["Outputs"]) == sum(map(len, blueprint.outputs.values()))
    assert TEMPLATE["Outputs"]["ServiceTrainerRoleArn"] == TEMPLATE["Outputs"][f"{_logical('iam.Role', 'bucketpass-trainer')}Arn"]
    assert TEMPLATE["Outputs"]["BucketDatasetsArn"] == {"Value": {"Fn::GetAtt": ["BucketDatasets", "Arn"]}}
    assert TEMPLATE["Outputs"][f"{_logical('iam.Role', 'bucketpass-trainer')}Id"]["Value"]["Fn::GetAtt"][1] == "RoleId"


@pytest.mark.parametrize("output", [cloudformation_template, terraform_configuration])
def test_what_was_found_about_the_declaration_stands_in_it(output: Callable[[Blueprint], object]) -> None:
    finding = Diagnostic("unused", "no service has a grant on bucket `old`", "Remove it.", severity=Severity.WARNING)
    assert "no service has a grant on bucket `old` (Remove it.)" in json.dumps(output(blueprint_of(WORLD.plan, (finding,))))


def test_lifecycle_rules_pages_and_events_are_those_of_the_bucket() -> None:
    properties = next(one["Properties"] for one in TEMPLATE["Resources"].values() if one["Properties"].get("BucketName") == "datasets")
    rules = {rule["Id"]: rule for rule in properties["LifecycleConfiguration"]["Rules"]}
    assert rules["expire-old-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3}
    assert rules["rule-1"]["Transitions"][0] == {"StorageClass": "GLACIER_IR", "TransitionInDays": 90}
    assert rules["rule-1"]["NoncurrentVersionTransitions"] == [{"StorageClass": "STANDARD_IA", "TransitionInDays": 30}]
    tags = [{"Key": "keep_for", "Value": "short"}, {"Key": "rules", "Value": "none"}]
    assert rules["rule-2"] == {"Id": "rule-2", "Status": "Enabled", "Prefix": "tmp/", "TagFilters": tags, "ExpirationInDays": 3}
    assert properties["CorsConfiguration"]["CorsRules"] == [
        {
            "AllowedHeaders": ["*"],
            "AllowedMethods": ["GET", "PUT"],
            "AllowedOrigins": ["https://studio.example.com"],
            "ExposedHeaders": ["ETag"],
            "MaxAge": 600,
        }
    ]
    assert properties["AccelerateConfiguration"] == {"AccelerationStatus": "Enabled"}
    assert properties["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_a_stack_with_a_bucket_of_another_region_is_refused() -> None:
    far = World.of(EVERYTHING_DECLARED.replace("  plain: {", "  plain: {region: us-west-2, "))
    with pytest.raises(DeclarationError, match=r"buckets\.plain\.region: the bucket is in `us-west-2`: a CloudFormation stack"):
        cloudformation_template(blueprint_of(far.plan))

"""One program with every type of resource that the engine knows: preview, up, nothing to do, no drift, destroy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine_project import endpoint_of

from bucketpass.provision.embedded import Endpoint, Engine, Program, RunResult, Stack, StepOperation
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.registry import HANDLERS, handler_of
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow

PROGRAM = """
import json

import pulumi
import pulumi_aws as aws

account, region, partition = aws.get_caller_identity(), aws.get_region(), aws.get_partition()
issuer = aws.iam.OpenIdConnectProvider(
    "ci",
    url="https://token.actions.githubusercontent.com",
    client_id_lists=["sts.amazonaws.com"],
    thumbprint_lists=["6938fd4d98bab03faadb97b34396831e3780aea1"],
)
trust = aws.iam.get_policy_document_output(
    statements=[
        aws.iam.GetPolicyDocumentStatementArgs(
            actions=["sts:AssumeRoleWithWebIdentity"],
            principals=[aws.iam.GetPolicyDocumentStatementPrincipalArgs(type="Federated", identifiers=[issuer.arn])],
            conditions=[
                aws.iam.GetPolicyDocumentStatementConditionArgs(
                    test="StringLike", variable=pulumi.Output.concat(issuer.url, ":sub"), values=["repo:acme/eval:*"]
                )
            ],
        )
    ]
)
role = aws.iam.Role("ci", assume_role_policy=trust.json)
key = aws.kms.Key("data", deletion_window_in_days=7, enable_key_rotation=True)
aws.kms.Alias("data", target_key_id=key.key_id)
root = {"Effect": "Allow", "Principal": {"AWS": account.account_id}, "Action": "kms:*", "Resource": "*"}
aws.kms.KeyPolicy("data", key_id=key.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [root]}))
bucket = aws.s3.Bucket("data", force_destroy=True)
aws.s3.BucketVersioning("data", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketServerSideEncryptionConfiguration(
    "data",
    bucket=bucket.bucket,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}}],
)
aws.s3.BucketLifecycleConfiguration(
    "data",
    bucket=bucket.id,
    rules=[{"id": "old", "status": "Enabled", "filter": {"prefix": "tmp/"}, "noncurrent_version_expiration": {"noncurrent_days": 7}}],
)
aws.s3.BucketOwnershipControls("data", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"})
block = aws.s3.BucketPublicAccessBlock(
    "data", bucket=bucket.id, block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
)
logs = aws.s3.Bucket("logs", object_lock_enabled=True)
lock = {"default_retention": {"mode": "GOVERNANCE", "days": 1}}
aws.s3.BucketObjectLockConfiguration("logs", bucket=logs.id, rule=lock)
aws.s3.BucketVersioning("logs", bucket=logs.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketLogging("data", bucket=bucket.id, target_bucket=logs.id, target_prefix="of/")
enter = {"Effect": "Allow", "Principal": {"AWS": role.arn}, "Action": "s3:ListBucket", "Resource": bucket.arn}
aws.s3.BucketPolicy(
    "data",
    bucket=bucket.id,
    policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [enter]}),
    opts=pulumi.ResourceOptions(depends_on=[block]),
)
read = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [pulumi.Output.concat(bucket.arn, "/*")]}
document = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [read]})
policy = aws.iam.Policy("read", policy=document)
aws.iam.RolePolicyAttachment("read", role=role.name, policy_arn=policy.arn)
aws.iam.RolePolicy("read", role=role, policy=document)
user = aws.iam.User("person", tags={"a": "1"})
aws.iam.AccessKey("key", user=user.name)
aws.iam.UserPolicy("own", user=user.name, policy=document)
aws.iam.UserPolicyAttachment("lent", user=user.name, policy_arn=policy.arn)
alone = aws.iam.Role("alone", assume_role_policy=trust.json)
only = aws.iam.RolePolicy("only", role=alone.name, name="only", policy=document)
aws.iam.RolePoliciesExclusive("inline", role_name=alone.name, policy_names=[only.name])
lent = aws.iam.RolePolicyAttachment("lent-too", role=alone.name, policy_arn=policy.arn)
aws.iam.RolePolicyAttachmentsExclusive("attached", role_name=alone.name, policy_arns=[lent.policy_arn])
shelf = aws.s3.Bucket("shelf")
aws.s3.BucketObject("object", bucket=shelf.id, key="k", content="x")
aws.s3.AccessPoint("point", bucket=shelf.id)
aws.s3.BucketCorsConfiguration("cors", bucket=shelf.id, cors_rules=[{"allowed_methods": ["GET"], "allowed_origins": ["*"]}])
copies = aws.s3.Bucket("copies", force_destroy=True)
copied = aws.s3.BucketVersioning("copies", bucket=copies.id, versioning_configuration={"status": "Enabled"})
versions = aws.s3.BucketVersioning("shelf", bucket=shelf.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketReplicationConfig(
    "copies",
    bucket=shelf.id,
    role=role.arn,
    rules=[{"status": "Enabled", "destination": {"bucket": copies.arn}}],
    opts=pulumi.ResourceOptions(depends_on=[copied, versions]),
)
aws.s3.BucketWebsiteConfiguration("site", bucket=shelf.id, index_document={"suffix": "index.html"}, error_document={"key": "404.html"})
queue = f"arn:aws:sqs:{region.region}:{account.account_id}:arrived"
arrived = {"queue_arn": queue, "events": ["s3:ObjectCreated:*"], "filter_prefix": "in/"}
aws.s3.BucketNotification("arrived", bucket=shelf.id, eventbridge=True, queues=[arrived])
aws.s3.BucketAccelerateConfiguration("fast", bucket=shelf.id, status="Enabled")
aws.iam.InstanceProfile("of-instances", role=role.name, tags={"a": "1"})
pulumi.export("role", aws.iam.get_role_output(name=role.name).arn)
pulumi.export("bucket", aws.s3.get_bucket_output(bucket=bucket.bucket).arn)
pulumi.export("here", [account.account_id, region.region, partition.partition])
"""


# The sandbox has no S3 Access Grants. These are tried against moto.
NOT_IN_THE_SANDBOX = {"AccessGrantsInstance", "AccessGrantsLocation", "AccessGrant"}
# No class of AWS's provider: it is for adopted buckets, where it is tried.
OF_THIS_ENGINE = {"BucketTags"}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Sandbox(SandboxOptions()) as sandbox:
        yield endpoint_of(sandbox)


def reasons(result: RunResult) -> list[str]:
    return [f"{step.name}: {step.reason}" for step in result.failed] + ([result.error] if result.error else [])


def test_every_type_lives_its_whole_life(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: types\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    program = Program.load(tmp_path, "dev")
    stack = Stack.of(program)
    with Engine(endpoint) as engine:
        assert reasons(engine.preview(program, stack)) == []
        made = engine.up(program, stack)
        assert reasons(made) == []
        used = {handler_of(step.type) for step in made.steps if step.type in HANDLERS}
        assert {
            handler.tokens[0].rpartition(":")[2] for handler in HANDLERS.values() if handler not in used
        } == NOT_IN_THE_SANDBOX | OF_THIS_ENGINE
        assert str(made.outputs["role"]).startswith("arn:aws:iam::")
        assert str(made.outputs["bucket"]).startswith("arn:aws:s3:::data-")
        assert set(engine.up(program, stack).counts) == {StepOperation.SAME}
        assert [(step.name, step.changes) for step in engine.refresh(stack).steps] == []
        assert reasons(engine.destroy(stack)) == []


REFUSED = """
import pulumi_aws as aws

aws.s3.Bucket("data", bucket="odd-data")
aws.s3control.AccessGrantsInstance("odd")
"""


def test_what_the_sandbox_does_not_have_is_refused_before_anything_is_made(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: odd\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(REFUSED)
    program = Program.load(tmp_path, "dev")
    with Engine(endpoint) as engine:
        result = engine.up(program, Stack.of(program))
        assert not result.ok
        assert any("the endpoint does not have" in reason for reason in reasons(result)), reasons(result)
    aws = RegionClients(endpoint, endpoint.region)
    assert aws.s3.list_buckets()["Buckets"] == []
    aws.close()

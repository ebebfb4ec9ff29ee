"""A plan as CloudFormation, made at the sandbox resource by resource as CloudFormation would, then used by a service."""

import json
from collections.abc import Callable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, code_of, sandbox_world

from bucketpass.compile import Target, compile_access
from bucketpass.emit import blueprint_of, cloudformation_template
from bucketpass.emit.cloudformation import references
from bucketpass.model import parse_access

pytestmark = pytest.mark.slow

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  datasets: {encryption: kms, exclusive: true, administrators: ["arn:aws:iam::111122223333:role/platform-admin"]}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants:
      - {bucket: datasets, prefix: raw/, access: [read, write]}
  other:
    identity: {issuer: okta, subject: 0oa2other}
    grants:
      - {bucket: datasets, prefix: other/, access: read}
"""


class Stack:
    """Makes the resources of a template in the order of their references."""

    def __init__(self, world: SandboxWorld) -> None:
        self.iam, self.s3, self.kms = world.iam(), world.s3(), world.kms()
        self.refs: dict[str, str] = {}
        self.arns: dict[str, str] = {}

    def make(self, template: Mapping[str, Any]) -> None:
        resources = template["Resources"]
        needs = {name: {*references(one["Properties"]), *one.get("DependsOn", ())} for name, one in resources.items()}
        for name in TopologicalSorter(needs).static_order():
            properties = self.resolved(resources[name]["Properties"])
            made = self.makers[resources[name]["Type"]](self, properties)
            self.refs[name], self.arns[name] = made

    def resolved(self, value: Any) -> Any:
        match value:
            case {"Ref": str(name)}:
                return self.refs[name]
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.arns[name]
            case Mapping():
                return {name: self.resolved(item) for name, item in value.items()}
            case list():
                return [self.resolved(item) for item in value]
        return value

    def provider(self, properties: Any) -> tuple[str, str]:
        arn = self.iam.create_open_id_connect_provider(Url=properties["Url"], ClientIDList=properties["ClientIdList"])
        return arn["OpenIDConnectProviderArn"], arn["OpenIDConnectProviderArn"]

    def key(self, properties: Any) -> tuple[str, str]:
        made = self.kms.create_key(Policy=json.dumps(properties["KeyPolicy"]), Description=properties["Description"])["KeyMetadata"]
        return made["KeyId"], made["Arn"]

    def alias(self, properties: Any) -> tuple[str, str]:
        self.kms.create_alias(AliasName=properties["AliasName"], TargetKeyId=properties["TargetKeyId"])
        return properties["AliasName"], ""

    def policy(self, properties: Any) -> tuple[str, str]:
        document = json.dumps(properties["PolicyDocument"])
        arn = self.iam.create_policy(PolicyName=properties["ManagedPolicyName"], Path=properties["Path"], PolicyDocument=document)
        return arn["Policy"]["Arn"], arn["Policy"]["Arn"]

    def role(self, properties: Any) -> tuple[str, str]:
        name = properties["RoleName"]
        made = self.iam.create_role(
            RoleName=name,
            Path=properties["Path"],
            AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
            MaxSessionDuration=properties["MaxSessionDuration"],
        )
        for arn in properties["ManagedPolicyArns"]:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        return name, made["Role"]["Arn"]

    def bucket(self, properties: Any) -> tuple[str, str]:
        name = properties["BucketName"]
        self.s3.create_bucket(Bucket=name)
        self.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"])
        default: Any = [
            {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"], "BucketKeyEnabled": rule["BucketKeyEnabled"]}
            for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        ]
        configuration: Any = {"Rules": default}
        self.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=configuration)
        return name, f"arn:aws:s3:::{name}"

    def bucket_policy(self, properties: Any) -> tuple[str, str]:
        self.s3.put_bucket_policy(Bucket=properties["Bucket"], Policy=json.dumps(properties["PolicyDocument"]))
        return properties["Bucket"], ""

    makers: Mapping[str, Callable[["Stack", Any], tuple[str, str]]] = {
        "AWS::IAM::OIDCProvider": provider,
        "AWS::KMS::Key": key,
        "AWS::KMS::Alias": alias,
        "AWS::IAM::ManagedPolicy": policy,
        "AWS::IAM::Role": role,
        "AWS::S3::Bucket": bucket,
        "AWS::S3::BucketPolicy": bucket_policy,
    }


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(ACCESS, deploy=False) as world:
        target = Target(account=world.account, region=world.sandbox.options.region)
        Stack(world).make(cloudformation_template(blueprint_of(compile_access(parse_access(ACCESS), target))))
        yield world


def test_the_service_does_what_it_was_granted(world: SandboxWorld) -> None:
    s3 = world.service("trainer")
    s3.put_object(Bucket="datasets", Key="raw/1", Body=b"one")
    assert s3.get_object(Bucket="datasets", Key="raw/1")["Body"].read() == b"one"
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="datasets", Prefix="raw/")["Contents"]] == ["raw/1"]


@pytest.mark.parametrize(
    "call",
    [
        lambda s3: s3.put_object(Bucket="datasets", Key="other/1", Body=b""),
        lambda s3: s3.get_object(Bucket="datasets", Key="other/1"),
        lambda s3: s3.delete_object(Bucket="datasets", Key="raw/1"),
        lambda s3: s3.list_objects_v2(Bucket="datasets", Prefix=""),
        lambda s3: s3.put_object(Bucket="datasets", Key="raw/1", Body=b"", ServerSideEncryption="AES256"),
    ],
    ids=["write elsewhere", "read elsewhere", "delete", "list everything", "other encryption"],
)
def test_and_nothing_else(world: SandboxWorld, call: Callable[[Any], object]) -> None:
    with pytest.raises(ClientError) as refused:
        call(world.service("trainer"))
    assert code_of(refused.value) == "AccessDenied"


def test_another_services_token_is_not_taken(world: SandboxWorld) -> None:
    with pytest.raises(ClientError) as refused:
        world.assume("trainer", token=world.sandbox.mint("other"))
    assert code_of(refused.value) == "AccessDenied"

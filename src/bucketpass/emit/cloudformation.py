"""A blueprint as a CloudFormation template.

Data, keys and what guards them outlive their stack: data is deleted by people. A key's ARN, which is not known before the key
is made, becomes `Fn::GetAtt`; everything else in the documents is literal, so that policy variables need no escape.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bucketpass.compile.plan import key_placeholder
from bucketpass.emit.adopted import CANNOT_MERGE, require_no_merge
from bucketpass.emit.blueprint import Blueprint
from bucketpass.emit.bucket_settings import BUCKET_SETTINGS, BucketSetting
from bucketpass.emit.resource import Argument, BlueprintResource, Of
from bucketpass.errors import DeclarationError, Place

__all__ = ["OUTPUTS", "PRINTED", "cloudformation_outputs", "cloudformation_template", "printed_outputs", "references"]

Properties = dict[str, Any]
Key = tuple[str, str]

OUTPUTS = 200  # [A] in one template
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
# What the names of each output's values begin and end with. Where there are more than a template takes, the last ones are left out.
PRINTED = {
    "all_role_arns": ("Role", "Arn"),
    "bucket_names": ("Bucket", "Name"),
    "key_arns": ("Key", "Arn"),
    "provider_arns": ("Provider", "Arn"),
    "bucket_arns": ("Bucket", "Arn"),
    "policy_arns": ("Policy", "Arn"),
    "role_ids": ("Role", "Id"),
    "role_arns": ("Service", "RoleArn"),
    "role_names": ("Service", "RoleName"),
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of resource in CloudFormation. names: its properties that are not the arguments' names in PascalCase."""

    type: str
    prefix: str
    names: Mapping[str, str] = field(default_factory=dict)
    tagged: bool = True
    always: Mapping[str, object] = field(default_factory=dict)


BLOCKED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
KINDS = {
    "iam.OpenIdConnectProvider": _Kind(
        "AWS::IAM::OIDCProvider", "Provider", {"client_id_lists": "ClientIdList", "thumbprint_lists": "ThumbprintList"}
    ),
    "iam.Policy": _Kind("AWS::IAM::ManagedPolicy", "Policy", {"name": "ManagedPolicyName", "policy": "PolicyDocument"}, tagged=False),
    "iam.Role": _Kind("AWS::IAM::Role", "Role", {"name": "RoleName", "assume_role_policy": "AssumeRolePolicyDocument"}),
    "kms.Alias": _Kind("AWS::KMS::Alias", "Alias", {"name": "AliasName"}),
    "kms.Key": _Kind("AWS::KMS::Key", "Key", {"policy": "KeyPolicy"}),
    "s3.AccessPoint": _Kind("AWS::S3::AccessPoint", "AccessPoint", always={"PublicAccessBlockConfiguration": BLOCKED}),
    "s3.Bucket": _Kind("AWS::S3::Bucket", "Bucket", {"bucket": "BucketName"}),
    "s3.BucketPolicy": _Kind("AWS::S3::BucketPolicy", "BucketPolicy", {"policy": "PolicyDocument"}),
}
# What a reference by `Ref` gives is the resource's name or, for these, its ARN.
REF_IS_ARN = frozenset({"iam.OpenIdConnectProvider", "iam.Policy"})
ATTRIBUTES = {"arn": "Arn", "unique_id": "RoleId"}
# CloudFormation deletes a role without what others attached to it only by hand.
NOT_PROPERTIES = frozenset({"tags", "force_detach_policies"})
WORDS = {"sse": "SSE", "kms": "KMS"}


def cloudformation_template(blueprint: Blueprint) -> dict[str, Any]:
    """Return the template as JSON values. Names are fixed, so that a stack of it needs `CAPABILITY_NAMED_IAM`.

    Raises `DeclarationError` where CloudFormation would have to merge with what others have at an adopted bucket or key.
    """
    require_no_merge(blueprint, "CloudFormation")
    _require_one_region(blueprint)
    keys = {key_placeholder(key.name): {"Fn::GetAtt": [_logical("kms.Key", key.name), "Arn"]} for key in blueprint.plan.keys}
    owners = {one.key: one.key for one in blueprint.resources if one.kind in KINDS}
    owners |= {one.key: _owner(one) for one in blueprint.resources if one.kind in PARTS}
    resources: dict[str, dict[str, object]] = {}
    properties: dict[Key, Properties] = {}
    for one in blueprint.resources:
        if one.kind in KINDS:
            properties[one.key] = _properties(one)
            resources[_logical(*one.key)] = {"Type": KINDS[one.kind].type, **_attributes(one), "Properties": properties[one.key]}
        else:
            PARTS[one.kind](one, properties[owners[one.key]])
    filled: dict[str, Properties] = {name: _filled(resource, keys) for name, resource in resources.items()}
    for one in blueprint.resources:
        resource = filled[_logical(*owners[one.key])]
        if after := sorted({_logical(*owners[key]) for key in one.after} - {_logical(*owners[one.key]), *references(resource)}):
            resource["DependsOn"] = after
    services, buckets = len({role.service for role in blueprint.plan.roles}), len(blueprint.plan.buckets)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"bucketpass: access of {services} services to {buckets} buckets",
        **_metadata(blueprint),
        "Resources": filled,
        "Outputs": {name: output for which in printed_outputs(blueprint) for name, output in cloudformation_outputs(blueprint, which)},
    }


def _require_one_region(blueprint: Blueprint) -> None:
    """Raise `DeclarationError` for a bucket of another Region than the stack's."""
    for bucket in blueprint.plan.buckets:
        if bucket.region not in {"", blueprint.plan.target.region} and bucket.account is None:
            raise DeclarationError(
                f"the bucket is in `{bucket.region}`: a CloudFormation stack makes resources in one Region, this one in "
                f"`{blueprint.plan.target.region}`",
                remedy="use Pulumi or Terraform, or a declaration for each Region",
                place=Place(path=f"buckets.{bucket.name}.region"),
            )


def _attributes(resource: BlueprintResource) -> Properties:
    about = {} if resource.shared is None else {"Metadata": {"bucketpass": CANNOT_MERGE}}
    return {**(KEPT if resource.kept else {}), **about}


def _metadata(blueprint: Blueprint) -> Properties:
    """What is not made by the stack and must be known beside it."""
    about: Properties = {
        **({"OtherAccounts": blueprint.other_accounts} if blueprint.other_accounts else {}),
        **({"Findings": [str(finding) for finding in blueprint.findings]} if blueprint.findings else {}),
    }
    return {"Metadata": {"bucketpass": about}} if about else {}


def printed_outputs(blueprint: Blueprint) -> list[str]:
    """Return which of the outputs a single template has: whole ones, as many as CloudFormation takes."""
    room, printed = OUTPUTS, []
    for output in PRINTED:
        if len(blueprint.outputs[output]) <= room:
            printed.append(output)
            room -= len(blueprint.outputs[output])
    return printed


def cloudformation_outputs(blueprint: Blueprint, output: str) -> Iterator[tuple[str, Properties]]:
    """Yield the values of an output as CloudFormation's outputs, by logical ID."""
    prefix, suffix = PRINTED[output]
    for name, value in blueprint.outputs[output].items():
        yield f"{prefix}{_plain(name)}{suffix}", {"Value": _value(value)}


def _properties(resource: BlueprintResource) -> Properties:
    kind = KINDS[resource.kind]
    given = {name: value for name, value in resource.arguments.items() if value is not None and name not in NOT_PROPERTIES}
    tags = resource.arguments.get("tags")
    return {
        **{kind.names.get(name, _pascal(name)): _value(value) for name, value in given.items()},
        **kind.always,
        **(
            {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            if kind.tagged and isinstance(tags, Mapping) and tags
            else {}
        ),
    }


def _value(argument: Argument) -> object:
    match argument:
        case Of(kind, name, "arn" | "unique_id" as output) if kind not in REF_IS_ARN:
            return {"Fn::GetAtt": [_logical(kind, name), ATTRIBUTES[output]]}
        case Of(kind, name):
            return {"Ref": _logical(kind, name)}
        case str() if argument.startswith("{") and not argument.startswith("{{"):
            return json.loads(argument)
        case tuple():
            return [_value(item) for item in argument]
        case Mapping():
            return {_pascal(name): item if name == "tags" else _value(item) for name, item in argument.items()}
    return argument


def _owner(resource: BlueprintResource) -> Key:
    """The resource that has this one as a property in CloudFormation."""
    owner = resource.arguments["role" if resource.kind.startswith("iam.") else "bucket"]
    if not isinstance(owner, Of):
        raise TypeError(f"{resource.kind} {resource.name} belongs to nothing that is made here")
    return owner.kind, owner.name


def _attachment(part: BlueprintResource, role: Properties) -> None:
    role["ManagedPolicyArns"] = [*_list(role.get("ManagedPolicyArns")), _value(part.arguments["policy_arn"])]


def _inline(part: BlueprintResource, role: Properties) -> None:
    policy = {"PolicyName": part.arguments["name"], "PolicyDocument": _value(part.arguments["policy"])}
    role["Policies"] = [*_list(role.get("Policies")), policy]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _setting(setting: BucketSetting) -> Callable[[BlueprintResource, Properties], None]:
    """A setting that is a property of its bucket."""

    def put(part: BlueprintResource, bucket: Properties) -> None:
        arguments = {_pascal(argument): _value(value) for argument, value in part.arguments.items() if argument != "bucket"}
        bucket[setting.property] = setting.shape(arguments)

    return put


# Kinds that CloudFormation has as properties of a role or a bucket.
PARTS: Mapping[str, Callable[[BlueprintResource, Properties], None]] = {
    "iam.RolePolicyAttachment": _attachment,
    "iam.RolePolicy": _inline,
    **{setting.kind: _setting(setting) for setting in BUCKET_SETTINGS if setting.property},
}


def _pascal(name: str) -> str:
    return "".join(WORDS.get(word, word[:1].upper() + word[1:]) for word in name.split("_"))


def _logical(kind: str, name: str) -> str:
    """A logical ID: letters and digits only."""
    return KINDS[kind].prefix + _plain(name)


def _plain(name: str) -> str:
    """The name's letters and digits. Names that differ in other characters get a hash to stay apart."""
    plain = re.sub(r"[^A-Za-z0-9]", "", name)
    return f"{plain[:1].upper()}{plain[1:]}" + ("" if plain == name else hashlib.sha256(name.encode()).hexdigest()[:6])


def references(value: object) -> Iterator[str]:
    """The logical IDs that a value refers to."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            yield name
        case Mapping():
            for item in value.values():
                yield from references(item)
        case list():
            for item in value:
                yield from references(item)


def _filled(value: object, keys: Mapping[str, object]) -> Any:
    """The value with references in place of the placeholders of keys."""
    match value:
        case str():
            return keys.get(value, value)
        case Mapping():
            return {name: _filled(item, keys) for name, item in value.items()}
        case list():
            return [_filled(item, keys) for item in value]
    return value

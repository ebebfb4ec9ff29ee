"""A CloudFormation template, in YAML or JSON, as resources with their lines.

Intrinsic functions are worked out as far as a template by itself says what they give: references become names and ARNs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from bucketpass.compile import Target
from bucketpass.errors import InvalidInput, Place
from bucketpass.review.resources import ReviewedResource

__all__ = ["cloudformation_resources"]

# CloudFormation's type: pulumi-aws's class, the property with the name, and the other properties that are read.
KINDS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "AWS::IAM::OIDCProvider": ("iam.OpenIdConnectProvider", "Url", {"Url": "url", "ClientIdList": "clientIdLists"}),
    "AWS::IAM::Role": (
        "iam.Role",
        "RoleName",
        {"RoleName": "name", "Path": "path", "AssumeRolePolicyDocument": "assumeRolePolicy", "ManagedPolicyArns": "managedPolicyArns"},
    ),
    "AWS::IAM::ManagedPolicy": (
        "iam.Policy",
        "ManagedPolicyName",
        {"ManagedPolicyName": "name", "Path": "path", "PolicyDocument": "policy"},
    ),
    "AWS::S3::Bucket": ("s3.Bucket", "BucketName", {"BucketName": "bucket", "AccessControl": "acl"}),
    "AWS::S3::BucketPolicy": ("s3.BucketPolicy", "Bucket", {"Bucket": "bucket", "PolicyDocument": "policy"}),
    "AWS::KMS::Key": ("kms.Key", "", {"KeyPolicy": "policy"}),
}
VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, `!Ref x` for `{Ref: x}`."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if name == "Fn::GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _short_form)


def cloudformation_resources(text: str, file: str, target: Target) -> Iterator[ReviewedResource]:
    """Yield the template's resources. Raises `InvalidInput` for a text that is not a template."""
    try:
        node = yaml.compose(text, _Loader)
        template = yaml.load(text, _Loader)  # noqa: S506 - a safe loader with more tags
    except yaml.YAMLError as error:
        raise InvalidInput(f"cannot be read as YAML: {' '.join(str(error).split())}", place=Place(file)) from None
    resources = template.get("Resources") if isinstance(template, Mapping) else None
    if not isinstance(resources, Mapping):
        raise InvalidInput("there are no `Resources`, expected a CloudFormation template", place=Place(file))
    lines = _lines(node)
    known = _Names(template, target)
    for logical, resource in resources.items():
        if resource.get("Type") in KINDS:
            yield from _resources(str(logical), resource, known, Place(file, lines.get(str(logical)), path=str(logical)))


def _resources(logical: str, resource: Mapping[str, Any], known: _Names, place: Place) -> Iterator[ReviewedResource]:
    kind, _, names = KINDS[resource["Type"]]
    given = {name: known.resolve(value) for name, value in resource.get("Properties", {}).items()}
    unknown = frozenset(names[name] for name, value in given.items() if name in names and _holds_unknown(value))
    properties = {names[name]: value for name, value in given.items() if name in names and names[name] not in unknown}
    own = {"iam.Role": "name", "iam.Policy": "name", "s3.Bucket": "bucket"}.get(kind)
    if own is not None:
        properties.setdefault(own, known.name(logical))
    yield ReviewedResource(kind, logical, properties, place, unknown)
    if kind == "s3.Bucket" and "PublicAccessBlockConfiguration" in given:
        block = {
            f"{name[:1].lower()}{name[1:]}": value in {True, "true"} for name, value in given["PublicAccessBlockConfiguration"].items()
        }
        yield ReviewedResource("s3.BucketPublicAccessBlock", logical, {"bucket": properties["bucket"], **block}, place)
    for policy in given.get("Policies", ()) if kind == "iam.Role" else ():
        inline = {"role": properties["name"], "name": policy.get("PolicyName", ""), "policy": policy.get("PolicyDocument")}
        not_known = frozenset({"policy"}) if _holds_unknown(inline["policy"]) else frozenset()
        yield ReviewedResource("iam.RolePolicy", logical, {k: v for k, v in inline.items() if k not in not_known}, place, not_known)
    for role in given.get("Roles", ()) if kind == "iam.Policy" else ():
        yield ReviewedResource("iam.RolePolicyAttachment", logical, {"role": role, "policyArn": known.arn(logical)}, place)


class _NotKnown:
    """What only a deployment knows."""


NOT_KNOWN = _NotKnown()


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_unknown, value.values()))
    return any(map(_holds_unknown, value)) if isinstance(value, list) else value is NOT_KNOWN


class _Names:
    """Names and ARNs of a template's resources, and what its intrinsic functions give."""

    def __init__(self, template: Mapping[str, Any], target: Target) -> None:
        self._resources = template["Resources"]
        self._parameters = template.get("Parameters", {})
        self._target = target
        self._pseudo = {
            "AWS::AccountId": target.account,
            "AWS::Region": target.region,
            "AWS::Partition": target.partition,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": None,
        }

    def name(self, logical: str) -> str:
        """The physical name of a resource; where CloudFormation makes it up, the logical one in its form."""
        resource = self._resources.get(logical, {})
        _, field, _ = KINDS.get(resource.get("Type"), ("", "", {}))
        given = self.resolve(resource.get("Properties", {}).get(field)) if field else None
        return given if isinstance(given, str) else logical.lower() if resource.get("Type") == "AWS::S3::Bucket" else logical

    def arn(self, logical: str) -> Any:
        """The ARN of a resource, if it follows from the template."""
        resource = self._resources.get(logical, {})
        path = self.resolve(resource.get("Properties", {}).get("Path", "/"))
        iam = f"arn:{self._target.partition}:iam::{self._target.account}"
        forms: Mapping[str, Callable[[], str]] = {
            "AWS::S3::Bucket": lambda: f"arn:{self._target.partition}:s3:::{self.name(logical)}",
            "AWS::IAM::Role": lambda: f"{iam}:role{path}{self.name(logical)}",
            "AWS::IAM::ManagedPolicy": lambda: f"{iam}:policy{path}{self.name(logical)}",
            "AWS::IAM::OIDCProvider": lambda: f"{iam}:oidc-provider/{self.name(logical).removeprefix('https://')}",
        }
        form = forms.get(resource.get("Type"))
        return NOT_KNOWN if form is None else form()

    def resolve(self, value: Any) -> Any:
        """The value with its functions worked out; `NOT_KNOWN` in the place of what a template does not say."""
        match value:
            case {"Ref": str(name)}:
                return self._reference(name)
            case {"Fn::GetAtt": [str(logical), "Arn"]} | {"Fn::GetAtt": str(logical)} if isinstance(logical, str):
                return self.arn(logical.partition(".")[0])
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, {})
            case {"Fn::Sub": [str(text), Mapping() as more]}:
                return self._substituted(text, more)
            case {"Fn::Join": [str(by), list(parts)]}:
                resolved = [self.resolve(part) for part in parts]
                return by.join(map(str, resolved)) if not any(map(_holds_unknown, resolved)) else NOT_KNOWN
            case Mapping() if len(value) == 1 and str(next(iter(value))).startswith("Fn::"):
                return NOT_KNOWN
            case Mapping():
                return {self._key(name): self.resolve(inner) for name, inner in value.items()}
            case list():
                return [self.resolve(inner) for inner in value]
        return value

    def _key(self, name: Any) -> Any:
        return name

    def _reference(self, name: str) -> Any:
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameters[name].get("Default", NOT_KNOWN)
        kind = self._resources.get(name, {}).get("Type")
        return self.arn(name) if kind in {"AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider"} else self.name(name)

    def _substituted(self, text: str, more: Mapping[str, Any]) -> Any:
        parts: list[str] = []
        end = 0
        for match in VARIABLE.finditer(text):
            name, _, attribute = match.group(1).partition(".")
            found = self.resolve(more[name]) if name in more else self.arn(name) if attribute == "Arn" else self._reference(name)
            if not isinstance(found, str) or (attribute and attribute != "Arn"):
                return NOT_KNOWN
            parts += [text[end : match.start()], found]
            end = match.end()
        return "".join([*parts, text[end:]]).replace("${!", "${")


def _lines(node: yaml.Node | None) -> dict[str, int]:
    """The line of each logical ID."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    for key, value in node.value:
        if key.value == "Resources" and isinstance(value, yaml.MappingNode):
            return {name.value: name.start_mark.line + 1 for name, _ in value.value}
    return {}

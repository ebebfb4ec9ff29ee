"""A blueprint as Terraform JSON.

pulumi-aws and Terraform's provider name resources and arguments alike but for spelling, which the tables here turn back.
See: Terraform's "JSON Configuration Syntax": in text, `${` and `%{` would start a template, so they are doubled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache

from bucketpass.compile.plan import key_placeholder
from bucketpass.digits import DIGITS
from bucketpass.emit.adopted import CANNOT_MERGE, require_no_merge
from bucketpass.emit.blueprint import Blueprint
from bucketpass.emit.resource import Argument, BlueprintResource, Of

__all__ = ["terraform_configuration", "terraform_type"]

# Pulumi writes lists in the plural, and Python's words with `_`.
ARGUMENTS = {
    "and_": "and",
    "client_id_lists": "client_id_list",
    "cors_rules": "cors_rule",
    "noncurrent_version_transitions": "noncurrent_version_transition",
    "rules": "rule",
    "thumbprint_lists": "thumbprint_list",
    "transitions": "transition",
}
# Only the newest providers have it. The bucket's policy refuses such uploads all the same.
LEFT_OUT = frozenset({"blocked_encryption_types"})


def terraform_configuration(blueprint: Blueprint) -> dict[str, object]:
    """Return the configuration as the JSON values of a `main.tf.json`. What holds or guards data is kept from being destroyed.

    Raises `DeclarationError` where Terraform would have to merge with what others have at an adopted bucket or key.
    """
    plan = blueprint.plan
    require_no_merge(blueprint, "Terraform")
    keys = {key_placeholder(key.name): f"${{{_address('kms.Key', key.name)}.arn}}" for key in plan.keys}
    resources: dict[str, dict[str, object]] = {}
    for resource in blueprint.resources:
        resources.setdefault(terraform_type(resource.kind), {})[_label(resource.name)] = _resource(resource, keys)
    outputs: dict[str, object] = {name: {"value": _value(value, keys)} for name, value in blueprint.outputs.items()}
    if blueprint.other_accounts:
        outputs["other_accounts"] = {"value": _literal(blueprint.other_accounts), "description": "what their administrators put there"}
    return {
        **({"//": [str(finding) for finding in blueprint.findings]} if blueprint.findings else {}),
        "terraform": {"required_version": ">= 1.5", "required_providers": {"aws": _provider(blueprint)}},
        "provider": {"aws": {"region": plan.target.region, "allowed_account_ids": [plan.target.account]}},
        "resource": resources,
        "output": outputs,
    }


def _provider(blueprint: Blueprint) -> dict[str, str]:
    """The provider in the versions that take the arguments: since 6.0 a resource may name its Region."""
    elsewhere = any("region" in resource.arguments for resource in blueprint.resources)
    return {"source": "hashicorp/aws", "version": ">= 6.0" if elsewhere else ">= 5.0"}


def _resource(resource: BlueprintResource, keys: Mapping[str, str]) -> dict[str, object]:
    arguments: dict[str, object] = {
        ARGUMENTS.get(name, name): _value(argument, keys) for name, argument in resource.arguments.items() if argument is not None
    }
    if resource.after:
        arguments["depends_on"] = [_address(kind, name) for kind, name in resource.after]
    if resource.shared is not None:
        arguments["//"] = CANNOT_MERGE
    lifecycle = {
        **({"prevent_destroy": True} if resource.kept else {}),
        **({"ignore_changes": [*resource.fixed]} if resource.fixed else {}),
    }
    if lifecycle:
        arguments["lifecycle"] = lifecycle
    return arguments


def _literal(value: object) -> object:
    """JSON values whose text contains no template."""
    match value:
        case str():
            return value.replace("${", "$${").replace("%{", "%%{")
        case Mapping():
            return {name: _literal(item) for name, item in value.items()}
        case list() | tuple():
            return [_literal(item) for item in value]
    return value


def _value(argument: Argument, keys: Mapping[str, str]) -> object:
    match argument:
        case Of(kind, name, output):
            return f"${{{_address(kind, name)}.{output}}}"
        case str():
            text = str(_literal(argument))
            for placeholder, reference in keys.items():
                text = text.replace(placeholder, reference)
            return text
        case tuple():
            return [_value(item, keys) for item in argument]
        case Mapping():
            return {
                ARGUMENTS.get(name, name): _literal(item) if name == "tags" else _value(item, keys)
                for name, item in argument.items()
                if name not in LEFT_OUT
            }
    return argument


@cache
def terraform_type(kind: str) -> str:
    """Return Terraform's type of a resource: `aws_s3_bucket_policy` for `s3.BucketPolicy`."""
    service, _, name = kind.partition(".")
    words = re.sub("(?<!^)(?=[A-Z])", "_", name.replace("OpenId", "Openid")).lower()
    return f"aws_{service}_{words}"


def _address(kind: str, name: str) -> str:
    return f"{terraform_type(kind)}.{_label(name)}"


def _label(name: str) -> str:
    """A name that Terraform takes: letters, digits, `_` and `-`, not a digit first. Names changed for it get a hash to stay apart."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    if plain == name and plain[0] not in DIGITS:
        return plain
    return f"_{plain}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"

"""What `terraform show -json PLAN` and `pulumi preview --json` print, as resources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bucketpass.errors import InvalidInput, Place
from bucketpass.review.resources import ReviewedResource, camel, short

__all__ = ["pulumi_preview", "terraform_plan"]

# Terraform's types and the classes of pulumi-aws; arguments differ in spelling alone.
TERRAFORM = {
    "aws_iam_openid_connect_provider": "iam.OpenIdConnectProvider",
    "aws_iam_role": "iam.Role",
    "aws_iam_policy": "iam.Policy",
    "aws_iam_role_policy": "iam.RolePolicy",
    "aws_iam_role_policy_attachment": "iam.RolePolicyAttachment",
    "aws_kms_key": "kms.Key",
    "aws_s3_bucket": "s3.Bucket",
    "aws_s3_bucket_acl": "s3.BucketAcl",
    "aws_s3_bucket_policy": "s3.BucketPolicy",
    "aws_s3_bucket_public_access_block": "s3.BucketPublicAccessBlock",
}
PLURALS = {"clientIdList": "clientIdLists"}
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # Pulumi's mark of a value that a preview does not know
GOING = frozenset({"delete", "delete-replaced", "discard", "remove-pending-replace"})


def terraform_plan(plan: Mapping[str, Any], file: str) -> Iterator[ReviewedResource]:
    """Yield the resources that the plan leads to. Raises `InvalidInput` for JSON of another form."""
    root = plan.get("planned_values", plan.get("values", {})).get("root_module")
    if not isinstance(root, Mapping):
        raise InvalidInput("there are no `planned_values`, expected the output of `terraform show -json`", place=Place(file))
    changes = {change["address"]: change["change"] for change in plan.get("resource_changes", ())}
    for found in _of_module(root):
        kind = TERRAFORM.get(found["type"])
        if kind is not None and found.get("mode", "managed") == "managed":
            values = {camel(name): value for name, value in found.get("values", {}).items() if value is not None}
            change = changes.get(found["address"], {})
            unknown = frozenset(camel(name) for name, is_unknown in change.get("after_unknown", {}).items() if is_unknown)
            properties = {PLURALS.get(name, name): value for name, value in values.items()}
            replaces = tuple(camel(str(path[0])) for path in change.get("replace_paths", ()) if path)
            yield ReviewedResource(kind, found["address"], properties, Place(file, path=found["address"]), unknown, replaces)


def _of_module(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _of_module(child)


def pulumi_preview(preview: Mapping[str, Any], file: str) -> Iterator[ReviewedResource]:
    """Yield the resources that the preview leads to. Raises `InvalidInput` for JSON of another form."""
    steps = preview.get("steps")
    if not isinstance(steps, list):
        raise InvalidInput("there are no `steps`, expected the output of `pulumi preview --json`", place=Place(file))
    for step in steps:
        state = step.get("newState") or {}
        if step.get("op") in GOING or not str(state.get("type", "")).startswith("aws:"):
            continue
        name = str(state.get("urn", "")).rpartition("::")[2]
        found = {**state.get("inputs", {}), **{key: value for key, value in (state.get("outputs") or {}).items() if value is not None}}
        unknown = frozenset(key for key, value in found.items() if UNKNOWN_TEXT in str(value))
        properties = {key: value for key, value in found.items() if key not in unknown}
        replaces = tuple(step.get("replaceReasons") or ())
        yield ReviewedResource(short(state["type"]), name, properties, _place(state, file, name), unknown, replaces)


def _place(state: Mapping[str, Any], file: str, name: str) -> Place:
    """Where the program says it, as Pulumi tells it of files in the program's folder; else the preview's own file."""
    found = _POSITION.fullmatch(str(state.get("sourcePosition", "")))
    return Place(file, path=name) if found is None else Place(found["file"], int(found["line"]), path=name)


_POSITION = re.compile(r"project:///(?P<file>(?!\.\./)[^#]+)#(?P<line>[0-9]+)(,[0-9]+)?")

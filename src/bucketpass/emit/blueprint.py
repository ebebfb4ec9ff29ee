"""A Plan as a list of resources with their arguments, and what else every output has. Pure values; no Pulumi is needed.

Pulumi, CloudFormation and Terraform are printed from it, so that each has what the others have. Logical names follow from the
declaration's own names and nothing else, so that adding a service never touches another's resources. Arguments have
pulumi-aws's Python names; what only exists once another resource is made is an `Of`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from bucketpass.aws.arn import Arn, parse_arn
from bucketpass.compile.plan import (
    BucketPlan,
    KeyPlan,
    Plan,
    ProviderPlan,
    RolePlan,
    TracedDocument,
    TracedStatement,
    key_placeholder,
)
from bucketpass.emit.bucket_settings import settings_of
from bucketpass.emit.resource import Argument, BlueprintResource, Key, Of, SharedPolicy
from bucketpass.errors import Diagnostic
from bucketpass.model.bucket import OTHERS
from bucketpass.policy.render import policy_json, render_policy

__all__ = ["Blueprint", "blueprint_of"]

QUOTED = re.compile(r'"([^"\\]+)"')


@dataclass(frozen=True, slots=True)
class Blueprint:
    """All that an output is printed from.

    resources: each after those that it needs. outputs: by name, each a mapping of names to values.
    other_accounts: by account, what its administrators put on their buckets and keys: JSON values.
    findings: what was waived or cannot be had at the target, and what else is worth knowing.
    """

    plan: Plan
    resources: tuple[BlueprintResource, ...]
    outputs: Mapping[str, Mapping[str, Argument]]
    other_accounts: Mapping[str, Mapping[str, object]]
    findings: tuple[Diagnostic, ...] = ()


def blueprint_of(plan: Plan, findings: tuple[Diagnostic, ...] = ()) -> Blueprint:
    """Return the resources, outputs and documents for other accounts that `plan` comes to, with `findings` about it."""
    made = [
        *_each(plan.providers, _provider),
        *(_in_region(resource, key.region, plan) for key in plan.keys for resource in _key(key)),
        *_each(plan.roles, _role),
        *_key_policies(plan),
        *(_in_region(resource, bucket.region, plan) for bucket in plan.buckets for resource in _bucket(bucket)),
    ]
    return Blueprint(plan, tuple(_ordered(made)), _outputs(plan), _other_accounts(plan), (*plan.remarks, *findings))


def _outputs(plan: Plan) -> dict[str, dict[str, Argument]]:
    """The outputs by name. Where a service has several roles, `role_names` and `role_arns` have the first."""
    first = {role.service: role for role in reversed(plan.roles)}
    services = [role.service for role in plan.roles if first[role.service] is role]
    return {
        "role_names": {service: Of("iam.Role", first[service].name, "name") for service in services},
        "role_arns": {service: Of("iam.Role", first[service].name, "arn") for service in services},
        "role_ids": {role.name: Of("iam.Role", role.name, "unique_id") for role in plan.roles},
        "all_role_arns": {role.name: Of("iam.Role", role.name, "arn") for role in plan.roles},
        "policy_arns": {policy.name: Of("iam.Policy", policy.name, "arn") for role in plan.roles for policy in role.policies},
        "provider_arns": {
            provider.name: Of("iam.OpenIdConnectProvider", provider.name, "arn") if provider.create else provider.arn
            for provider in plan.providers
        },
        "bucket_names": {one.name: Of("s3.Bucket", one.name, "bucket") if one.create else one.bucket for one in plan.buckets},
        "bucket_arns": {bucket.name: Of("s3.Bucket", bucket.name, "arn") if bucket.create else bucket.arn for bucket in plan.buckets},
        "key_arns": {key.name: Of("kms.Key", key.name, "arn") for key in plan.keys},
    }


def _other_accounts(plan: Plan) -> dict[str, dict[str, object]]:
    """By account, the policies of buckets and the statements for keys that only its own administrators can put there."""
    accounts: dict[str, dict[str, dict[str, object]]] = {}
    for bucket in plan.buckets:
        if bucket.account not in {None, OTHERS} and bucket.policy.statements:
            about = accounts.setdefault(bucket.account, {}).setdefault(bucket.bucket, {})
            about["bucket_policy"] = render_policy(bucket.policy.document)
        key = Arn.parse(bucket.key or "")
        if key is not None and key.account != plan.target.account and bucket.key_policy.statements:
            about = accounts.setdefault(key.account, {}).setdefault(bucket.bucket, {})
            about |= {"key": bucket.key, "key_policy_statements": render_policy(bucket.key_policy.document)}
    for further in plan.further_keys:
        statements: dict[str, object] = {"key": further.key, "key_policy_statements": render_policy(further.policy.document)}
        accounts.setdefault(parse_arn(further.key).account, {})[further.key] = statements
    return {account: dict(about) for account, about in accounts.items()}


T = TypeVar("T")


def _each(parts: tuple[T, ...], make: Callable[[T], Iterator[BlueprintResource]]) -> list[BlueprintResource]:
    return [resource for part in parts for resource in make(part)]


def _in_region(resource: BlueprintResource, region: str, plan: Plan) -> BlueprintResource:
    """The resource where its bucket is: what is not in the target's Region says so."""
    elsewhere = region and region != plan.target.region
    return replace(resource, arguments={**resource.arguments, "region": region}) if elsewhere else resource


def _ordered(made: list[BlueprintResource]) -> Iterator[BlueprintResource]:
    """Each resource after all whose ARN one of its documents names, and a log after the bucket that it goes to.

    AWS refuses a policy for principals, and a log in a bucket, that do not exist yet.
    """
    buckets: dict[Argument, Key] = {one.arguments["bucket"]: one.key for one in made if one.kind == "s3.Bucket"}
    places: dict[str, tuple[int, Key]] = {}
    left: dict[Key, BlueprintResource] = {}
    for place, resource in enumerate(made):
        documents = (text for text in resource.arguments.values() if isinstance(text, str) and text.startswith("{"))
        named = {places[text] for document in documents for text in QUOTED.findall(document) if text in places}
        log = buckets.get(resource.arguments.get("target_bucket"))
        needed = (*(key for _, key in sorted(named)), *((log,) if log is not None else ()))
        left[resource.key] = replace(resource, after=(*resource.after, *needed)) if needed else resource
        if resource.arn:
            places[resource.arn] = place, resource.key
    while left:
        yield from _with_needed(next(iter(left)), left)


def _with_needed(key: Key, left: dict[Key, BlueprintResource]) -> Iterator[BlueprintResource]:
    resource = left.pop(key)
    owner = next((value for name, value in resource.arguments.items() if name == "bucket"), None)
    for needed in (*resource.after, *(((owner.kind, owner.name),) if isinstance(owner, Of) else ())):
        if needed in left:
            yield from _with_needed(needed, left)
    yield resource


def _json(document: TracedDocument) -> str:
    return policy_json(document.document)


def _provider(plan: ProviderPlan) -> Iterator[BlueprintResource]:
    if plan.create:
        arguments: dict[str, Argument] = {"url": plan.url, "client_id_lists": plan.client_ids, "tags": dict(plan.tags)}
        # Thumbprints once given cannot be taken back to "whatever AWS finds", so that none are given unless declared.
        if plan.thumbprints:
            arguments["thumbprint_lists"] = plan.thumbprints
        yield BlueprintResource("iam.OpenIdConnectProvider", plan.name, arguments, arn=plan.arn)


def _key(plan: KeyPlan) -> Iterator[BlueprintResource]:
    yield BlueprintResource(
        "kms.Key",
        plan.name,
        {
            "description": plan.description,
            "policy": _json(plan.policy),
            "enable_key_rotation": True,
            "tags": dict(plan.tags),
        },
        kept=True,
        arn=key_placeholder(plan.name),
    )
    yield BlueprintResource("kms.Alias", plan.name, {"name": plan.alias, "target_key_id": Of("kms.Key", plan.name, "key_id")})


def _key_policies(plan: Plan) -> Iterator[BlueprintResource]:
    """What services do with keys of this account that exist, added to the policy of each key."""
    added: dict[str, dict[TracedStatement, str]] = {}
    for bucket in plan.buckets:
        key = Arn.parse(bucket.key or "")
        if key is not None and key.account == plan.target.account and bucket.account is None:
            added.setdefault(str(bucket.key), {}).update(dict.fromkeys(bucket.key_policy.statements, bucket.name))
    for arn, statements in added.items():
        if statements:
            document = _json(TracedDocument(tuple(statements)))
            arguments: dict[str, Argument] = {"key_id": arn, "policy": document}
            yield BlueprintResource(
                "kms.KeyPolicy", min(statements.values()), arguments, kept=True, adopted=True, shared=SharedPolicy(document, None)
            )


def _role(plan: RolePlan) -> Iterator[BlueprintResource]:
    yield BlueprintResource(
        "iam.Role",
        plan.name,
        {
            "name": plan.name,
            "path": plan.declared.path,
            "description": plan.description,
            "assume_role_policy": _json(plan.trust),
            "max_session_duration": plan.max_session_seconds,
            "permissions_boundary": plan.permissions_boundary,
            "tags": dict(plan.tags),
            **({"force_detach_policies": True} if plan.declared.force_detach else {}),
        },
        arn=plan.arn,
    )
    role = Of("iam.Role", plan.name, "name")
    for policy in plan.policies:
        yield BlueprintResource(
            "iam.Policy",
            policy.name,
            {
                "name": policy.name,
                "path": policy.path,
                "description": policy.description,
                "policy": _json(policy.document),
                "tags": dict(policy.tags),
            },
            # A role must not be without its permissions for a time, only because a policy that exists already says another sentence.
            fixed=("description",),
            arn=policy.arn,
        )
        arn = Of("iam.Policy", policy.name, "arn")
        yield BlueprintResource("iam.RolePolicyAttachment", policy.name, {"role": role, "policy_arn": arn})
    for attached in plan.attached:
        name = f"{plan.name}-{attached.partition(':policy/')[2]}"
        yield BlueprintResource("iam.RolePolicyAttachment", name, {"role": role, "policy_arn": attached})
    for name, document in plan.inline:
        yield BlueprintResource("iam.RolePolicy", f"{plan.name}-{name}", {"role": role, "name": name, "policy": _json(document)})


def _bucket(plan: BucketPlan) -> Iterator[BlueprintResource]:
    # Its name, and not its ID, which nobody knows before it is made.
    bucket: Argument = Of("s3.Bucket", plan.name, "bucket") if plan.create else plan.bucket
    # SECURITY: S3 refuses to delete a bucket that has objects. Had its settings and policy gone before it, they would be left open.
    deleted_with = ("s3.Bucket", plan.name) if plan.create else None
    if plan.create:
        arguments: dict[str, Argument] = {"bucket": plan.bucket, "tags": dict(plan.tags)}
        if plan.declared.object_lock is not None:
            arguments["object_lock_enabled"] = True
        if plan.declared.regional:
            arguments["bucket_namespace"] = "account-regional"
        # A bucket that still has objects cannot be deleted, and then the key that they need is not deleted either.
        key = (("kms.Key", plan.name),) if plan.key == key_placeholder(plan.name) else ()
        yield BlueprintResource("s3.Bucket", plan.name, arguments, after=key, kept=True, arn=plan.arn)
    settings = tuple(settings_of(plan))
    for kind, setting in settings:
        yield BlueprintResource(
            kind, plan.name, {"bucket": bucket, **setting}, deleted_with=deleted_with, kept=plan.create, adopted=plan.adopted
        )
    if plan.write_policy:
        # Last of all: AWS refuses two changes of one bucket's access at the same time, and an exclusive bucket's policy may
        # refuse its own maker any further one.
        after = tuple((kind, plan.name) for kind, _ in settings)
        yield BlueprintResource(
            "s3.BucketPolicy",
            plan.name,
            {"bucket": bucket, "policy": _json(plan.policy)},
            after=after,
            deleted_with=deleted_with,
            kept=True,
            adopted=plan.adopted,
            shared=SharedPolicy(_json(plan.added), None if plan.existing_policy is None else policy_json(plan.existing_policy))
            if plan.adopted
            else None,
        )
    for point in plan.access_points:
        inside: dict[str, Argument] = {} if point.vpc is None else {"vpc_configuration": {"vpc_id": point.vpc}}
        yield BlueprintResource("s3.AccessPoint", point.name, {"bucket": bucket, "name": point.name, **inside}, arn=point.arn)

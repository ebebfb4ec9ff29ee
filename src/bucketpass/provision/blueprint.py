"""A Plan as a list of the resources that Pulumi is to make: names, arguments, order. Pure values; no Pulumi is needed.

Logical names follow from the declaration's own names and nothing else, so that adding a service never touches another's
resources. Arguments have pulumi-aws's Python names; what only exists once another resource is made is an `Of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bucketpass.compile.plan import BucketPlan, KeyPlan, Plan, ProviderPlan, RolePlan, TracedDocument, key_placeholder
from bucketpass.policy.render import policy_json

__all__ = ["Argument", "Blueprint", "Of", "blueprints"]


@dataclass(frozen=True, slots=True)
class Of:
    """An output of another resource: `Of("iam.Role", "trainer", "name")`."""

    kind: str
    name: str
    output: str


Argument = str | int | bool | None | Of | tuple["Argument", ...] | Mapping[str, "Argument"]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One resource to make. `kind` is its class in pulumi-aws; `after` what it needs without saying so in an argument.

    `gone_with` is what takes it along when it is deleted, so that it is not deleted by itself where that is to go as well.

    Text may hold the placeholders of keys, in whose place the key's ARN goes. `arn` is what documents call it by, where that is
    known before it is made.
    """

    kind: str
    name: str
    arguments: Mapping[str, Argument]
    after: tuple[tuple[str, str], ...] = ()
    gone_with: tuple[str, str] | None = None
    arn: str = field(default="", compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it within the plan."""
        return self.kind, self.name


def blueprints(plan: Plan) -> tuple[Blueprint, ...]:
    """All resources of `plan`, each after those that it needs."""
    made = [
        *_each(plan.providers, _provider),
        *_each(plan.keys, _key),
        *_each(plan.roles, _role),
        *_each(plan.buckets, _bucket),
    ]
    return tuple(_ordered(blueprint, made[:place]) for place, blueprint in enumerate(made))


T = TypeVar("T")


def _each(parts: tuple[T, ...], make: Callable[[T], Iterator[Blueprint]]) -> list[Blueprint]:
    return [blueprint for part in parts for blueprint in make(part)]


def _ordered(blueprint: Blueprint, before: list[Blueprint]) -> Blueprint:
    """`blueprint` after all whose ARN one of its documents names: AWS refuses a policy for principals that are not there yet."""
    documents = [text for text in blueprint.arguments.values() if isinstance(text, str) and text.startswith("{")]
    named = (other.key for other in before if other.arn and any(f'"{other.arn}"' in text for text in documents))
    return replace(blueprint, after=(*blueprint.after, *named))


def _json(document: TracedDocument) -> str:
    return policy_json(document.document)


def _provider(plan: ProviderPlan) -> Iterator[Blueprint]:
    if plan.create:
        arguments: dict[str, Argument] = {"url": plan.url, "client_id_lists": plan.client_ids, "tags": dict(plan.tags)}
        # Thumbprints once given cannot be taken back to "whatever AWS finds", so that none are given unless declared.
        if plan.thumbprints:
            arguments["thumbprint_lists"] = plan.thumbprints
        yield Blueprint("iam.OpenIdConnectProvider", plan.name, arguments, arn=plan.arn)


def _key(plan: KeyPlan) -> Iterator[Blueprint]:
    yield Blueprint(
        "kms.Key",
        plan.name,
        {
            "description": plan.description,
            "policy": _json(plan.policy),
            "enable_key_rotation": True,
            "tags": dict(plan.tags),
        },
        arn=key_placeholder(plan.name),
    )
    yield Blueprint("kms.Alias", plan.name, {"name": plan.alias, "target_key_id": Of("kms.Key", plan.name, "key_id")})


def _role(plan: RolePlan) -> Iterator[Blueprint]:
    yield Blueprint(
        "iam.Role",
        plan.name,
        {
            "name": plan.name,
            "path": plan.path,
            "description": plan.description,
            "assume_role_policy": _json(plan.trust),
            "max_session_duration": plan.max_session_seconds,
            "permissions_boundary": plan.permissions_boundary,
            "tags": dict(plan.tags),
        },
        arn=plan.arn,
    )
    role = Of("iam.Role", plan.name, "name")
    for policy in plan.policies:
        yield Blueprint(
            "iam.Policy",
            policy.name,
            {
                "name": policy.name,
                "path": policy.path,
                "description": policy.description,
                "policy": _json(policy.document),
                "tags": dict(policy.tags),
            },
            arn=policy.arn,
        )
        arn = Of("iam.Policy", policy.name, "arn")
        yield Blueprint("iam.RolePolicyAttachment", policy.name, {"role": role, "policy_arn": arn})
    for name, document in plan.inline:
        yield Blueprint("iam.RolePolicy", f"{plan.name}-{name}", {"role": role, "name": name, "policy": _json(document)})


def _bucket(plan: BucketPlan) -> Iterator[Blueprint]:
    bucket: Argument = Of("s3.Bucket", plan.name, "id") if plan.create else plan.bucket
    # SECURITY: S3 refuses to delete a bucket that has objects. Had its settings and policy gone before it, they would be left open.
    gone_with = ("s3.Bucket", plan.name) if plan.create else None
    if plan.create:
        arguments: dict[str, Argument] = {"bucket": plan.bucket, "tags": dict(plan.tags)}
        if plan.object_lock is not None:
            arguments["object_lock_enabled"] = True
        if plan.regional:
            arguments["bucket_namespace"] = "account-regional"
        # A bucket that still has objects cannot be deleted, and then the key that they need is not deleted either.
        key = (("kms.Key", plan.name),) if plan.key == key_placeholder(plan.name) else ()
        yield Blueprint("s3.Bucket", plan.name, arguments, after=key, arn=plan.arn)
        for kind, settings in _settings(plan):
            yield Blueprint(kind, plan.name, {"bucket": bucket, **settings}, gone_with=gone_with)
    if plan.write_policy and plan.policy.statements:
        # Last of all: AWS refuses two changes of one bucket's access at the same time, and an exclusive bucket's policy may
        # refuse its own maker any further one.
        after = tuple((kind, plan.name) for kind, _ in _settings(plan)) if plan.create else ()
        yield Blueprint("s3.BucketPolicy", plan.name, {"bucket": bucket, "policy": _json(plan.policy)}, after=after, gone_with=gone_with)
    for point in plan.access_points:
        yield Blueprint("s3.AccessPoint", point.name, {"bucket": bucket, "name": point.name}, arn=point.arn)


def _settings(plan: BucketPlan) -> Iterator[tuple[str, dict[str, Argument]]]:
    """The settings of a bucket that is made: kind, arguments."""
    if plan.enforce_ownership:
        yield "s3.BucketOwnershipControls", {"rule": {"object_ownership": "BucketOwnerEnforced"}}
    if plan.block_public_access:
        yield (
            "s3.BucketPublicAccessBlock",
            {
                "block_public_acls": plan.block_public_acls,
                "block_public_policy": True,
                "ignore_public_acls": True,
                "restrict_public_buckets": True,
            },
        )
    if plan.default_encryption:
        yield "s3.BucketServerSideEncryptionConfiguration", {"rules": (_encryption(plan),)}
    if plan.versioning or plan.object_lock is not None:
        yield "s3.BucketVersioning", {"versioning_configuration": {"status": "Enabled"}}
    if plan.object_lock is not None:
        retention: Argument = {"mode": plan.object_lock.mode, "days": plan.object_lock.days}
        yield "s3.BucketObjectLockConfiguration", {"rule": {"default_retention": retention}}
    rules = tuple(_lifecycle(plan))
    if rules:
        yield "s3.BucketLifecycleConfiguration", {"rules": rules}
    if plan.logging is not None:
        yield "s3.BucketLogging", {"target_bucket": plan.logging.bucket, "target_prefix": plan.logging.prefix}


def _encryption(plan: BucketPlan) -> dict[str, Argument]:
    default: dict[str, Argument] = {"sse_algorithm": "AES256" if plan.key is None else "aws:kms"}
    if plan.key is not None:
        default["kms_master_key_id"] = plan.key
    rule: dict[str, Argument] = {"apply_server_side_encryption_by_default": default}
    if plan.key is not None:
        rule["bucket_key_enabled"] = plan.bucket_key
    if plan.block_customer_keys:
        rule["blocked_encryption_types"] = ("SSE-C",)
    return rule


def _lifecycle(plan: BucketPlan) -> Iterator[dict[str, Argument]]:
    days = plan.lifecycle
    rows: tuple[tuple[str, int | None, str, str], ...] = (
        ("incomplete-uploads", days.incomplete_uploads_days, "abort_incomplete_multipart_upload", "days_after_initiation"),
        ("expire", days.expire_days, "expiration", "days"),
        ("expire-old-versions", days.expire_old_versions_days, "noncurrent_version_expiration", "noncurrent_days"),
    )
    for name, value, action, unit in rows:
        if value is not None:
            yield {"id": name, "status": "Enabled", "filter": {"prefix": ""}, action: {unit: value}}

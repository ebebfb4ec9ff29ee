"""Ceph's RADOS Gateway: a plan in its words, and everything in which it is known to differ from AWS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.compile.dialect import Dialect, Findings
from bucketpass.compile.dialect_rgw_differences import DIFFERENCES, TITLE
from bucketpass.compile.dialect_rgw_statement import in_order, translated_document
from bucketpass.compile.plan import BucketPlan, Plan, ProviderPlan, RolePlan, TracedDocument, TracedStatement
from bucketpass.policy import Condition, Effect

__all__ = ["DIALECT"]

NO_THUMBPRINT = "0" * 40
OF_EVERY_ISSUER = (
    "token-without-exp",
    "several-audiences",
    "claims-of-aws",
    "one-user-for-one-subject",
    "thumbprint",
    "x5c",
    "first-key",
    "leeway",
)
OF_EVERY_BUCKET = ("writer-owns", "acls")
UNSUPPORTED = (
    "s3.BucketOwnershipControls",
    "s3.BucketPublicAccessBlock.block_public_acls",
    "s3.BucketServerSideEncryptionConfiguration",
)


def speak(plan: Plan, findings: Findings) -> Plan:
    """The plan in the gateway's words; `findings` gets every difference that it meets."""
    roles = tuple(_role(role, findings) for role in plan.roles)
    audiences = _audiences(roles)
    findings.note("kms", (f"buckets.{key.name}.encryption" for key in plan.keys))
    return replace(
        plan,
        keys=(),
        providers=tuple(_provider(provider, audiences.get(provider.arn, ()), findings) for provider in plan.providers),
        roles=roles,
        buckets=tuple(_bucket(bucket, roles, findings) for bucket in plan.buckets),
    )


def _provider(provider: ProviderPlan, audiences: tuple[str, ...], findings: Findings) -> ProviderPlan:
    for code in OF_EVERY_ISSUER:
        findings.note(code, (f"issuers.{provider.name}",))
    return replace(provider, client_ids=audiences or provider.client_ids, thumbprints=provider.thumbprints or (NO_THUMBPRINT,), tags=())


def _role(role: RolePlan, findings: Findings) -> RolePlan:
    path = f"services.{role.service}"
    documents = (*((policy.name, policy.document) for policy in role.policies), *role.inline)
    keys = {condition.key for _, document in documents for traced in document.statements for condition in traced.statement.conditions}
    met = {
        "inline-policies": bool(role.policies),
        "permissions-boundary": role.permissions_boundary is not None,
        "tags-on-put": any(key.startswith("s3:ExistingObjectTag/") for key in keys),
    }
    for code in (code for code, is_met in met.items() if is_met):
        findings.note(code, (path,))
    return replace(
        role,
        trust=translated_document(TracedDocument(tuple(_claims(traced, findings) for traced in role.trust.statements)), findings),
        policies=(),
        inline=tuple((name, translated_document(document, findings)) for name, document in documents),
        permissions_boundary=None,
    )


def _claims(traced: TracedStatement, findings: Findings) -> TracedStatement:
    """A trust with AWS's reading of `aud` and `oaud` written out: `azp` where a token has it, and `aud` as it is."""
    statement, paths = traced.statement, [origin.path for origin in traced.origins]
    if statement.principal is not None and BUILT_IN_PROVIDERS & {*statement.principal.federated}:
        findings.note("built-in-providers", paths)
    has_oaud = any(condition.key.endswith(":oaud") for condition in statement.conditions)
    conditions: list[Condition] = []
    for condition in statement.conditions:
        path, _, claim = condition.key.rpartition(":")
        if claim == "oaud":
            conditions.append(replace(condition, key=f"{path}:aud"))
        elif claim == "aud" and has_oaud:
            conditions.append(replace(condition, key=f"{path}:azp"))
        elif claim == "aud":
            # SECURITY: a token of another client that has our audience beside its own has an `azp`, which AWS would read.
            conditions += [condition, Condition("StringEqualsIfExists", f"{path}:azp", condition.values)]
        else:
            conditions.append(condition)
    if len(conditions) > len(statement.conditions) or has_oaud:
        findings.note("authorized-party", paths)
    return replace(traced, statement=replace(statement, conditions=in_order(conditions)))


def _audiences(roles: Iterable[RolePlan]) -> dict[str, tuple[str, ...]]:
    """By provider: the values of tokens' `aud` that trusts name. The gateway compares those with the client IDs."""
    found: dict[str, set[str]] = {}
    for traced in (traced for role in roles for traced in role.trust.statements):
        values = {value for condition in traced.statement.conditions if condition.key.endswith(":aud") for value in condition.values}
        for arn in traced.statement.principal.federated if traced.statement.principal else ():
            found.setdefault(arn, set()).update(values)
    return {arn: tuple(sorted(values)) for arn, values in found.items()}


def _bucket(bucket: BucketPlan, roles: Iterable[RolePlan], findings: Findings) -> BucketPlan:
    path = f"buckets.{bucket.name}"
    guests = {role.arn for role in roles}
    refusals = tuple(traced for traced in bucket.policy.statements if not _lets_in(traced, guests))
    met = {
        "kms": bucket.key is not None,
        "default-encryption": bucket.create and bucket.key is None,
        "access-logs": bucket.log_bucket is not None,
        "transfer-acceleration": bucket.declared.transfer_acceleration,
        "event-bridge": bucket.declared.event_bridge,
        "access-points": bool(bucket.access_points),
        "accounts": bucket.account is not None,
        "regional-names": bucket.declared.regional,
        "block-public-acls": bucket.create and bucket.block_public_access,
        "allow-is-public": len(refusals) < len(bucket.policy.statements),
        **dict.fromkeys(OF_EVERY_BUCKET, True),
    }
    for code in (code for code, is_met in met.items() if is_met):
        findings.note(code, (path,))
    return replace(
        bucket,
        policy=translated_document(TracedDocument(refusals), findings),
        key=None,
        log_bucket=None,
        access_points=(),
        unsupported=UNSUPPORTED,
    )


def _lets_in(traced: TracedStatement, guests: set[str]) -> bool:
    principal = traced.statement.principal
    return traced.statement.effect is Effect.ALLOW and principal is not None and bool(guests & {*principal.aws})


DIALECT = Dialect("rgw", TITLE, DIFFERENCES, speak)

"""What is promised where a service may only create: no object that is there is replaced or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.findings.text import counted
from bucketpass.model import Access, Grant, Service
from bucketpass.prove.access_points import case_on
from bucketpass.prove.declared import creates_only, granted
from bucketpass.prove.evaluation import allowed
from bucketpass.prove.question import Case, Guarantee
from bucketpass.prove.scope import (
    actions_over,
    layers_of,
    names_of,
    of_bucket,
    session,
    sessions_over,
    unread_of,
    with_token,
)
from bucketpass.prove.theory.formula import Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import STAR, Glob, Repeat

__all__ = ["creations"]

REPLACING = ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion")


def creations(name: str, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if no session of the service replaces an object where it may only create, and no other grant means it.

    S3 refuses a write with If-None-Match where the object is there, and a part of an upload creates nothing.
    """
    service, roles = access.services[name], deployment.roles_of(name)
    by_name = {bucket.name: bucket for bucket in deployment.buckets}
    buckets = [by_name[bucket] for bucket in dict.fromkeys(grant.bucket for grant in service.grants if creates_only(grant))]
    return Guarantee(
        f"creations of {name}",
        f"no session of {names_of(roles)} replaces or deletes an object where {name} may only create, unless another grant means it",
        lambda: with_token(
            (case for role in roles for bucket in buckets for case in creation_cases(role, service, bucket, access, deployment)),
            service,
            access,
        ),
        assumed=("S3 refuses a write with If-None-Match: * where the object is there",),
        unknown=unread_of(roles),
        follows_from=() if service.policies else (f"requests of {name}",),
        code="creations",
        over=lambda: sessions_over(roles, f"{actions_over(REPLACING)} on {counted(len(buckets), 'bucket')}"),
    )


def creation_cases(role: DeployedRole, service: Service, bucket: DeployedBucket, access: Access, deployment: Deployment) -> Iterator[Case]:
    """Yield writes below a grant that only creates, by which an object that is there would be replaced or deleted."""
    others = replace(service, grants=tuple(grant for grant in service.grants if not creates_only(grant)))
    policies_there = layers_of(role, bucket, deployment)
    request = session(role, policies_there, access, deployment, REPLACING, where=of_bucket(bucket), account=bucket.account)
    creating = conjunction(request.does(["s3:PutObject"]), granted(service, access.buckets[bucket.name], bucket, request))
    meant = disjunction(creating, granted(others, access.buckets[bucket.name], bucket, request))
    folders = (Glob.of((f"{bucket.arn}/", *_below(grant))) for grant in service.grants if creates_only(grant))
    below = disjunction(*(Matches("resource", folder) for folder in folders))
    broken = conjunction(allowed(request, policies_there), below, negation(meant))
    yield case_on(bucket, request, broken, policies_there, description="an object that is there is replaced or deleted")


def _below(grant: Grant) -> tuple[str | Repeat, ...]:
    return (grant.key,) if grant.key is not None else (grant.prefix, STAR)

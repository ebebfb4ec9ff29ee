"""What is promised of tenants: of sessions of one service that a tag of their token tells apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import takewhile

from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.findings.text import counted
from bucketpass.model import Access, Grant, Service
from bucketpass.model.own_folder import own_parts, own_tags
from bucketpass.prove.access_points import answered, case_on, decide_there, elsewhere, fitting
from bucketpass.prove.declared import KeyParts, folder_part, granted, usable_tag
from bucketpass.prove.evaluation import allowed
from bucketpass.prove.keys import FreeText, KeyState, TextValue, text_matches
from bucketpass.prove.question import Asked, Case, Guarantee, GuaranteePart
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.scope import (
    OBJECT_ACTIONS,
    actions_over,
    layers_of,
    names_of,
    of_bucket,
    session,
    sessions_over,
    unread_of,
    with_token,
)
from bucketpass.prove.service_guarantees import bucket_part
from bucketpass.prove.theory.formula import FALSE, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import STAR, Glob, Hole, Repeat, Units

__all__ = ["listings", "tenants"]

# What shows names of a bucket. Uploads are listed whatever a prefix says: there is no condition key for it.
WITHIN = Repeat(Units(frozenset("/"), negated=True))
LISTINGS = ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")


def tenants(name: str, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if two sessions of the service with different tags have no object in common.

    Objects that another grant of the service means for all its sessions are left out.
    """
    service, roles = access.services[name], deployment.roles_of(name)
    by_name = {bucket.name: bucket for bucket in deployment.buckets}
    tags: dict[tuple[str, str], None] = {(grant.bucket, grant.per): None for grant in service.grants if grant.per is not None}
    owned = [(by_name[bucket], tag) for bucket, tag in tags]

    def parts() -> Iterator[GuaranteePart]:
        for role in roles:
            for bucket, tag in owned:
                whole = bucket_part(role, service, bucket, access, deployment)
                slim, there, own, alone, reduced = whole.inputs
                yield replace(whole, function=tenant_cases, inputs=(slim, there, own, tag, alone, reduced))

    return Guarantee(
        f"tenants of {name}",
        f"two sessions of {names_of(roles)} whose tags differ reach no object in common",
        lambda: with_token(
            (case for role in roles for bucket, tag in owned for case in tenant_cases(role, service, bucket, tag, access, deployment)),
            service,
            access,
        ),
        assumed=("each session carries the tags that its token set, and no others of those names",),
        unknown=unread_of(roles),
        parts=parts,
        code="tenants",
        over=lambda: sessions_over(roles, f"{actions_over(OBJECT_ACTIONS)} on the objects of {counted(len(owned), 'bucket')}, of each two"),
    )


def tenant_cases(  # noqa: PLR0917 - one question, in the parts that it has
    role: DeployedRole, service: Service, bucket: DeployedBucket, tag: str, access: Access, deployment: Deployment
) -> Iterator[Case]:
    """Yield two requests of sessions with different tags on one object of the bucket."""
    for_all = replace(service, grants=tuple(other for other in service.grants if other.per != tag))
    layers = layers_of(role, bucket, deployment)
    ask = partial(session, role, layers, access, deployment, OBJECT_ACTIONS, where=of_bucket(bucket), account=bucket.account)
    one, other = ask(name="one "), ask(name="other ")
    differ = _differ(own_tags(tag), one, other)
    of_all = (granted(for_all, access.buckets[bucket.name], bucket, request) for request in (one, other))
    reached = (part for request in (one, other) for part in (allowed(request, layers), fitting(request), answered(bucket, request, layers)))
    yield Case(
        tuple(Asked(request, True, decide_there(bucket, layers)) for request in (one, other)),
        conjunction(*reached, differ, *map(negation, of_all)),
        f"two sessions whose tags `{tag}` differ reach the same object",
        unclear=disjunction(*(elsewhere(request, bucket.access_points.values()) for request in (one, other))),
    )


def listings(name: str, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if no session of the service lists names in the folder of a tag that is not its own.

    A listing without a prefix, or with one that ends before or within a folder's name, shows the names of others. Listings that another
    grant of the service means for all its sessions are left out.
    """
    service, roles = access.services[name], deployment.roles_of(name)
    by_name = {bucket.name: bucket for bucket in deployment.buckets}
    buckets = [by_name[bucket] for bucket in dict.fromkeys(grant.bucket for grant in service.grants if grant.per is not None)]

    def parts() -> Iterator[GuaranteePart]:
        for role in roles:
            for bucket in buckets:
                whole = bucket_part(role, service, bucket, access, deployment)
                starts = (f"{grant.prefix}" for grant in service.grants if grant.bucket == bucket.name and grant.per is not None)
                derived = tuple(f"{start[:end]}*" for start in starts for end in range(len(start)))
                yield replace(whole, function=listing_cases, derived=derived)

    return Guarantee(
        f"listings of {name}",
        f"no session of {names_of(roles)} lists names in the folder of a tag that is not its own",
        lambda: with_token(
            (case for role in roles for bucket in buckets for case in listing_cases(role, service, bucket, access, deployment)),
            service,
            access,
        ),
        assumed=("each session carries the tags that its token set, and no others of those names",),
        unknown=unread_of(roles),
        parts=parts,
        code="listings",
        over=lambda: sessions_over(roles, f"{actions_over(LISTINGS)} on {counted(len(buckets), 'bucket')}"),
    )


def listing_cases(role: DeployedRole, service: Service, bucket: DeployedBucket, access: Access, deployment: Deployment) -> Iterator[Case]:
    """Yield listings that show names in the folder of another tag."""
    layers = layers_of(role, bucket, deployment)
    ask = partial(session, role, layers, access, deployment, LISTINGS, where=of_bucket(bucket), account=bucket.account)
    own, other = ask(), ask(name="other ")
    prefix = own.key("s3:prefix")
    for tag in dict.fromkeys(grant.per for grant in service.grants if grant.bucket == bucket.name and grant.per is not None):
        for_all = replace(service, grants=tuple(one for one in service.grants if one.per != tag))
        if not isinstance(prefix, FreeText):
            continue
        for grant in (one for one in service.grants if one.bucket == bucket.name and one.per == tag):
            shows = disjunction(negation(prefix.present), *_shown(grant, prefix.text, own, other))
            others = granted(for_all, access.buckets[bucket.name], bucket, own)
            broken = conjunction(allowed(own, layers), shows, negation(others))
            description = f"a session lists names in the folder of a tag `{tag}` that is not its own"
            yield case_on(bucket, own, broken, layers, description=description)


def _shown(grant: Grant, prefix: TextValue, own: SymbolicRequest, other: SymbolicRequest) -> Iterator[Formula]:
    """Yield when a listing shows names of another session's folder: one that first differs from the own at each of its tags.

    A listing that ends before or within the name of such a folder shows all of them, and one that goes on below another one's that one.
    """
    above: KeyParts = (grant.prefix,)
    for name, is_tag in own_parts(grant.per):
        if is_tag:
            tag = f"aws:PrincipalTag/{name}"
            theirs = conjunction(usable_tag(grant, other), _another(own.key(tag), other.key(tag)))
            yield text_matches(prefix, Glob.of((*above, WITHIN)))
            yield conjunction(text_matches(prefix, Glob.of((*above, *folder_part(name, is_tag, other), "/", STAR))), theirs)
        above = (*above, *folder_part(name, is_tag, own), "/")
    start = grant.prefix + "".join(f"{name}/" for name, _ in takewhile(lambda part: not part[1], own_parts(grant.per)))
    yield from (text_matches(prefix, Glob.literal(start[:end])) for end in range(len(start)))


def _differ(tags: tuple[str, ...], one: SymbolicRequest, other: SymbolicRequest) -> Formula:
    """True of two sessions that both have one of the tags, with another value."""
    return disjunction(*(_another(one.key(f"aws:PrincipalTag/{tag}"), other.key(f"aws:PrincipalTag/{tag}")) for tag in tags))


def _another(one: KeyState, other: KeyState) -> Formula:
    if not isinstance(one, FreeText) or not isinstance(other, FreeText):
        return FALSE
    return conjunction(one.present, other.present, negation(Matches(one.text.variable, Glob.of((Hole(other.text.variable),)))))

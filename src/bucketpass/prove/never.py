"""What a person says must never be possible, as guarantees: `GetObject,PutObject s3://datasets/secret/*`, by some services.

An action is written with or without its service and may hold wildcards. A place is a bucket of the declaration and a pattern of keys.
To list names counts where the listing could show a key of that pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from bucketpass.aws.actions import ACTIONS, ResourceKind
from bucketpass.deployment.resources import DeployedBucket, Deployment
from bucketpass.errors import Place, RequestError
from bucketpass.model import Access
from bucketpass.model.notes import nearest
from bucketpass.prove.access_points import case_on
from bucketpass.prove.callers import S3_LISTED
from bucketpass.prove.evaluation import allowed
from bucketpass.prove.keys import FreeText, present, text_matches
from bucketpass.prove.question import Case, Guarantee
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.scope import (
    actions_over,
    assumed_boundaries,
    layers_of,
    session,
    sessions_over,
    token_of,
    unknown_of,
    unread_of,
)
from bucketpass.prove.theory.formula import TRUE, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.requests.context import can_carry

__all__ = ["at_place", "declared_nevers", "never"]


@dataclass(frozen=True, slots=True)
class _Meant:
    """Actions and where."""

    actions: tuple[str, ...]
    bucket: str
    keys: str


def declared_nevers(access: Access, deployment: Deployment) -> Iterator[Guarantee]:
    """The guarantees of the declaration's own `guarantees:`."""
    for name, guarantee in access.guarantees.items():
        yield never(guarantee.never, guarantee.by, access, deployment, name=name, place=Place(path=f"guarantees.{name}.never"))


def never(
    text: str, by: Iterable[str], access: Access, deployment: Deployment, *, name: str | None = None, place: Place | None = None
) -> Guarantee:
    """Unsatisfiable if and only if no session of the services may do any of the actions at the place.

    `by`: services; none means all of them. Raises `RequestError` for a text that cannot be read, or a service or bucket that is not
    declared.
    """
    place = place or Place()
    meant = _read(text, place)
    services = tuple(by) or tuple(access.services)
    for service in services:
        if service not in access.services:
            raise RequestError(f"got the unknown service `{service}`", remedy=nearest(service, access.services), place=place)
    bucket = _bucket(meant.bucket, deployment, place)

    def cases() -> Iterator[Case]:
        for service in services:
            for role in deployment.roles_of(service):
                layers = layers_of(role, bucket, deployment)
                request = session(role, layers, access, deployment, meant.actions, account=bucket.account)
                broken = conjunction(allowed(request, layers), at_place(meant.actions, bucket.arn, meant.keys, request))
                token = partial(token_of, access.services[service], access)
                yield case_on(bucket, request, broken, layers, description=f"{service} may, and never should", token=token)

    who = " or ".join(services) or "anybody"
    return Guarantee(
        name or f"never {text} by {who}",
        f"no session of {who} may {' or '.join(meant.actions) if len(meant.actions) < 4 else 'do'} {text.rsplit(maxsplit=1)[-1]}",
        cases,
        assumed=tuple(assumed_boundaries(role for service in services for role in deployment.roles_of(service))),
        unknown=(*unknown_of(bucket, deployment), *unread_of(role for service in services for role in deployment.roles_of(service))),
        code="never",
        over=lambda: sessions_over(
            (role for service in services for role in deployment.roles_of(service)), f"{actions_over(meant.actions)} at the place"
        ),
    )


def _read(text: str, place: Place) -> _Meant:
    words = text.split()
    if len(words) != 2 or not words[1].startswith("s3://"):
        remedy = "write `GetObject s3://datasets/secret/*`"
        raise RequestError(f"got `{text}`, expected actions and a place", remedy=remedy, place=place)
    patterns = [pattern if ":" in pattern or pattern == "*" else f"s3:{pattern}" for pattern in words[0].split(",") if pattern]
    actions = tuple(name for name in S3_LISTED if any(Glob.parse(pattern.lower()).matches(name.lower()) for pattern in patterns))
    idle = [pattern for pattern in patterns if not any(Glob.parse(pattern.lower()).matches(name.lower()) for name in S3_LISTED)]
    if idle or not actions:
        # SECURITY: a misspelt action would never be possible, and so prove whatever was meant.
        got = idle[0] if idle else words[0]
        raise RequestError(f"got `{got}`, expected an S3 action on a bucket or an object", remedy="such as `GetObject`", place=place)
    bucket, _, keys = words[1].removeprefix("s3://").partition("/")
    if not bucket:
        raise RequestError(f"got `{words[1]}`, expected a bucket", remedy="write `s3://BUCKET/KEYS`", place=place)
    return _Meant(actions, bucket, keys or "*")


def _bucket(name: str, deployment: Deployment, place: Place) -> DeployedBucket:
    """The declared bucket of that name, on AWS or in the declaration."""
    known = {bucket.name: bucket for bucket in deployment.buckets} | {
        bucket.arn.rpartition(":")[2]: bucket for bucket in deployment.buckets
    }
    if name not in known:
        # SECURITY: nobody reaches a bucket whose name is misspelt, so that anything would be proved of it.
        raise RequestError(f"got the bucket `{name}`, which is not declared", remedy=nearest(name, known), place=place)
    return known[name]


def at_place(actions: Iterable[str], bucket_arn: str, pattern: str, request: SymbolicRequest) -> Formula:
    """True where the request is about a key of the pattern; or about the bucket as a whole, where the pattern is all of it."""
    keys, whole = Glob.parse(pattern), Matches(request.resource, Glob.literal(bucket_arn))
    objects = [action for action in actions if ACTIONS[action].resource is ResourceKind.OBJECT]
    listings = [action for action in actions if can_carry("s3:prefix", action)]
    rest = [action for action in actions if action not in (*objects, *listings)] if pattern == "*" else []
    return disjunction(
        conjunction(request.does(objects), Matches(request.resource, Glob.of((f"{bucket_arn}/", *keys.parts())))),
        conjunction(request.does(listings), whole, _shows(keys, request)),
        conjunction(request.does(rest), whole),
    )


def _shows(keys: Glob, request: SymbolicRequest) -> Formula:
    """True of listings that could show a key of the pattern: their prefix is how such a key starts."""
    state = request.key("s3:prefix")
    if not isinstance(state, FreeText):
        return TRUE
    return disjunction(negation(present(state)), *(text_matches(state.text, start) for start in keys.starts()))

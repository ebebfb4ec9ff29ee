"""Requests through access points: each is made of the point first and then of the bucket, and the policies of both have to allow it.

What the policies say of a point is read as if it were said of the bucket beneath it, so that one formula is about both requests. Of a
point that is not declared nothing is known: what only a request through such a point could do is neither proved nor shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from bucketpass.decide import AuthorizationRequest, Decision, NamedPolicy, PolicySet, decide
from bucketpass.deployment.resources import DeployedBucket
from bucketpass.policy import PolicyDocument, Statement
from bucketpass.prove.evaluation import allowed
from bucketpass.prove.keys import Absent, Fixed, FreeText, FreeValue, present, text_matches
from bucketpass.prove.question import Asked, Case, Token
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import FALSE, TRUE, Formula, Unmodelled, conjunction, disjunction, implication, negation
from bucketpass.prove.theory.glob import Glob

__all__ = ["answered", "case_on", "decide_there", "direct", "elsewhere", "fitting", "through"]

POINT = "s3:DataAccessPointArn"
_KEYS = (POINT.lower(), "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin")
_TOKENS = re.compile(r"\$\{[^}]*\}|.", re.DOTALL)
_WRITTEN = {"${*}": "*", "${?}": "?", "${$}": "$"}


def case_on(
    bucket: DeployedBucket, request: SymbolicRequest, broken: Formula, layers: PolicySet, *, description: str, token: Token | None = None
) -> Case:
    """Return a case of requests on the bucket that are allowed, and that break a guarantee where they make `broken` true."""
    asked = Asked(request, True, decide_there(bucket, layers))
    taken = conjunction(broken, fitting(request), answered(bucket, request, layers))
    return Case((asked,), taken, description, token, unclear=elsewhere(request, bucket.access_points.values()))


def elsewhere(request: SymbolicRequest, points: Iterable[str]) -> Formula:
    """True of requests through another access point than these."""
    return negation(disjunction(direct(request), *(through(request, point) for point in points)))


def direct(request: SymbolicRequest) -> Formula:
    """True of requests that go through no access point."""
    return conjunction(*(negation(present(state)) for state in _states(request)))


def through(request: SymbolicRequest, point: str) -> Formula:
    """True of requests through the access point of this ARN."""
    match request.keys.get(POINT.lower(), Absent()):
        case FreeText(there, text):
            return conjunction(there, text_matches(text, Glob.literal(point)))
        case Fixed(value):
            return TRUE if value == point else FALSE
    return FALSE


def fitting(request: SymbolicRequest) -> Formula:
    """True where the request has all keys of access points that policies name, or none: S3 sets them together."""
    there = [present(state) for state in _states(request)]
    return conjunction(*(implication(one, other) for one, other in zip(there, [*there[1:], *there[:1]], strict=True) if one is not other))


def answered(bucket: DeployedBucket, request: SymbolicRequest, layers: PolicySet) -> Formula:
    """True where a declared point that the request goes through allows it, too."""
    parts = []
    for name, point in bucket.access_points.items():
        if (way := through(request, point)) != FALSE:
            try:
                parts.append(implication(way, allowed(request, _at_point(name, bucket, layers))))
            except _VariableInArn as variable:
                parts.append(implication(way, Unmodelled(f"{variable} in the ARN of an access point")))
    return conjunction(*parts)


def decide_there(bucket: DeployedBucket, layers: PolicySet) -> Callable[[AuthorizationRequest], Decision]:
    """Return the engine's answer to a request on the bucket: through a declared access point, the point's where that refuses."""

    def decision(request: AuthorizationRequest) -> Decision:
        context = {key.lower(): value for key, value in request.context.items()}
        name = next((name for name, arn in bucket.access_points.items() if context.get(POINT.lower()) == arn), None)
        if name is not None:
            key = request.resource.removeprefix(bucket.arn)
            resource = f"{bucket.access_points[name]}{f'/object{key}' if key else ''}"
            at_point = decide(replace(request, resource=resource), replace(layers, resource=_of_point(name, bucket), public_access=None))
            if not at_point.allowed:
                return at_point
        return decide(request, layers)

    return decision


def _states(request: SymbolicRequest) -> list[FreeText | FreeValue]:
    found = (request.keys.get(key) for key in _KEYS)
    return [state for state in found if isinstance(state, FreeText | FreeValue)]


def _of_point(name: str, bucket: DeployedBucket) -> tuple[NamedPolicy, ...] | None:
    policy = bucket.access_point_policies.get(name)
    return None if policy is None else (policy,)


class _VariableInArn(Exception):
    """A pattern has a variable where the point's ARN stands."""


def _at_point(name: str, bucket: DeployedBucket, layers: PolicySet) -> PolicySet:
    """Return the policies that decide about the point, with what they say of the point and its objects said of the bucket."""
    point = bucket.access_points[name]

    def read(policies: tuple[NamedPolicy, ...] | None) -> tuple[NamedPolicy, ...] | None:
        return None if policies is None else tuple(replace(one, document=_moved(one.document, point, bucket.arn)) for one in policies)

    return replace(
        layers,
        identity=read(layers.identity) or (),
        resource=read(_of_point(name, bucket)),
        boundary=read(layers.boundary),
        session=read(layers.session),
        endpoint=read(layers.endpoint),
        scps=tuple(read(level) or () for level in layers.scps),
        rcps=tuple(read(level) or () for level in layers.rcps),
        public_access=None,
    )


@lru_cache(maxsize=4096)
def _moved(document: PolicyDocument, point: str, bucket: str) -> PolicyDocument:
    variables = document.version == "2012-10-17"

    def patterns(written: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if written is None else tuple(one for text in written for one in _read_as(text, point, bucket, variables))

    def statement(one: Statement) -> Statement:
        return replace(one, resources=patterns(one.resources), not_resources=patterns(one.not_resources))

    return replace(document, statements=tuple(map(statement, document.statements)))


def _read_as(pattern: str, point: str, bucket: str, variables: bool) -> Iterator[str]:
    """Yield patterns of the bucket and its objects: one of them matches exactly where `pattern` matches the point, or its object."""
    tokens = _TOKENS.findall(pattern) if variables else list(pattern)
    if len(tokens) in _after(tokens, point):
        yield bucket
    yield from (f"{bucket}/{''.join(tokens[place:])}" for place in sorted(_after(tokens, f"{point}/object/")))


def _after(tokens: list[str], text: str) -> set[int]:
    """Return the places in the pattern at which it can be once `text` is read."""
    places = _with_stars(tokens, {0})
    for character in text:
        following = set()
        for place in places:
            part = tokens[place] if place < len(tokens) else ""
            if len(part) > 1 and part not in _WRITTEN:
                raise _VariableInArn(part)
            if part == "*":
                following.add(place)
            elif part == "?" or _WRITTEN.get(part, part) == character:
                following.add(place + 1)
        places = _with_stars(tokens, following)
    return places


def _with_stars(tokens: list[str], places: set[int]) -> set[int]:
    """The places, and those behind stars, which may be nothing."""
    found, new = set(places), places
    while new := {place + 1 for place in new if place < len(tokens) and tokens[place] == "*"}:
        found |= new
    return found

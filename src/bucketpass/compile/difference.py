"""What a change of a declaration changes, in words: who gains or loses what.

Two declarations are compared by what they mean, not by how they are written: a grant that another one covers gains nothing, and
a service's new name for the same identities is a service of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from bucketpass.compile.actions import actions_of, creates_only
from bucketpass.compile.trust import session_tags
from bucketpass.issuers import issuer_url, trusted
from bucketpass.model.access import Access, Bucket, Grant, Issuer, Service, Session
from bucketpass.model.clients import Listing, asks_head, folder_name, listing_of, makes_markers, parents
from bucketpass.model.own_folder import own_folder

__all__ = ["Change", "ChangeKind", "ChangedRequests", "ChangedTokens", "differences"]


class ChangeKind(Enum):
    """Which way a change goes."""

    MORE = "more"
    LESS = "less"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ChangedRequests:
    """Requests that a change is about: any of the actions on keys of the pattern, in the bucket of this name on AWS."""

    actions: tuple[str, ...]
    bucket: str
    keys: str


@dataclass(frozen=True, slots=True)
class ChangedTokens:
    """Tokens that a change is about: of the provider with this host and path, with this subject or, where `wild`, of this pattern."""

    provider: str
    subject: str
    wild: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `owner`: the declaration, an issuer, a service, a bucket or a guarantee; `path`: where it stands.

    about: what a request or token has to be to show the change; None where none could.
    """

    kind: ChangeKind
    owner: str
    description: str
    path: str
    about: ChangedRequests | ChangedTokens | None = None


def _opens_when_off(was: bool, becomes: bool) -> ChangeKind:
    return ChangeKind.LESS if becomes else ChangeKind.MORE


def _opens_when_longer(was: Session, becomes: Session) -> ChangeKind:
    if was.seconds == becomes.seconds:
        return ChangeKind.OTHER
    return ChangeKind.MORE if becomes.seconds > was.seconds else ChangeKind.LESS


def _opens_when_added(was: tuple[str, ...], becomes: tuple[str, ...]) -> ChangeKind:
    return ChangeKind.MORE if {*becomes} - {*was} else ChangeKind.LESS


# Fields whose change goes one way; that of every other one is a change all the same.
DIRECTIONS: Mapping[str, Callable[[Any, Any], ChangeKind]] = {
    "buckets.exclusive": _opens_when_off,
    "services.session": _opens_when_longer,
    **dict.fromkeys(("services.keys", "services.policies", "services.trust"), _opens_when_added),
}
# Fields that are compared by what they mean: those of an issuer by the tokens that they admit.
COMPARED = frozenset(
    {
        *("issuers", "buckets", "services", "guarantees"),
        *("identity", "grants", "administrators", "relax"),
        *("preset", "url", "audience", "authorized_party", "several_audiences", "single_tenant"),
    }
)
ACTION_WORDS = {
    "s3:GetObject": "read",
    "s3:PutObject": "write",
    "s3:DeleteObject": "delete",
    "s3:ListBucket": "list",
    "s3:GetObjectVersion": "read old versions of",
    "s3:DeleteObjectVersion": "delete old versions of",
    "s3:ListBucketVersions": "list old versions of",
}
WRITING_COMPANIONS = frozenset({"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"})


MOVE_ROLE = "whoever names its ARN has to name the new one"
MOVE = "AWS refuses that while it has objects: copy them to a bucket of another name first"


def differences(old: Access, new: Access) -> tuple[Change, ...]:
    """All changes from `old` to `new`; none where both mean the same."""
    whole = _settings(Access.called, "", old, new)
    return (*whole, *_issuers(old, new), *_services(old, new), *_buckets(old, new), *_guarantees(old, new))


def _issuers(old: Access, new: Access) -> Iterator[Change]:
    for name in _names(old.issuers, new.issuers):
        if name in old.issuers and name in new.issuers:
            yield from _settings(name, f"issuers.{name}", old.issuers[name], new.issuers[name])


def _services(old: Access, new: Access) -> Iterator[Change]:
    for name in _names(old.services, new.services):
        path = f"services.{name}"
        before, after = old.services.get(name), new.services.get(name)
        if before is None:
            yield Change(ChangeKind.MORE, name, "is a new service", path)
        if after is None:
            yield Change(ChangeKind.LESS, name, "is no longer a service", path)
        those, these = _tokens(path, before, old), _tokens(path, after, new)
        yield from (Change(ChangeKind.MORE, name, f"admits {words}", *one) for words, one in these.items() if words not in those)
        yield from (Change(ChangeKind.LESS, name, f"no longer admits {words}", *one) for words, one in those.items() if words not in these)
        was, becomes = _atoms(path, before, old), _atoms(path, after, new)
        yield from _uncovered(ChangeKind.MORE, name, ("may now", "before only"), becomes, was)
        yield from _uncovered(ChangeKind.LESS, name, ("may no longer", "but still"), was, becomes)
        if before and after:
            tags, new_tags = (dict.fromkeys(session_tags(service), f"{path}.session.tags") for service in (before, after))
            yield from _one_sided(name, tags, new_tags, "takes from tokens the session tag", "no longer takes from tokens the session tag")
            yield from _settings(name, path, before, after)
            if (role := old.role_name(name)) != (new_role := new.role_name(name)):
                yield Change(ChangeKind.OTHER, name, f"is replaced, for its role is `{role}`, now `{new_role}`; {MOVE_ROLE}", path)


def _buckets(old: Access, new: Access) -> Iterator[Change]:
    for name in _names(old.buckets, new.buckets):
        path = f"buckets.{name}"
        before, after = old.buckets.get(name), new.buckets.get(name)
        if before is None:
            yield Change(ChangeKind.OTHER, name, "is a new bucket", path)
        elif after is None:
            yield Change(ChangeKind.OTHER, name, "is no longer declared; its data stays", path)
        else:
            those, these = (dict.fromkeys(bucket.administrators, f"{path}.administrators") for bucket in (before, after))
            yield from _one_sided(name, those, these, "has the administrator", "no longer has the administrator")
            yield from _settings(name, path, before, after)
            if (old.bucket_name(name), before.regional) != (new.bucket_name(name), after.regional):
                yield Change(ChangeKind.OTHER, name, f"is replaced, for its name is another one; {MOVE}", path)
            elif before.create and after.create and before.object_lock is None and after.object_lock is not None:
                yield Change(ChangeKind.OTHER, name, f"is replaced, for a bucket gets its object lock when it is made; {MOVE}", path)
            down, now_down = ({relaxation.value: f"{path}.relax" for relaxation in bucket.relax} for bucket in (before, after))
            yield from _one_sided(name, down, now_down, "has no longer the guard rail", "has again the guard rail")


def _guarantees(old: Access, new: Access) -> Iterator[Change]:
    for name in _names(old.guarantees, new.guarantees):
        was, becomes = old.guarantees.get(name), new.guarantees.get(name)
        if was != becomes:
            words = (
                "is no longer guaranteed"
                if becomes is None
                else f"guarantees: never {becomes.never} by {_shown(becomes.by or ('anyone',))}"
            )
            yield Change(ChangeKind.OTHER, name, words, f"guarantees.{name}")


def _names(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return [*new, *(name for name in old if name not in new)]


def _one_sided(owner: str, before: Mapping[str, str], after: Mapping[str, str], gains: str, loses: str) -> Iterator[Change]:
    """What only one of two sets has; each is mapped to its path."""
    yield from (Change(ChangeKind.MORE, owner, f"{gains} {words}", path) for words, path in after.items() if words not in before)
    yield from (Change(ChangeKind.LESS, owner, f"{loses} {words}", path) for words, path in before.items() if words not in after)


def _tokens(path: str, service: Service | None, access: Access) -> dict[str, tuple[str, ChangedTokens]]:
    """Each token that is admitted, in words, with the path of its identity."""
    found = {}
    for index, identity in enumerate(service.identity if service else ()):
        issuer = access.issuers[identity.issuer]
        seen = trusted(issuer, identity)
        audience = ", ".join((*seen.aud, *seen.oaud))
        audience += " among others" if seen.several else ""
        required = {**identity.require, **{claim: (value,) for claim, value in seen.require}}
        further = "".join(f", {claim} {' or '.join(sorted(values))}" for claim, values in sorted(required.items()))
        pattern = " (a pattern)" if identity.unsafe_wildcard or seen.wild else ""
        for subject in seen.subjects:
            about = ChangedTokens(seen.provider_path, subject, bool(pattern))
            found[f"{subject}{pattern} of {issuer_url(issuer)} for {audience}{further}"] = (f"{path}.identity[{index}]", about)
    return found


@dataclass(frozen=True, slots=True)
class _Atom:
    """One action at one place under one condition: what grants are made of."""

    action: str
    bucket: str
    start: str
    exact: bool
    condition: str
    path: str

    @property
    def place(self) -> str:
        """The place and the condition, in words."""
        condition = f" ({self.condition})" if self.condition else ""
        return f"{self.bucket}/{self.start}{'' if self.exact else '*'}{condition}"

    @property
    def keys(self) -> str:
        """The pattern of its keys, with any name in place of a tenant's."""
        return self.start if self.exact else f"{self.start.partition('<')[0]}*"

    def within(self, other: _Atom) -> bool:
        """Whether `other` allows all of it."""
        same = (self.action, self.bucket) == (other.action, other.bucket) and other.condition in {self.condition, ""}
        return same and (self.exact and self.start == other.start if other.exact else self.start.startswith(other.start))


def _atoms(path: str, service: Service | None, access: Access) -> list[_Atom]:
    found = []
    for index, grant in enumerate(service.grants if service else ()):
        bucket = access.bucket_name(grant.bucket)
        start = grant.prefix + own_folder(grant.per, "<{}>".format)
        # What one grant excludes, none of them has.
        excluded = sorted(
            f"{one.prefix}{key}" for one in (service.grants if service else ()) if one.bucket == grant.bucket for key in one.exclude
        )
        without, here = f"but not {' and '.join(excluded)}" if excluded else "", f"{path}.grants[{index}]"
        whole = ", ".join(filter(None, (_condition(grant), without)))
        for action in actions_of(grant):
            condition = ", ".join(filter(None, (whole, "new objects only" if action == "s3:PutObject" and creates_only(grant) else "")))
            found.append(_Atom(action, bucket, start if grant.key is None else grant.key, grant.key is not None, condition, here))
        found += [_Atom(action, bucket, text, exact, whole, here) for action, text, exact in _for_clients(grant)]
    return found


def _for_clients(grant: Grant) -> Iterator[tuple[str, str, bool]]:
    """What clients have besides the objects: the action, the text, whether it is the whole key."""
    if asks_head(grant):
        yield "s3:ListBucket", "", False  # S3 takes HeadBucket for a listing of the bucket
    way = tuple(parents(grant.prefix))
    if makes_markers(grant) and "s3:PutObject" in actions_of(grant):
        yield from (("s3:PutObject", folder, True) for folder in way)
    if "s3:ListBucket" in actions_of(grant) and grant.key is None and listing_of(grant) is not Listing.EXACT:
        yield "s3:ListBucket", folder_name(grant.prefix) or grant.prefix, False
        yield from (("s3:ListBucket", folder, True) for folder in ("", *way) if listing_of(grant) is Listing.BUCKET_ROOT)


def _condition(grant: Grant) -> str:
    conditions = grant.conditions
    parts = (
        (grant.keys, f"matching {' or '.join(sorted(grant.keys))}"),
        (grant.access_point, f"through {grant.access_point}"),
        (grant.object_tags, "tagged " + ", ".join(f"{key}={value}" for key, value in sorted(grant.object_tags.items()))),
        (grant.upload_tags, "put with " + ", ".join(f"{key}={value}" for key, value in sorted(grant.upload_tags.items()))),
        (conditions.vpc_endpoints, f"through {' or '.join(sorted(conditions.vpc_endpoints))}"),
        (conditions.networks, f"from {' or '.join(sorted(conditions.networks))}"),
        (conditions.not_before, f"from {conditions.not_before} on"),
        (conditions.not_after, f"until {conditions.not_after}"),
    )
    return ", ".join(words for given, words in parts if given)


def _uncovered(kind: ChangeKind, owner: str, words: tuple[str, str], atoms: Iterable[_Atom], others: list[_Atom]) -> Iterator[Change]:
    """What `atoms` allow and `others` do not, one change for each place, and what of that place the others do allow."""
    verb, of_it = words
    places: dict[tuple[_Atom, str], list[str]] = {}
    for atom in atoms:
        if not any(atom.within(other) for other in others):
            parts = dict.fromkeys(other.place for other in others if other.within(atom))
            places.setdefault((replace(atom, action=""), ", ".join(parts)), []).append(atom.action)
    for (place, parts_of_it), actions in places.items():
        rest = f", {of_it} {parts_of_it}" if parts_of_it else ""
        companions = WRITING_COMPANIONS if "s3:PutObject" in actions else frozenset()
        named = tuple(action for action in actions if action not in companions)
        about = ChangedRequests(named, place.bucket, place.keys)
        yield Change(kind, owner, f"{verb} {_in_words(named)} {place.place}{rest}", place.path, about)


def _in_words(actions: Sequence[str]) -> str:
    *words, last = (ACTION_WORDS.get(action, action) for action in actions)
    return f"{', '.join(words)} and {last}" if words else last


_T = TypeVar("_T", Access, Bucket, Issuer, Service)


def _settings(owner: str, path: str, before: _T, after: _T) -> Iterator[Change]:
    for name in (field.name for field in fields(before) if field.name not in COMPARED):
        was, becomes = getattr(before, name), getattr(after, name)
        if was != becomes:
            direction = DIRECTIONS.get(f"{path.partition('.')[0]}.{name}")
            kind = ChangeKind.OTHER if direction is None else direction(was, becomes)
            yield Change(kind, owner, f"{name.replace('_', ' ')}: {_shown(was)}, now {_shown(becomes)}", f"{path}.{name}".removeprefix("."))


def _shown(value: object) -> str:
    """A setting's value as access.yaml would have it, or nearly."""
    match value:
        case None | () | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(_shown, value))
        case Mapping():
            return ", ".join(f"{_shown(name)} {_shown(held)}" for name, held in value.items()) or "none"
        case Enum():
            return str(value.value)
    if is_dataclass(value):
        given = ((field.name, getattr(value, field.name)) for field in fields(value))
        return ", ".join(f"{name.replace('_', ' ')} {_shown(held)}" for name, held in given if held not in (None, (), "", {})) or "none"
    return str(value)

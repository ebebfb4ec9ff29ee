"""From what a role's policies allow on S3 to grants: the way back from what `compile.permissions` writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bucketpass.aws.actions import ACTIONS, ResourceKind, action_named
from bucketpass.compile.actions import LEVELS
from bucketpass.model import AccessLevel, Grant
from bucketpass.model.clients import Listing, folder_name, parents
from bucketpass.model.grant_rules import exclusion_mistakes
from bucketpass.model.own_folder import own_folder, own_tags
from bucketpass.policy import Condition, Effect, Statement, parse_pattern
from bucketpass.policy.pattern import compile_parts
from bucketpass.provision.adoption.parts import (
    PRINCIPAL_TAG,
    BucketPart,
    bucket_part,
    fenced_tags,
    listed_part,
    listed_parts,
    literal_values,
)
from bucketpass.provision.adoption.remark import Remark

__all__ = ["grants"]

LISTING = "s3:ListBucket"
# What a wildcard in Action is taken for: only levels all of whose actions it allows.
WIDE = (AccessLevel.READ, AccessLevel.WRITE, AccessLevel.DELETE)


@dataclass(frozen=True, slots=True)
class _Allowed:
    """What a statement allows on one resource. fenced: the session tags that have to be there; conditions: those besides."""

    where: BucketPart
    of_objects: bool
    conditions: tuple[Condition, ...]
    fenced: frozenset[str]

    def is_declarable(self, part: BucketPart) -> bool:
        """True if a grant of the part has conditions on all of the tags."""
        return self.fenced <= set(own_tags(part.per))

    def listings(self) -> set[BucketPart]:
        """The parts that may be listed; none where that cannot be declared."""
        parts = listed_parts(self.where.bucket, self.conditions)
        return parts if all(map(self.is_declarable, parts)) else set()


@dataclass(slots=True)
class _Found:
    """What was allowed so far: actions on objects, prefixes to list, actions on whole buckets.

    exact: prefixes that may be listed as they are. levels: those that may be listed level by level. heads: buckets with HeadBucket.
    excluded: objects on which everything is denied.
    """

    objects: dict[BucketPart, set[str]] = field(default_factory=dict)
    listings: set[BucketPart] = field(default_factory=set)
    buckets: dict[str, set[str]] = field(default_factory=dict)
    exact: set[BucketPart] = field(default_factory=set)
    levels: set[BucketPart] = field(default_factory=set)
    heads: set[str] = field(default_factory=set)
    excluded: set[BucketPart] = field(default_factory=set)


def grants(place: str, statements: Sequence[Statement]) -> tuple[list[Grant], list[Remark]]:
    """The grants that allow what the statements allow on S3, and what of them is left out or made narrower."""
    found = _Found()
    remarks = [
        Remark(f"{place}, statement {number}", words) for number, statement in enumerate(statements) for words in _taken(statement, found)
    ]
    plain = [*_of_objects(found), *_of_listings(found), *_of_buckets(found)]
    listed = tuple(_with_listings(plain, found))
    denied = {mistake.place.path for mistake in exclusion_mistakes("", listed)}
    taken = [grant for index, grant in enumerate(listed) if f"[{index}]" not in denied]
    remarks += [Remark(place, "what it allows and denies as a whole is left out")] if denied else []
    return taken, [*remarks, *(Remark(place, words) for words in _left(found))]


def _taken(statement: Statement, found: _Found) -> Iterator[str]:
    """What of the statement is not in `found` now, in words."""
    if statement.effect is not Effect.ALLOW:
        parts = [bucket_part(resource) if "/" in resource else None for resource in statement.resources or ()]
        if statement.actions == ("s3:*",) and not statement.conditions and parts and None not in parts:
            found.excluded |= {part for part in parts if part is not None}
            return
        yield "it denies, and stays with the role's own policy"
        return
    if statement.actions is None or statement.resources is None:
        yield "it says NotAction or NotResource; it is left out"
        return
    foreign = sorted(action for action in statement.actions if not action.lower().startswith("s3:"))
    if foreign:
        yield f"it allows {', '.join(foreign)}, which is not S3 (KMS follows from a bucket's key); it is left out"
    fenced, conditions = fenced_tags(statement.conditions, PRINCIPAL_TAG)
    for action in statement.actions:
        for resource in statement.resources if action not in foreign else ():
            where = bucket_part(resource)
            if where is None:
                yield f"`{action}` on `{resource}` is not one bucket's prefix or object; it is left out"
                continue
            allowed = _Allowed(where, of_objects="/" in resource, conditions=conditions, fenced=fenced)
            if set("*?") & set(action):
                levels = ", ".join(_widely(action, allowed, found)) or "nothing"
                yield f"`{action}` on `{resource}` allows more than what is declared for it: {levels}"
            elif not _one(action, allowed, found):
                yield f"`{action}` on `{resource}` cannot be declared as it is; it is left out"


def _one(action: str, allowed: _Allowed, found: _Found) -> bool:
    """Whether the action, which is one, could be taken."""
    known, where, conditions = action_named(action), allowed.where, allowed.conditions
    if known is None or known.name not in ACTIONS:
        return False
    if known.resource is ResourceKind.OBJECT and allowed.of_objects and not conditions and allowed.is_declarable(where):
        found.objects.setdefault(where, set()).add(known.name)
        return True
    if known.resource is not ResourceKind.BUCKET or allowed.of_objects:
        return False
    if known.name == LISTING and not allowed.fenced and _for_clients(where.bucket, conditions, found):
        return True
    if known.name == LISTING:
        parts = allowed.listings()
        values = literal_values(conditions)
        found.listings |= parts
        found.exact |= {BucketPart(where.bucket, value) for part in parts for value in values if f"{value}/" == part.prefix}
        return bool(parts)
    if conditions or allowed.fenced:
        return False
    found.buckets.setdefault(where.bucket, set()).add(known.name)
    return True


def _for_clients(bucket: str, conditions: tuple[Condition, ...], found: _Found) -> bool:
    """Whether the listing is HeadBucket's or one level by level, as `compile.permissions` writes them; then it is in `found`."""
    lines = {(line.operator.lower(), line.key.lower()): line.values for line in conditions}
    prefixes = lines.pop(("stringequalsifexists", "s3:prefix"), None) or lines.pop(("stringequals", "s3:prefix"), None)
    if prefixes is None or any(set("*?$") & set(prefix) for prefix in prefixes):
        return False
    if lines == {("null", "s3:delimiter"): ("true",), ("null", "s3:max-keys"): ("true",)} and prefixes == ("",):
        found.heads.add(bucket)
    elif lines == {("stringequals", "s3:delimiter"): ("/",)}:
        found.levels |= {BucketPart(bucket, prefix) for prefix in prefixes}
    else:
        return False
    return True


def _widely(action: str, allowed: _Allowed, found: _Found) -> list[str]:
    """The levels that a pattern of actions is taken for: only those all of whose actions it allows."""
    matches = compile_parts(parse_pattern(action.lower()))
    names = {name for name in ACTIONS if matches(name.lower())}
    if not allowed.of_objects:
        parts = allowed.listings() if LISTING in names else set()
        found.listings |= parts
        return ["list"] if parts else []
    # SECURITY: what holds only under a condition is not declared without it.
    is_plain = not allowed.conditions and allowed.is_declarable(allowed.where)
    levels = [level for level in WIDE if set(LEVELS[level]) - {LISTING} <= names and is_plain]
    found.objects.setdefault(allowed.where, set()).update(name for level in levels for name in LEVELS[level] if name != LISTING)
    return [level.value for level in levels]


def _with_listings(plain: list[Grant], found: _Found) -> Iterator[Grant]:
    """The grants with what their clients may list besides, which is then taken out of `found`. HeadBucket is with a bucket's first."""
    shown: set[BucketPart] = set()
    # A folder that is read by its name is part of one whose listing shows the name.
    folders = {BucketPart(part.bucket, key=part.prefix) for part in found.exact}
    whole = {BucketPart(grant.bucket, key=folder_name(grant.prefix)) for grant in plain if AccessLevel.READ in grant.access}
    for grant in plain:
        if BucketPart(grant.bucket, key=grant.key) in folders & whole and (grant.access, grant.actions) == ((AccessLevel.READ,), ()):
            continue
        name = BucketPart(grant.bucket, folder_name(grant.prefix))
        reads = AccessLevel.READ in grant.access
        object_of_name = BucketPart(grant.bucket, key=name.prefix)
        lists = reads or AccessLevel.LIST in grant.access
        listing = Listing.EXACT
        if lists and name in found.exact and (not reads or "s3:GetObject" in found.objects.get(object_of_name, ())):
            way = {BucketPart(grant.bucket, folder) for folder in ("", *parents(grant.prefix))}
            listing = Listing.BUCKET_ROOT if way <= found.levels else Listing.FOLDER
            shown |= way if way <= found.levels else set()
        taken = {part for part in found.excluded if grant.key is None and _excludes(part, grant)}
        exclude = tuple(sorted(_pattern_of(part).removeprefix(_folder(grant)) for part in taken))
        yield replace(grant, listing=listing, head=grant.bucket in found.heads, exclude=exclude)
        found.heads.discard(grant.bucket)
        found.excluded -= taken
    found.levels -= shown


def _excludes(part: BucketPart, grant: Grant) -> bool:
    literal, folder = _folder(part) if part.key is None else part.key, _folder(grant)
    return (
        part.bucket == grant.bucket
        and (part.per is None) == (grant.per is None)
        and literal.startswith(folder)
        and not set("*?") & set(literal)
        and _pattern_of(part) not in {folder, f"{folder}*", *(f"{folder}{pattern}" for pattern in grant.keys)}
    )


def _folder(part: BucketPart | Grant) -> str:
    """What the part's keys start with, session tags in braces."""
    return part.prefix + own_folder(part.per, "{{{}}}".format)


def _pattern_of(part: BucketPart) -> str:
    """The part as a pattern of whole keys; one that ends with `/` is all below it."""
    if part.key is not None or part.keys:
        return part.key or _folder(part) + part.keys[0]
    return _folder(part) if _folder(part).endswith("/") else f"{part.prefix}*"


def _left(found: _Found) -> Iterator[str]:
    """What could be listed and no grant has."""
    for bucket in sorted(found.heads):
        yield f"HeadBucket of `{bucket}`, where no object is granted; it is left out"
    for part in sorted(found.excluded, key=lambda part: (part.bucket, _pattern_of(part))):
        yield f"it denies `{part.bucket}/{_pattern_of(part)}`, which no grant has as a part; that stays with the role's own policy"
    for part in sorted(found.levels, key=lambda part: (part.bucket, part.prefix)):
        yield f"the listing of `{part.bucket}/{part.prefix}` level by level is not on the way to a listed folder; it is left out"


def _of_objects(found: _Found) -> Iterator[Grant]:
    for where, actions in found.objects.items():
        rest = set(actions)
        levels: list[AccessLevel] = []
        for level in WIDE:
            needed = set(LEVELS[level])
            # To read is to list too, where that is allowed; else only the objects' own action is declared.
            lists = LISTING not in needed or where.key is not None or listed_part(where) in found.listings
            if needed - {LISTING} <= rest and lists:
                levels.append(level)
                rest -= needed
        if levels or rest:
            yield Grant(where.bucket, where.prefix, tuple(levels), where.key, tuple(sorted(rest)), keys=where.keys, per=where.per)


def _of_listings(found: _Found) -> Iterator[Grant]:
    read = {listed_part(part) for part, actions in found.objects.items() if part.key is None and "s3:GetObject" in actions}
    for where in sorted(found.listings - read, key=lambda where: (where.bucket, where.prefix, where.per or "")):
        yield Grant(where.bucket, where.prefix, (AccessLevel.LIST,), keys=where.keys, per=where.per)


def _of_buckets(found: _Found) -> Iterator[Grant]:
    for bucket, actions in found.buckets.items():
        yield Grant(bucket, access=(), actions=tuple(sorted(actions)))

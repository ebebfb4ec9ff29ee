"""From what a role's policies allow on S3 to grants: the way back from what `compile.permissions` writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bucketpass.aws.actions import ACTIONS, ResourceKind, action_named
from bucketpass.aws.arn import Arn
from bucketpass.compile.actions import LEVELS
from bucketpass.model import AccessLevel, Grant
from bucketpass.model.clients import Listing, folder_name, parents
from bucketpass.policy import Condition, Effect, Statement, parse_pattern
from bucketpass.policy.pattern import Variable, Wildcard, compile_parts
from bucketpass.provision.adoption.remark import Remark

__all__ = ["grants"]

LISTING = "s3:ListBucket"
# What a wildcard in Action is taken for: only levels all of whose actions it allows.
WIDE = (AccessLevel.READ, AccessLevel.WRITE, AccessLevel.DELETE)


@dataclass(frozen=True, slots=True)
class _BucketPart:
    """Part of a bucket: all keys that start with `prefix`, those of them that match `keys`, or exactly `key`."""

    bucket: str
    prefix: str = ""
    key: str | None = None
    keys: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What was allowed so far: actions on objects, prefixes to list, actions on whole buckets.

    exact: prefixes that may be listed as they are. levels: those that may be listed level by level. heads: buckets with HeadBucket.
    excluded: objects on which everything is denied.
    """

    objects: dict[_BucketPart, set[str]] = field(default_factory=dict)
    listings: set[_BucketPart] = field(default_factory=set)
    buckets: dict[str, set[str]] = field(default_factory=dict)
    exact: set[_BucketPart] = field(default_factory=set)
    levels: set[_BucketPart] = field(default_factory=set)
    heads: set[str] = field(default_factory=set)
    excluded: set[_BucketPart] = field(default_factory=set)


def grants(place: str, statements: Sequence[Statement]) -> tuple[list[Grant], list[Remark]]:
    """The grants that allow what the statements allow on S3, and what of them is left out or made narrower."""
    found = _Found()
    remarks = [
        Remark(f"{place}, statement {number}", words) for number, statement in enumerate(statements) for words in _taken(statement, found)
    ]
    plain = [*_of_objects(found), *_of_listings(found), *_of_buckets(found)]
    taken = list(_with_listings(plain, found))
    return taken, [*remarks, *(Remark(place, words) for words in _left(found))]


def _taken(statement: Statement, found: _Found) -> Iterator[str]:
    """What of the statement is not in `found` now, in words."""
    if statement.effect is not Effect.ALLOW:
        parts = [_bucket_part(resource) if "/" in resource else None for resource in statement.resources or ()]
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
    for action in statement.actions:
        for resource in statement.resources if action not in foreign else ():
            where = _bucket_part(resource)
            if where is None:
                yield f"`{action}` on `{resource}` is not one bucket's prefix or object; it is left out"
            elif set("*?") & set(action):
                yield _widely(action, resource, where, statement.conditions, found)
            elif not _one(action, resource, where, statement.conditions, found):
                yield f"`{action}` on `{resource}` cannot be declared as it is; it is left out"


def _one(action: str, resource: str, where: _BucketPart, conditions: tuple[Condition, ...], found: _Found) -> bool:
    """Whether the action, which is one, could be taken."""
    known = action_named(action)
    if known is None or known.name not in ACTIONS:
        return False
    if known.resource is ResourceKind.OBJECT and "/" in resource and not conditions:
        found.objects.setdefault(where, set()).add(known.name)
        return True
    if known.resource is not ResourceKind.BUCKET or "/" in resource:
        return False
    if known.name == LISTING and _for_clients(where.bucket, conditions, found):
        return True
    if known.name == LISTING:
        prefixes = _prefixes(conditions)
        found.listings |= {_BucketPart(where.bucket, prefix) for prefix in prefixes}
        found.exact |= {_BucketPart(where.bucket, value) for prefix in prefixes for value in _values(conditions) if f"{value}/" == prefix}
        return bool(prefixes)
    if conditions:
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
        found.levels |= {_BucketPart(bucket, prefix) for prefix in prefixes}
    else:
        return False
    return True


def _widely(action: str, resource: str, where: _BucketPart, conditions: tuple[Condition, ...], found: _Found) -> str:
    """The levels that a pattern of actions is taken for, in words: only those all of whose actions it allows."""
    matches = compile_parts(parse_pattern(action.lower()))
    allowed = {name for name in ACTIONS if matches(name.lower())}
    if "/" not in resource:
        prefixes = _prefixes(conditions) if LISTING in allowed else set()
        found.listings |= {_BucketPart(where.bucket, prefix) for prefix in prefixes}
        taken = ["list"] if prefixes else []
    else:
        # SECURITY: what holds only under a condition is not declared without it.
        levels = [level for level in WIDE if set(LEVELS[level]) - {LISTING} <= allowed and not conditions]
        found.objects.setdefault(where, set()).update(name for level in levels for name in LEVELS[level] if name != LISTING)
        taken = [level.value for level in levels]
    return f"`{action}` on `{resource}` allows more than what is declared for it: {', '.join(taken) or 'nothing'}"


def _bucket_part(resource: str) -> _BucketPart | None:
    """Return the part of a bucket that an ARN names; None for a pattern that is not a prefix."""
    arn = Arn.parse(resource)
    name = arn.resource if arn is not None else ""
    bucket, _, rest = name.partition("/")
    if not bucket or set("*?$") & set(bucket):
        return None
    match parse_pattern(rest):
        case ():
            return _BucketPart(bucket)
        case (str(key),):
            return _BucketPart(bucket, key=key)
        case _:
            prefix = _prefix(rest)
            return _pattern_part(bucket, rest) if prefix is None else _BucketPart(bucket, prefix)


def _pattern_part(bucket: str, pattern: str) -> _BucketPart | None:
    """The part of a bucket that a pattern of keys is: the folders before its first wildcard, and the rest of it."""
    parts = parse_pattern(pattern)
    if any(isinstance(part, Variable) for part in parts) or any(set("*?") & set(part) for part in parts if isinstance(part, str)):
        return None  # as declared, `*` and `?` are always wildcards
    text = "".join(part.value if isinstance(part, Wildcard) else str(part) for part in parts)
    folder, slash, _ = re.split("[*?]", text)[0].rpartition("/")
    return _BucketPart(bucket, f"{folder}{slash}", keys=(text.removeprefix(f"{folder}{slash}"),))


def _prefixes(conditions: tuple[Condition, ...]) -> set[str]:
    """The prefixes that a listing is limited to; `{""}` where it is not; none where the conditions cannot be declared."""
    if not conditions:
        return {""}
    condition = conditions[0]
    if len(conditions) > 1 or condition.key.lower() != "s3:prefix" or condition.operator.lower() != "stringlike":
        return set()
    # A listing of exactly `p` or `p/` is part of one of `p/*`.
    whole = [value for value in condition.values if value.endswith("*")]
    part_of_whole = all(f"{value}*" in whole or f"{value}/*" in whole for value in condition.values if value not in whole)
    prefixes = {_prefix(value) for value in whole}
    return {prefix for prefix in prefixes if prefix is not None} if part_of_whole and None not in prefixes else set()


def _values(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    """The literal prefixes of a listing's condition."""
    parsed = (parse_pattern(value) for line in conditions for value in line.values)
    return tuple(parts[0] for parts in parsed if len(parts) == 1 and isinstance(parts[0], str))


def _with_listings(plain: list[Grant], found: _Found) -> Iterator[Grant]:
    """The grants with what their clients may list besides, which is then taken out of `found`. HeadBucket is with a bucket's first."""
    shown: set[_BucketPart] = set()
    # A folder that is read by its name is part of one whose listing shows the name.
    folders = {_BucketPart(part.bucket, key=part.prefix) for part in found.exact}
    whole = {_BucketPart(grant.bucket, key=folder_name(grant.prefix)) for grant in plain if AccessLevel.READ in grant.access}
    for grant in plain:
        if _BucketPart(grant.bucket, key=grant.key) in folders & whole and (grant.access, grant.actions) == ((AccessLevel.READ,), ()):
            continue
        name = _BucketPart(grant.bucket, folder_name(grant.prefix))
        reads = AccessLevel.READ in grant.access
        object_of_name = _BucketPart(grant.bucket, key=name.prefix)
        lists = reads or AccessLevel.LIST in grant.access
        listing = Listing.EXACT
        if lists and name in found.exact and (not reads or "s3:GetObject" in found.objects.get(object_of_name, ())):
            way = {_BucketPart(grant.bucket, folder) for folder in ("", *parents(grant.prefix))}
            listing = Listing.BUCKET_ROOT if way <= found.levels else Listing.FOLDER
            shown |= way if way <= found.levels else set()
        taken = {part for part in found.excluded if grant.key is None and _excludes(part, grant)}
        exclude = tuple(sorted(_pattern_of(part).removeprefix(grant.prefix) for part in taken))
        yield replace(grant, listing=listing, head=grant.bucket in found.heads, exclude=exclude)
        found.heads.discard(grant.bucket)
        found.excluded -= taken
    found.levels -= shown


def _excludes(part: _BucketPart, grant: Grant) -> bool:
    literal = part.prefix if part.key is None else part.key
    return (
        part.bucket == grant.bucket
        and literal.startswith(grant.prefix)
        and not set("*?") & set(literal)
        and _pattern_of(part) not in {grant.prefix, f"{grant.prefix}*"}
    )


def _pattern_of(part: _BucketPart) -> str:
    """The part as a pattern of whole keys; one that ends with `/` is all below it."""
    if part.key is not None or part.keys:
        return part.key or part.prefix + part.keys[0]
    return part.prefix if part.prefix.endswith("/") else f"{part.prefix}*"


def _left(found: _Found) -> Iterator[str]:
    """What could be listed and no grant has."""
    for bucket in sorted(found.heads):
        yield f"HeadBucket of `{bucket}`, where no object is granted; it is left out"
    for part in sorted(found.excluded, key=lambda part: (part.bucket, _pattern_of(part))):
        yield f"it denies `{part.bucket}/{_pattern_of(part)}`, which no grant has as a part; that stays with the role's own policy"
    for part in sorted(found.levels, key=lambda part: (part.bucket, part.prefix)):
        yield f"the listing of `{part.bucket}/{part.prefix}` level by level is not on the way to a listed folder; it is left out"


def _prefix(pattern: str) -> str | None:
    """The prefix that `pattern` is, if it is one."""
    match parse_pattern(pattern):
        case (Wildcard.ANY_TEXT,):
            return ""
        case (str(prefix), Wildcard.ANY_TEXT):
            return prefix
        case _:
            return None


def _of_objects(found: _Found) -> Iterator[Grant]:
    for where, actions in found.objects.items():
        rest = set(actions)
        levels: list[AccessLevel] = []
        for level in WIDE:
            needed = set(LEVELS[level])
            # To read is to list too, where that is allowed; else only the objects' own action is declared.
            lists = LISTING not in needed or where.key is not None or _listed(where) in found.listings
            if needed - {LISTING} <= rest and lists:
                levels.append(level)
                rest -= needed
        if levels or rest:
            yield Grant(where.bucket, where.prefix, tuple(levels), where.key, tuple(sorted(rest)), keys=where.keys)


def _listed(where: _BucketPart) -> _BucketPart:
    """What a grant of these keys lists: the names that start with what comes before the first wildcard."""
    return _BucketPart(where.bucket, where.prefix + (re.split("[*?]", where.keys[0])[0] if where.keys else ""))


def _of_listings(found: _Found) -> Iterator[Grant]:
    read = {_listed(part) for part, actions in found.objects.items() if part.key is None and "s3:GetObject" in actions}
    for where in sorted(found.listings - read, key=lambda where: (where.bucket, where.prefix)):
        yield Grant(where.bucket, where.prefix, (AccessLevel.LIST,))


def _of_buckets(found: _Found) -> Iterator[Grant]:
    for bucket, actions in found.buckets.items():
        yield Grant(bucket, access=(), actions=tuple(sorted(actions)))

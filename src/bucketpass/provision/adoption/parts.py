"""Parts of a bucket, as resources and conditions of a role's policies name them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bucketpass.aws.arn import Arn
from bucketpass.compile.permissions import tenant_fence
from bucketpass.model.own_folder import OWN_FOLDER
from bucketpass.policy import Condition, parse_pattern
from bucketpass.policy.pattern import Part, Variable, Wildcard

__all__ = ["PRINCIPAL_TAG", "BucketPart", "bucket_part", "fenced_tags", "listed_part", "listed_parts", "literal_values"]

PRINCIPAL_TAG = "aws:principaltag/"
FENCE = {(operator.lower(), frozenset(values)) for operator, _, values in tenant_fence("")}


@dataclass(frozen=True, slots=True)
class BucketPart:
    """Part of a bucket: all keys that start with `prefix`, those of them that match `keys`, or exactly `key`.

    per: the folders below the prefix that session tags name, as a grant has them.
    """

    bucket: str
    prefix: str = ""
    key: str | None = None
    keys: tuple[str, ...] = ()
    per: str | None = None


def fenced_tags(conditions: Sequence[Condition], key: str) -> tuple[frozenset[str], tuple[Condition, ...]]:
    """Return the tags that have to be there and name one folder each, and the other conditions. key: what the tags' keys start with."""
    tagged: dict[str, list[Condition]] = {}
    for condition in conditions:
        if condition.key.lower().startswith(key):
            tagged.setdefault(condition.key[len(key) :], []).append(condition)
    tags = {tag for tag, lines in tagged.items() if {(one.operator.lower(), frozenset(one.values)) for one in lines} == FENCE}
    return frozenset(tags), tuple(condition for condition in conditions if not any(condition in tagged[tag] for tag in tags))


def bucket_part(resource: str) -> BucketPart | None:
    """Return the part of a bucket that an ARN names; None for a pattern that is not a prefix."""
    arn = Arn.parse(resource)
    bucket, slash, rest = (arn.resource if arn is not None else "").partition("/")
    if not bucket or set("*?$") & set(bucket) or (slash and not rest):
        return None
    return _part(bucket, rest) if rest else BucketPart(bucket)


def _part(bucket: str, pattern: str) -> BucketPart | None:
    parts = parse_pattern(pattern)
    if any(isinstance(part, Variable) for part in parts):
        return _own_part(bucket, parts)
    match parts:
        case (str(key),):
            return BucketPart(bucket, key=key)
        case (Wildcard.ANY_TEXT,):
            return BucketPart(bucket)
        case (str(prefix), Wildcard.ANY_TEXT):
            return BucketPart(bucket, prefix)
    text = _declared_pattern(parts)
    if text is None:
        return None
    folder, slash, _ = re.split("[*?]", text)[0].rpartition("/")
    return BucketPart(bucket, f"{folder}{slash}", keys=(text.removeprefix(f"{folder}{slash}"),))


def _declared_pattern(parts: Sequence[Part]) -> str | None:
    """The pattern as a grant has it, where `*` and `?` are always wildcards; None if that cannot be."""
    if any(isinstance(part, Variable) or (isinstance(part, str) and set("*?") & set(part)) for part in parts):
        return None
    return "".join(part.value if isinstance(part, Wildcard) else str(part) for part in parts)


def _own_part(bucket: str, parts: Sequence[Part]) -> BucketPart | None:
    """The part whose folders session tags name: all up to the last slash before the first wildcard is prefix and template."""
    last = max(place for place, part in enumerate(parts) if isinstance(part, Variable))
    following = parts[last + 1] if last + 1 < len(parts) else None
    if not isinstance(following, str):
        return None
    folders, slash, rest = following.rpartition("/")
    written = [_in_template(part) for part in parts[: last + 1]]
    text = "".join([part for part in written if part is not None])
    prefix, template = text.partition("{")[0], f"{{{text.partition('{')[2]}{folders}"
    pattern = _declared_pattern((rest, *parts[last + 2 :]))
    if None in written or not slash or not pattern or (prefix and not prefix.endswith("/")) or not re.fullmatch(OWN_FOLDER, template):
        return None
    one = re.fullmatch(r"\{([^{}]+)\}", template)
    return BucketPart(bucket, prefix, keys=() if pattern == "*" else (pattern,), per=one[1] if one else template)


def _in_template(part: Part) -> str | None:
    """A piece of a template of folders; None if there is none such."""
    if isinstance(part, Variable):
        is_tag = part.default is None and part.key.lower().startswith(PRINCIPAL_TAG)
        return f"{{{part.key[len(PRINCIPAL_TAG) :]}}}" if is_tag else None
    return part if isinstance(part, str) and not set("{}*?$") & set(part) else None


def listed_parts(bucket: str, conditions: tuple[Condition, ...]) -> set[BucketPart]:
    """Return the parts that a listing is limited to; the whole bucket where it is not; none where the conditions cannot be declared."""
    if not conditions:
        return {BucketPart(bucket)}
    condition = conditions[0]
    if len(conditions) > 1 or condition.key.lower() != "s3:prefix" or condition.operator.lower() != "stringlike":
        return set()
    # A listing of exactly `p` or `p/` is part of one of `p/*`.
    whole = [value for value in condition.values if value.endswith("*")]
    part_of_whole = all(f"{value}*" in whole or f"{value}/*" in whole for value in condition.values if value not in whole)
    parts = [_part(bucket, value) for value in whole]
    return {part for part in parts if part is not None} if part_of_whole and all(map(_is_prefix, parts)) else set()


def _is_prefix(part: BucketPart | None) -> bool:
    return part is not None and part.key is None and part == listed_part(part)


def literal_values(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    """Return the literal prefixes of a listing's condition."""
    parsed = (parse_pattern(value) for line in conditions for value in line.values)
    return tuple(parts[0] for parts in parsed if len(parts) == 1 and isinstance(parts[0], str))


def listed_part(where: BucketPart) -> BucketPart:
    """Return what a grant of these keys lists: the names that start with what comes before the first wildcard."""
    head = re.split("[*?]", where.keys[0])[0] if where.keys else ""
    if where.per is None:
        return replace(where, prefix=where.prefix + head, keys=())
    return replace(where, keys=(f"{head}*",) if head else ())

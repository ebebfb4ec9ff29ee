"""Findings about grants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from itertools import permutations

from bucketpass.aws.actions import ACTIONS, AccessKind
from bucketpass.compile.actions import actions_of, creates_only
from bucketpass.compile.check.found import Found
from bucketpass.model.access import Access, AccessLevel, Grant, Service
from bucketpass.model.clients import CLIENTS, Listing, asks_head, folder_name, listing_of, makes_markers, parents
from bucketpass.policy.pattern import literal_head, parse_pattern
from bucketpass.policy.values import read_network

__all__ = ["covers", "grant_findings"]

CHANGING = frozenset({AccessLevel.WRITE, AccessLevel.DELETE})
NOTHING = (Listing.EXACT, False, False)


def covers(wide: Grant, narrow: Grant) -> bool:
    """Whether `wide` lets a service do everything that `narrow` does."""
    if wide.bucket != narrow.bucket or (creates_only(wide) and not creates_only(narrow)):
        return False
    same = all(getattr(wide, field) == getattr(narrow, field) for field in ("per", "access_point", "conditions"))
    start = narrow.prefix if narrow.key is None else narrow.key
    inside = narrow.key == wide.key if wide.key is not None else start.startswith(wide.prefix)
    tags = wide.object_tags.items() <= narrow.object_tags.items() and wide.upload_tags.items() <= narrow.upload_tags.items()
    besides = _besides(narrow) == NOTHING or (wide.prefix == narrow.prefix and _besides(wide) == _besides(narrow))
    # An exclusion takes keys from every grant of the service: it covers nothing, and nothing covers it.
    patterns = not wide.exclude and not narrow.exclude and (not wide.keys or wide.keys == narrow.keys)
    return same and inside and tags and besides and patterns and set(actions_of(narrow)) <= set(actions_of(wide))


def _besides(grant: Grant) -> tuple[Listing, bool, bool]:
    """What a grant's clients have besides its objects."""
    return listing_of(grant), asks_head(grant), makes_markers(grant)


def grant_findings(access: Access, now: datetime | None = None) -> Iterator[Found]:
    """What is risky or needless in what services may do. now: the time at which grants have expired; None: the present."""
    now = now or datetime.now(UTC)
    for name, service in access.services.items():
        for index, grant in enumerate(service.grants):
            path, until = f"services.{name}.grants[{index}]", grant.conditions.not_after
            if until is not None and until <= now:
                yield "expired-grant", f"{path}.conditions.not_after", f"the grant has not held since {until.isoformat()}", ""
            yield from _everywhere(f"{path}.conditions.networks", grant.conditions.networks)
            yield from _grant(path, grant)
            bucket = access.buckets.get(grant.bucket)
            if bucket is not None and bucket.create and bucket.object_lock is None:
                for number in (number for number, action in enumerate(grant.actions) if action.endswith(("Retention", "LegalHold"))):
                    yield "no-object-lock", f"{path}.actions[{number}]", f"`{grant.bucket}` has no object lock", ""
        yield from _needless(name, service)
        yield from _excluded(name, service)
        yield from _undone(name, service)
    yield from _shared_writing(access)
    yield from _nested_tenants(access)


def _grant(path: str, grant: Grant) -> Iterator[Found]:
    if not grant.prefix and grant.key is None and grant.per is None and grant.access and not grant.keys:
        what = " and ".join(level.value for level in grant.access)
        remedy = "Where it only calls HeadBucket, write `head: true` in its other grants." if grant.access == (AccessLevel.LIST,) else ""
        yield "whole-bucket", path, f"the service may {what} everything in `{grant.bucket}`", remedy
    yield from _clients(path, grant)
    yield from _patterns(path, grant)
    if grant.upload_tags:
        message = "uploads in parts fail: their parts bring no tags, and S3 has no other way to tell that the whole will have them"
        yield "single-put", f"{path}.upload_tags", message, ""
    if grant.prefix and not grant.prefix.endswith("/"):
        message = f"`{grant.prefix}` also covers `{grant.prefix}-old/...` and `{grant.prefix}2`"
        yield "open-prefix", f"{path}.prefix", message, f"Write `{grant.prefix}/` where a folder is meant."
    for field, text in (("prefix", grant.prefix), ("key", grant.key or "")):
        if text.startswith(("/", "s3://")):
            message = f"no key starts with `{text}` unless it was written so"
            yield "odd-prefix", f"{path}.{field}", message, ""
    for index, action in enumerate(grant.actions):
        if ACTIONS[action].access is AccessKind.PERMISSIONS:
            message = f"`{action}` overrides what others protect"
            yield "access-control", f"{path}.actions[{index}]", message, ""


def _everywhere(path: str, texts: tuple[str, ...]) -> Iterator[Found]:
    """Networks that together hold every address of their family."""
    networks = [network for text in texts if (network := read_network(text)) is not None]
    whole = (
        ("IPv4", collapse_addresses(network for network in networks if isinstance(network, IPv4Network))),
        ("IPv6", collapse_addresses(network for network in networks if isinstance(network, IPv6Network))),
    )
    for family, blocks in whole:
        if any(block.prefixlen == 0 for block in blocks):
            message = f"the networks hold every {family} address: whoever has the credentials may use them from anywhere"
            yield "open-networks", path, message, ""


def _clients(path: str, grant: Grant) -> Iterator[Found]:
    """What clients show besides the objects, and what they do not do without `delete`."""
    field = next((f"clients[{index}]" for index, client in enumerate(grant.clients) if CLIENTS[client].head), "clients")
    if asks_head(grant) and (grant.prefix or grant.key is not None):
        message = f"the service can list the names of all objects in `{grant.bucket}`: S3 takes HeadBucket for a listing without a prefix"
        yield "head-bucket", f"{path}.{'head' if grant.head else field}", message, ""
    name, way = folder_name(grant.prefix), ("", *parents(grant.prefix))
    levels = ", ".join(f"`{grant.bucket}/{folder}`" for folder in way)
    shown = {
        Listing.EXACT: "",
        Listing.FOLDER: f"a listing of `{name}` also shows the keys of `{name}-old/...` and `{name}2`",
        Listing.BUCKET_ROOT: f"the service sees what else is in {levels}, level by level",
    }
    if grant.listing is not Listing.EXACT and grant.prefix:
        yield "wide-listing", f"{path}.listing", shown[grant.listing], ""
    writes = {AccessLevel.WRITE, AccessLevel.CREATE} & set(grant.access)
    for index, client in enumerate(grant.clients):
        if writes and AccessLevel.DELETE not in grant.access and CLIENTS[client].deletes:
            yield "missing-delete", f"{path}.clients[{index}]", f"`{client}` without `delete`: {CLIENTS[client].deletes}", ""


def _patterns(path: str, grant: Grant) -> Iterator[Found]:
    """Names that a listing shows, although the objects cannot be read."""
    if "s3:ListBucket" not in actions_of(grant):
        return
    heads = {f"{grant.prefix}{literal_head(parse_pattern(pattern, variables=False))}" for pattern in grant.keys}
    if any(not pattern.endswith("/") or set("*?") & set(pattern) for pattern in grant.keys):
        message = f"a listing of {', '.join(f'`{head}`' for head in sorted(heads))} shows all names there, also those that do not match"
        yield "pattern-listing", f"{path}.keys", message, ""
    if grant.exclude:
        yield "pattern-listing", f"{path}.exclude", f"a listing of `{grant.prefix}` shows the names of excluded keys", ""


def _excluded(name: str, service: Service) -> Iterator[Found]:
    """Exclusions that take keys from another grant of the service: a Deny wins."""
    for (index, grant), (other_index, other) in permutations(enumerate(service.grants), 2):
        start = other.prefix if other.key is None else other.key
        for number, pattern in enumerate(grant.exclude):
            head = f"{grant.prefix}{literal_head(parse_pattern(pattern, variables=False))}"
            if grant.bucket == other.bucket and (head.startswith(start) or start.startswith(head)):
                message = f"`{grant.prefix}{pattern}` is taken from grant {other_index + 1} of `{name}` as well"
                yield "exclusion", f"services.{name}.grants[{index}].exclude[{number}]", message, ""


def _undone(name: str, service: Service) -> Iterator[Found]:
    """Grants to create objects whose keys another one, or the same one, lets the service write or delete."""
    for index, grant in enumerate(service.grants):
        start = grant.prefix if grant.key is None else grant.key
        for level in (AccessLevel.WRITE, AccessLevel.DELETE) if creates_only(grant) else ():
            starts = [each.prefix if each.key is None else each.key for each in service.grants if _changes(each, level, grant.bucket)]
            if any(start.startswith(other) or other.startswith(start) for other in starts):
                message = f"`{name}` may {level.value} objects there too: what it creates in `{grant.bucket}` is not safe from it"
                yield "creation-undone", f"services.{name}.grants[{index}].access", message, ""


def _changes(grant: Grant, level: AccessLevel, bucket: str) -> bool:
    action = "s3:PutObject" if level is AccessLevel.WRITE else "s3:DeleteObject"
    return grant.bucket == bucket and action in actions_of(grant) and not (level is AccessLevel.WRITE and creates_only(grant))


def _needless(name: str, service: Service) -> Iterator[Found]:
    pairs = permutations(enumerate(service.grants), 2)
    for (wide_index, wide), (index, grant) in pairs:
        if covers(wide, grant) and (index > wide_index or not covers(grant, wide)):
            message = f"grant {wide_index + 1} of `{name}` already allows all of it"
            yield "needless-grant", f"services.{name}.grants[{index}]", message, ""


def _shared_writing(access: Access) -> Iterator[Found]:
    by_bucket: dict[str, list[tuple[str, str, Grant]]] = {}
    for name, service in access.services.items():
        for index, grant in enumerate(service.grants):
            if CHANGING & set(grant.access):
                by_bucket.setdefault(grant.bucket, []).append((name, f"services.{name}.grants[{index}]", grant))
    for writers in by_bucket.values():
        # Sorted by where they start, a grant that lies inside another comes right after it or after its neighbours inside.
        writers.sort(key=lambda writer: writer[2].prefix if writer[2].key is None else writer[2].key)
        around: list[tuple[str, str, Grant]] = []
        for name, path, grant in writers:
            start = grant.prefix if grant.key is None else grant.key
            while around and not start.startswith(around[-1][2].prefix):
                around.pop()
            others = sorted({other for other, _, _ in around if other != name})
            if others:
                message = f"`{name}` and {', '.join(f'`{other}`' for other in others)} may change the same objects of `{grant.bucket}`"
                yield "shared-writing", path, message, ""
            if grant.key is None:
                around.append((name, path, grant))


def _nested_tenants(access: Access) -> Iterator[Found]:
    """Folders by tag that lie where another tag, or the same one elsewhere, names folders too."""
    by_tag = [
        (f"services.{name}.grants[{index}]", grant)
        for name, service in access.services.items()
        for index, grant in enumerate(service.grants)
        if grant.per is not None
    ]
    for (_, outer), (path, inner) in permutations(by_tag, 2):
        is_below = outer.bucket == inner.bucket and inner.prefix.startswith(outer.prefix)
        if is_below and (inner.prefix, inner.per) != (outer.prefix, outer.per):
            named = f"{(inner.prefix.removeprefix(outer.prefix) or 'acme').partition('/')[0]}..."
            message = f"a `{outer.per}` called `{named}` gets `{outer.prefix}{named}`, where each `{inner.per}` has a folder"
            yield "nested-tenants", f"{path}.prefix", message, ""

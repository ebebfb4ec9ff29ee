"""A narrower declaration from what was used: edits of the text of access.yaml, so that comments and order stay.

Nothing is proposed that the logs do not cover, and nothing from requests that were refused: their keys are untrusted text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import yaml

from bucketpass.compile import Target, compile_access
from bucketpass.deployment.resources import deployment_of
from bucketpass.errors import MissingExtra
from bucketpass.findings.text import counted
from bucketpass.model.access import Access, AccessLevel
from bucketpass.usage.decisions import LogVerdict
from bucketpass.usage.engines.interface import QueryEngine
from bucketpass.usage.grants import GrantStatus, GrantUse, Usage
from bucketpass.usage.period import Coverage
from bucketpass.usage.records import Outcome
from bucketpass.usage.replay import ReplayEffect, replay
from bucketpass.usage.sql import Fragment
from bucketpass.usage.store import LogStore

__all__ = ["CHILDREN", "Edit", "NarrowerGrant", "checked", "edited", "proposals", "withheld"]

# How many different folders or objects must have been used below a prefix before it is proposed: a single key does not show a pattern.
CHILDREN = 3


@dataclass(frozen=True, slots=True)
class NarrowerGrant:
    """One change of a grant. `field`: the field that changes, None where the whole grant goes. `value`: its new value."""

    grant: GrantUse
    field: str | None
    value: object
    reason: str


def proposals(usage: Usage, engine: QueryEngine, *, complete: bool = False) -> tuple[NarrowerGrant, ...]:
    """The changes that the logs justify, in the order of the grants."""
    return tuple(one for grant in usage.grants for one in _of_grant(grant, usage, engine, complete=complete))


def withheld(usage: Usage, changes: Iterable[NarrowerGrant]) -> tuple[GrantUse, ...]:
    """The unused grants that stay, since the logs have no record of what they allow in their bucket."""
    going = {one.grant.path for one in changes}
    return tuple(grant for grant in usage.grants if grant.status is GrantStatus.UNUSED and grant.path not in going)


def _of_grant(grant: GrantUse, usage: Usage, engine: QueryEngine, *, complete: bool) -> Iterable[NarrowerGrant]:
    coverage = usage.coverage
    if grant.status is GrantStatus.UNUSED:
        if complete or all(_kind_logged(level, grant.bucket, coverage) for level in grant.grant.access):
            yield NarrowerGrant(grant, None, None, "not used in the period")
        return
    if grant.status is not GrantStatus.USED or not (complete or coverage.covers(grant.bucket)) or grant.untold:
        return
    unused = tuple(level for level in grant.unused_levels if complete or _kind_logged(level, grant.bucket, coverage))
    left = tuple(level for level in grant.grant.access if level not in unused)
    if unused and left:
        yield NarrowerGrant(grant, "access", [level.value for level in left], f"{' and '.join(level.value for level in unused)} not used")
    if grant.unused_versions:
        yield NarrowerGrant(grant, "versions", False, "no old version was asked for")
    prefix = _prefix(grant, usage.events, engine)
    if prefix is not None:
        yield NarrowerGrant(grant, "prefix", prefix, f"all requests were below {prefix}")


def _kind_logged(level: AccessLevel, bucket: str, coverage: Coverage) -> bool:
    """Whether the logs have any record of the level's kind: a trail can log reads alone, or writes alone."""
    return bucket in (coverage.reads if level in (AccessLevel.READ, AccessLevel.LIST) else coverage.writes)


def _prefix(grant: GrantUse, events: Fragment, engine: QueryEngine) -> str | None:
    """The folder below the grant's prefix that all its requests were in, if it is narrower and has enough children."""
    declared = grant.grant
    if declared.key is not None or declared.per is not None or declared.keys or declared.exclude:
        return None
    services = sorted({str(one.row["principal"]) for one in grant.classes})
    marks = ", ".join("?" for _ in services)
    of_objects = Fragment("SELECT principal, bucket, coalesce(object_key, prefix, '') AS text, outcome FROM ") + events
    of_sources = Fragment("SELECT principal, source_bucket, source_key, outcome FROM ") + events + " WHERE source_key IS NOT NULL"
    used = Fragment("SELECT DISTINCT text FROM (") + of_objects + " UNION ALL " + of_sources
    used += Fragment(
        f") AS used WHERE bucket = ? AND outcome = ? AND starts_with(text, ?) AND principal IN ({marks})",
        (grant.bucket, Outcome.ALLOWED.value, declared.prefix, *services),
    )
    lowest, highest = engine.run(Fragment("SELECT min(text), max(text) FROM (") + used + ") AS texts")[0]
    if lowest is None or highest is None:
        return None
    folder = _common_folder(str(lowest), str(highest))
    if len(folder) <= len(declared.prefix):
        return None
    child = "split_part(substr(text, ?), '/', 1)"
    query = Fragment(f"SELECT count(DISTINCT {child}) FROM (", (len(folder) + 1,)) + used + ") AS texts"
    return folder if int(engine.run(query)[0][0] or 0) >= CHILDREN else None


def _common_folder(lowest: str, highest: str) -> str:
    """The longest folder, with its slash, that both texts are in; what is between them in order is in it too."""
    length = next(
        (at for at, (one, other) in enumerate(zip(lowest, highest, strict=False)) if one != other), min(len(lowest), len(highest))
    )
    return lowest[: lowest.rfind("/", 0, length) + 1]


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to before `end` of a text become `text`."""

    start: int
    end: int
    text: str


def edited(text: str, changes: Sequence[NarrowerGrant]) -> str:
    """The text of access.yaml with the changes made; everything else stays as it is, character by character."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    edits = [edit for change in changes if change.field is not None for edit in _field_edits(text, root, change)]
    edits += _removals(text, root, [change.grant for change in changes if change.field is None])
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == name), None)
    return None


def _grants_node(root: yaml.Node | None, service: str) -> yaml.Node | None:
    return _child(_child(_child(root, "services"), service), "grants")


def _grant_node(root: yaml.Node | None, grant: GrantUse) -> yaml.MappingNode | None:
    listed = _grants_node(root, grant.service)
    index = int(grant.path.rpartition("[")[2].rstrip("]"))
    node = listed.value[index] if isinstance(listed, yaml.SequenceNode) else None
    return node if isinstance(node, yaml.MappingNode) else None


def _field_edits(text: str, root: yaml.Node | None, change: NarrowerGrant) -> Iterable[Edit]:
    node = _grant_node(root, change.grant)
    if node is None:
        return
    written = _flow(change.value)
    value = _child(node, change.field or "")
    if value is not None:
        yield Edit(value.start_mark.index, _end(text, value), written)
        return
    # A field that is not there stands after the first one, in the grant's own style.
    key, first = node.value[0]
    between = ", " if node.flow_style else f"\n{' ' * key.start_mark.column}"
    yield Edit(_end(text, first), _end(text, first), f"{between}{change.field}: {written}")


def _end(text: str, node: yaml.Node) -> int:
    """The end of the node's own text: a block's end mark stands at the next line that is not empty."""
    return (
        len(text[: node.end_mark.index].rstrip()) if isinstance(node, yaml.CollectionNode) and not node.flow_style else node.end_mark.index
    )


def _flow(value: object) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=1000, allow_unicode=True).removesuffix("...\n").strip()


def _removals(text: str, root: yaml.Node | None, grants: Sequence[GrantUse]) -> Iterable[Edit]:
    """Whole lines go: those of the grant's item, or of the service where no grant is left."""
    by_service: dict[str, list[GrantUse]] = {}
    for grant in grants:
        by_service.setdefault(grant.service, []).append(grant)
    for service, going in by_service.items():
        listed = _grants_node(root, service)
        if not isinstance(listed, yaml.SequenceNode):
            continue
        if len(going) == len(listed.value):
            yield (
                Edit(listed.start_mark.index, _end(text, listed), "[]")
                if listed.flow_style
                else Edit(_before(text, listed.start_mark.index), _end(text, listed), " []")
            )
            continue
        for grant in going:
            node = _grant_node(root, grant)
            if node is not None:
                yield _item_removal(text, listed, node)


def _before(text: str, index: int) -> int:
    """The end of what stands before a block list: the colon of its key."""
    return len(text[:index].rstrip())


def _item_removal(text: str, listed: yaml.SequenceNode, node: yaml.Node) -> Edit:
    start, end = node.start_mark.index, _end(text, node)
    if not listed.flow_style:
        line = text.rfind("\n", 0, start) + 1
        after = text.find("\n", end)
        return Edit(line, after + 1 if after >= 0 else len(text), "")
    place = listed.value.index(node)
    if place + 1 < len(listed.value):
        return Edit(start, listed.value[place + 1].start_mark.index, "")
    return Edit(_end(text, listed.value[place - 1]), end, "")


def checked(old: Access, new: Access, target: Target, engine: QueryEngine, store: LogStore, *, since: int | None = None) -> tuple[str, ...]:
    """The objections to the new declaration: anything that it adds, and any request since then that it would break. None: it is sound.

    A request that the old declaration refuses, though it was made, is not broken by the new one.

    Raises `MissingExtra` without the prover: what is not proved is not proposed.
    """
    if find_spec("z3") is None:
        raise MissingExtra("prove", "z3")
    from bucketpass.prove.compare import Relation, Version, differences

    before, after = (deployment_of(compile_access(one, target)) for one in (old, new))
    faults = [
        f"{found.owner} is {found.relation.value}, not less"
        for found in differences(Version(old, before), Version(new, after))
        if found.relation not in (Relation.EQUAL, Relation.LESS)
    ]
    replayed = replay(engine, store, after, before, since=since)
    broken = [*replayed.of(ReplayEffect.BREAKS), *replayed.of(ReplayEffect.NOT_FOUND_IS_REFUSED)]
    broken = [row for row in broken if row.old is None or row.old.verdict is not LogVerdict.REFUSED]
    return (
        *faults,
        *(f"it would break {counted(row.found.requests, 'request')} of {row.service or row.found.row['principal']}" for row in broken),
    )

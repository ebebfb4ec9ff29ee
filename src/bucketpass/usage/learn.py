"""A declaration for hand-made roles, from what they did and who assumed them: the answer of `bucketpass learn`.

Only requests that were authorized count. Grants are for folders, not for keys: a folder that is used below at least three
subfolders is proposed as one. That can be more than the roles' own policies allow, which `wider_than` finds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

import yaml

from bucketpass.aws.operations import OPERATIONS, On
from bucketpass.compile.actions import LEVELS
from bucketpass.errors import InvalidInput, MissingExtra
from bucketpass.model import parse_access
from bucketpass.model.access import AccessLevel
from bucketpass.requests.request import AuthorizationRequest
from bucketpass.usage.engines.interface import QueryEngine
from bucketpass.usage.names import CopyPart
from bucketpass.usage.narrow import CHILDREN
from bucketpass.usage.records import Outcome
from bucketpass.usage.reduce import events_of
from bucketpass.usage.sql import Fragment
from bucketpass.usage.store import LogStore

if TYPE_CHECKING:
    from bucketpass.prove.compare import Version

__all__ = ["Learned", "learn", "wider_than"]

MAX_SUBJECTS = 10
_LEVEL_OF: dict[str, AccessLevel] = {action: level for level, actions in LEVELS.items() for action in actions}
_LEVEL_OF["s3:ListBucket"] = AccessLevel.LIST
# Logs do not say whether a write could have overwritten.
_LEVEL_OF |= dict.fromkeys(LEVELS[AccessLevel.WRITE], AccessLevel.WRITE)
_LISTING = "s3:ListBucket"


@dataclass(frozen=True, slots=True)
class Learned:
    """The proposed declaration. `remarks`: what it leaves out, and what has to be looked at."""

    text: str
    remarks: tuple[str, ...]


@dataclass(slots=True)
class _Role:
    """What a role did: levels by bucket and folder, further actions by bucket and folder, and the tokens that assumed it."""

    levels: dict[tuple[str, str], set[AccessLevel]] = field(default_factory=dict)
    actions: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    tokens: dict[tuple[str, str], set[str]] = field(default_factory=dict)


def learn(engine: QueryEngine, store: LogStore, role: str | None = None, *, exact: Collection[str] = ()) -> Learned:
    """The declaration of every role in the logs, or of the one whose name or ARN is `role`.

    exact: names of roles whose folders stay as they were used, where others get their parent.

    Raises `InvalidInput` where no role can be declared: none did anything, or no STS event says who assumed it.
    """
    remarks: list[str] = []
    roles = _roles(engine, store, None if role is None else role.rpartition("/")[2], remarks)
    _add_tokens(engine, roles)
    text = _written(roles, remarks, exact)
    if text is None:
        why = f": {remarks[0]}" if remarks else f": the logs have no authorized request of {f'`{role}`' if role else 'a role'}"
        raise InvalidInput(f"no role can be declared{why}", remedy="Read logs with S3 data events and AssumeRoleWithWebIdentity events.")
    parse_access(text)
    return Learned(text, tuple(sorted(remarks)))


def wider_than(proposed: Version, deployed: Version) -> dict[str, str]:
    """The services of a proposal that it would let do more than the policies of their roles that are deployed, with a request each.

    Raises `MissingExtra` without the prover.
    """
    if find_spec("z3") is None:
        raise MissingExtra("prove", "z3")
    from bucketpass.prove.compare import Relation, differences

    return {
        one.owner: _asked(one.gained.requests[0][0]) if one.gained is not None else "; ".join(one.reasons)
        for one in differences(deployed, proposed)
        if one.subject == "requests" and one.relation not in (Relation.EQUAL, Relation.LESS)
    }


def _asked(request: AuthorizationRequest) -> str:
    return f"{request.action} {request.resource}"


def _roles(engine: QueryEngine, store: LogStore, only: str | None, remarks: list[str]) -> dict[str, _Role]:
    folder = "CASE WHEN {0} LIKE '%/%/%' THEN split_part({0}, '/', 1) || '/' || split_part({0}, '/', 2) || '/'"
    folder += " WHEN {0} LIKE '%/%' THEN split_part({0}, '/', 1) || '/' ELSE '' END"
    key = "coalesce(object_key, prefix, '')"
    events = events_of(store)
    columns = f"principal, operation, part, bucket, {folder.format(key)} AS folder, source_bucket,"
    columns += f" {folder.format('source_key')} AS source_folder, object_key IS NULL AS no_key"
    query = Fragment(f"SELECT DISTINCT {columns} FROM ") + events
    query += Fragment(" WHERE outcome = ? AND starts_with(principal, 'role:')", (Outcome.ALLOWED.value,))
    found: dict[str, _Role] = {}
    for principal, *request in engine.run(query):
        name = str(principal).rpartition("/")[2]
        if only is None or name == only:
            _add(found.setdefault(str(principal), _Role()), _Request(*request), remarks)  # type: ignore[arg-type]
    return dict(sorted(found.items()))


class _Request(NamedTuple):
    """Requests of one kind: the operation, the side of a copy, bucket and folder of the object and of a copy's source."""

    operation: str
    part: str
    bucket: str
    folder: str
    source_bucket: str | None
    source_folder: str | None
    no_key: bool


def _add(role: _Role, request: _Request, remarks: list[str]) -> None:
    """Put what the requests needed to the role."""
    for need in OPERATIONS[request.operation].needs:
        of_source = need.on is On.SOURCE
        if need.headers or need.action.startswith("kms:") or (request.part and of_source != (request.part == CopyPart.SOURCE.value)):
            continue
        # In access logs each side of a copy is a record of its own, with its own bucket and key.
        copied = of_source and not request.part
        place = (str(request.source_bucket), str(request.source_folder)) if copied else (request.bucket, request.folder)
        remark = None
        if need.per_key or (need.on is On.OBJECT and request.no_key):
            remark = f"{request.operation} in {request.bucket}: the log has no keys; add what may be deleted by hand"
        elif need.on not in (On.OBJECT, On.SOURCE) and need.action != _LISTING:
            remark = f"{request.operation} on {request.bucket or 'the account'} is not part of a grant"
        elif (level := _LEVEL_OF.get(need.action)) is not None:
            role.levels.setdefault(place, set()).add(level)
        else:
            role.actions.setdefault(place, set()).add(need.action)
        if remark is not None and remark not in remarks:
            remarks.append(remark)


def _add_tokens(engine: QueryEngine, roles: Mapping[str, _Role]) -> None:
    for principal, provider, audience, subject in engine.run(Fragment("SELECT DISTINCT role, provider, audience, subject FROM sessions")):
        if (one := roles.get(str(principal))) is not None:
            one.tokens.setdefault((str(provider), str(audience)), set()).add(str(subject))


def _written(roles: Mapping[str, _Role], remarks: list[str], exact: Collection[str]) -> str | None:
    issuers: dict[str, dict[str, object]] = {}
    services: dict[str, dict[str, object]] = {}
    for principal, role in roles.items():
        name = principal.rpartition("/")[2]
        if not role.tokens:
            remarks.append(f"role {name}: no AssumeRoleWithWebIdentity event says whose tokens assumed it; it is left out")
            continue
        identities = [
            {"issuer": _issuer(issuers, provider, audience), "subject": subject}
            for (provider, audience), subjects in sorted(role.tokens.items())
            for subject in sorted(subjects)[:MAX_SUBJECTS]
        ]
        if any(len(subjects) > MAX_SUBJECTS for subjects in role.tokens.values()):
            remarks.append(f"role {name}: more than {MAX_SUBJECTS} subjects of one issuer assumed it; only the first are declared")
        grants = list(_grants(role, widened=name not in exact))
        if grants:
            services[name] = {"name": name, "identity": identities[0] if len(identities) == 1 else identities, "grants": grants}
    if not services:
        return None
    buckets = {bucket: {"create": False} for role in roles.values() for bucket, _ in (*role.levels, *role.actions)}
    tree = {"issuers": issuers, "buckets": dict(sorted(buckets.items())), "services": services}
    return yaml.safe_dump(tree, sort_keys=False, width=120, allow_unicode=True)


def _issuer(issuers: dict[str, dict[str, object]], provider: str, audience: str) -> str:
    """The name of the issuer of a provider and audience; a new one stands for itself, by its URL."""
    url = "https://" + (provider.partition("oidc-provider/")[2] or provider)
    for name, known in issuers.items():
        if known["url"] == url:
            listed = known["audience"]
            known["audience"] = sorted({*(listed if isinstance(listed, list) else [str(listed)]), audience})
            return name
    name = url.removeprefix("https://").partition("/")[0].replace(".", "-")
    name = name if name not in issuers else f"{name}-{len(issuers)}"
    issuers[name] = {"preset": "generic", "url": url, "audience": [audience], "provider": "existing"}
    return name


def _grants(role: _Role, *, widened: bool) -> Iterable[dict[str, object]]:
    by_bucket: dict[str, dict[str, set[AccessLevel]]] = {}
    for (bucket, folder), levels in role.levels.items():
        by_bucket.setdefault(bucket, {})[folder] = levels
    for bucket, folders in sorted(by_bucket.items()):
        for folder, levels in sorted((_widened(folders) if widened else folders).items()):
            shown = levels - ({AccessLevel.LIST} if AccessLevel.READ in levels else set())
            grant: dict[str, object] = {"bucket": bucket, **({"prefix": folder} if folder else {})}
            yield {**grant, "access": [level.value for level in AccessLevel if level in shown]}
    for (bucket, folder), actions in sorted(role.actions.items()):
        yield {"bucket": bucket, **({"prefix": folder} if folder else {}), "access": [], "actions": sorted(actions)}


def _widened(folders: Mapping[str, set[AccessLevel]]) -> dict[str, set[AccessLevel]]:
    """Folders of one parent become the parent where there are enough of them; a folder inside of another with the same levels goes."""
    children: dict[str, list[str]] = {}
    for folder in folders:
        parent = folder.rstrip("/").rpartition("/")[0]
        if folder.count("/") > 1:
            children.setdefault(f"{parent}/", []).append(folder)
    found = {folder: set(levels) for folder, levels in folders.items()}
    for parent, below in children.items():
        if len(below) >= CHILDREN:
            found.setdefault(parent, set()).update(*(folders[folder] for folder in below))
    return {
        folder: levels
        for folder, levels in found.items()
        if not any(other != folder and folder.startswith(other) and levels <= found[other] for other in found)
    }

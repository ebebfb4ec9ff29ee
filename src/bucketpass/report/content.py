"""What the access map shows, as one value that every form of it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bucketpass.compile import Target, compile_access
from bucketpass.compile.check import findings
from bucketpass.compile.names import Names
from bucketpass.compile.packing import merge
from bucketpass.compile.permissions import grant_statements
from bucketpass.compile.plan import Plan
from bucketpass.findings import Finding
from bucketpass.findings.formats import finding_object
from bucketpass.issuers import issuer_url, trusted
from bucketpass.model.access import Access, AccessLevel, Grant, Identity
from bucketpass.model.own_folder import own_folder
from bucketpass.model.reader import Declaration
from bucketpass.policy import PolicyDocument, render_policy

__all__ = ["Report", "ReportedBucket", "ReportedGrant", "ReportedService", "compared", "report_object", "report_of"]

# What an action of `actions:` does to data, by how its name begins.
_VERBS = (
    ("s3:Get", "read"),
    ("s3:List", "list"),
    ("s3:Put", "write"),
    ("s3:Abort", "write"),
    ("s3:Restore", "write"),
    ("s3:Delete", "delete"),
)
LEVELS = tuple(level.value for level in AccessLevel)


@dataclass(frozen=True, slots=True)
class ReportedIdentity:
    """Tokens that are a service: their issuer, subject and further claims. `line`: in the declaration."""

    issuer: str
    subject: str
    line: int | None


@dataclass(frozen=True, slots=True)
class ReportedGrant:
    """A grant. place: `prefix*` or one key. `change`: added, removed or empty. `statements`: of the role's policy, as JSON.

    expires: when it ends by itself, empty: never. used: requests that the logs have of it, None where no logs were read.
    """

    path: str
    service: str
    bucket: str
    place: str
    levels: tuple[str, ...]
    actions: tuple[str, ...]
    conditions: tuple[str, ...]
    expires: str
    tenant: str
    line: int | None
    statements: tuple[Mapping[str, object], ...]
    change: str = ""
    used: int | None = None
    usage: str = ""


@dataclass(frozen=True, slots=True)
class ReportedService:
    """A service, its role and who may assume it."""

    name: str
    roles: tuple[str, ...]
    identities: tuple[ReportedIdentity, ...]
    session_seconds: int
    line: int | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedBucket:
    """A bucket. `others`: in a sentence, who else may reach it beside the declared services."""

    name: str
    s3_name: str
    encryption: str
    others: str
    exclusive: bool
    administrators: tuple[str, ...]
    line: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page. guarantees, drift: as `prove --json` has them; None: not asked for."""

    file: str
    target: Target
    issuers: tuple[tuple[str, str, str, int | None], ...]
    services: tuple[ReportedService, ...]
    buckets: tuple[ReportedBucket, ...]
    grants: tuple[ReportedGrant, ...]
    findings: tuple[Finding, ...]
    guarantees: tuple[Mapping[str, object], ...] | None = None
    drift: tuple[Mapping[str, object], ...] | None = None
    changes: tuple[Mapping[str, object], ...] | None = None
    compared_with: str = ""
    notes: tuple[str, ...] = field(default=())


def report_of(declaration: Declaration, target: Target) -> Report:
    """The report of a declaration. Raises as `compile_access` does."""
    access = declaration.access
    plan = compile_access(access, target, validated=True)
    names = Names(access, target)

    def line(path: str) -> int | None:
        return declaration.place(path).line

    return Report(
        file=declaration.file,
        target=target,
        issuers=tuple((name, one.preset, issuer_url(one), line(f"issuers.{name}")) for name, one in access.issuers.items()),
        services=tuple(_service(name, access, plan, line) for name in access.services),
        buckets=tuple(_bucket(name, access, names, line(f"buckets.{name}")) for name in access.buckets),
        grants=tuple(one for name in access.services for one in _grants(name, names, line)),
        findings=findings(declaration, plan),
    )


def _service(name: str, access: Access, plan: Plan, line: Callable[[str], int | None]) -> ReportedService:
    declared = access.services[name]
    remarks = [f"also has the policy {text}" if text.startswith("arn:") else "also has a policy of its own" for text in declared.policies]
    remarks += [
        f"also trusts {text}" if not text.startswith("{") else "also trusts what a statement of its own names" for text in declared.trust
    ]
    if declared.permissions_boundary:
        remarks.append(f"limited by the permissions boundary {declared.permissions_boundary}")
    path = f"services.{name}"
    identities = tuple(
        one for index, identity in enumerate(declared.identity) for one in _identities(identity, access, line(f"{path}.identity[{index}]"))
    )
    roles = tuple(role.arn for role in plan.roles if role.service == name)
    return ReportedService(name, roles, identities, declared.session.seconds, line(path), tuple(remarks))


def _identities(identity: Identity, access: Access, line: int | None) -> Iterable[ReportedIdentity]:
    seen = trusted(access.issuers[identity.issuer], identity)
    further = [f"{claim} {' or '.join(sorted(values))}" for claim, values in sorted(identity.require.items())]
    further += ["a pattern"] if identity.unsafe_wildcard else []
    for subject in seen.subjects:
        yield ReportedIdentity(identity.issuer, f"{subject} ({', '.join(further)})" if further else subject, line)


def _bucket(name: str, access: Access, names: Names, line: int | None) -> ReportedBucket:
    declared = access.buckets[name]
    if declared.exclusive:
        others = "Nobody else: the bucket policy denies every principal that is neither a service here nor an administrator."
    else:
        others = (
            "The bucket is not exclusive: principals of its account with S3 policies of their own can reach it, and are not shown here."
        )
    fences = [
        *([f"requests from outside organization {declared.perimeter.organization} are denied"] if declared.perimeter.organization else []),
        *(["requests must come through " + " or ".join(declared.perimeter.vpc_endpoints)] if declared.perimeter.vpc_endpoints else []),
        *([f"statements of its own in the bucket policy ({len(declared.policy)})"] if declared.policy else []),
    ]
    others += f" Also: {'; '.join(fences)}." if fences else ""
    return ReportedBucket(name, names.bucket(name), declared.encryption, others, declared.exclusive, tuple(declared.administrators), line)


def _grants(service: str, names: Names, line: Callable[[str], int | None]) -> Iterable[ReportedGrant]:
    declared = names.access.services[service]
    for grant, compiled in zip(declared.grants, grant_statements(service, names), strict=True):
        statements = render_policy(PolicyDocument(tuple(traced.statement for traced in merge((*compiled.role, *compiled.key)))))[
            "Statement"
        ]
        conditions, expires = _conditions(grant)
        yield ReportedGrant(
            path=compiled.origin.path,
            service=service,
            bucket=grant.bucket,
            place=_place(grant),
            levels=_levels(grant),
            actions=tuple(grant.actions),
            conditions=conditions,
            expires=expires,
            tenant=grant.per or "",
            line=line(compiled.origin.path),
            statements=tuple(statements) if isinstance(statements, list) else (),
        )


def _place(grant: Grant) -> str:
    if grant.key is not None:
        return grant.key
    return f"{grant.prefix}{own_folder(grant.per, '<{}>'.format)}*"


def _levels(grant: Grant) -> tuple[str, ...]:
    found = {level.value for level in grant.access} | {
        level for action in grant.actions for start, level in _VERBS if action.startswith(start)
    }
    return tuple(level for level in LEVELS if level in found)


def _conditions(grant: Grant) -> tuple[tuple[str, ...], str]:
    """The conditions in words, and when the grant ends."""
    given = grant.conditions
    parts: Sequence[tuple[object, str]] = (
        (given.networks, f"from {' or '.join(given.networks)}"),
        (given.vpc_endpoints, f"through {' or '.join(given.vpc_endpoints)}"),
        (grant.access_point, f"through access point {grant.access_point}"),
        (given.not_before, f"from {given.not_before} on"),
        (grant.object_tags, f"objects tagged {', '.join(f'{key}={value}' for key, value in sorted(grant.object_tags.items()))}"),
        (grant.upload_tags, f"put with {', '.join(f'{key}={value}' for key, value in sorted(grant.upload_tags.items()))}"),
        (grant.keys, f"only {' or '.join(grant.keys)}"),
        (grant.exclude, f"not {' or '.join(grant.exclude)}"),
        (grant.per, f"own {grant.per} folder only"),
        (grant.versions, "old versions too"),
    )
    return tuple(text for is_given, text in parts if is_given), "" if given.not_after is None else f"{given.not_after:%Y-%m-%d %H:%M}"


def compared(new: Report, old: Report, changes: Sequence[Mapping[str, object]]) -> Report:
    """`new` with its grants marked against those of `old`; grants that are gone are there with the change `removed`."""

    def key(one: ReportedGrant) -> tuple[object, ...]:
        return one.service, one.bucket, one.place, one.levels, one.actions, one.conditions, one.expires

    before, after = {key(one) for one in old.grants}, {key(one) for one in new.grants}
    grants = [one if key(one) in before else replace(one, change="added") for one in new.grants]
    gone = [replace(one, change="removed", line=None) for one in old.grants if key(one) not in after]
    services = {one.name for one in new.services}
    left = tuple(replace(one, line=None) for one in old.services if one.name not in services)
    buckets = {one.name for one in new.buckets}
    return replace(
        new,
        grants=(*grants, *gone),
        services=(*new.services, *left),
        buckets=(*new.buckets, *(replace(one, line=None) for one in old.buckets if one.name not in buckets)),
        issuers=(*new.issuers, *(one for one in old.issuers if one[0] not in {name for name, *_ in new.issuers})),
        changes=tuple(changes),
        compared_with=old.file,
    )


def report_object(report: Report) -> dict[str, object]:
    """The report as `--format json` prints it."""
    return {
        "file": report.file,
        "account": report.target.account,
        "region": report.target.region,
        "issuers": [{"name": name, "preset": preset, "url": url, "line": line} for name, preset, url, line in report.issuers],
        "services": [
            {
                "name": one.name,
                "roles": list(one.roles),
                "identities": [{"issuer": it.issuer, "subject": it.subject, "line": it.line} for it in one.identities],
                "session_seconds": one.session_seconds,
                "remarks": list(one.remarks),
                "line": one.line,
            }
            for one in report.services
        ],
        "buckets": [
            {
                "name": one.name,
                "s3_name": one.s3_name,
                "encryption": one.encryption,
                "exclusive": one.exclusive,
                "administrators": list(one.administrators),
                "others": one.others,
                "line": one.line,
            }
            for one in report.buckets
        ],
        "grants": [
            {
                "path": one.path,
                "service": one.service,
                "bucket": one.bucket,
                "place": one.place,
                "access": list(one.levels),
                "actions": list(one.actions),
                "conditions": list(one.conditions),
                "expires": one.expires,
                "per": one.tenant,
                "line": one.line,
                "change": one.change,
                "requests": one.used,
                "usage": one.usage,
                "statements": list(one.statements),
            }
            for one in report.grants
        ],
        "findings": [finding_object(one) for one in report.findings],
        "guarantees": None if report.guarantees is None else list(report.guarantees),
        "drift": None if report.drift is None else list(report.drift),
        "changes": None if report.changes is None else list(report.changes),
        "compared_with": report.compared_with,
        "notes": list(report.notes),
    }

"""Random declarations over a small world, so that grants meet, overlap and look alike; and what they mean, told the slow way.

`means` is the oracle: it reads a declaration and says whether a service may do something, without any policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from bucketpass.model import Access, AccessLevel, Bucket, Grant, GrantConditions, Identity, Issuer, Listing, ObjectLock, Service, Session
from bucketpass.model.grant_rules import exclusion_mistakes

ISSUERS = {
    "okta": Issuer("okta", "https://acme.okta.com/oauth2/default", ("s3-data",)),
    "auth0": Issuer("auth0", "https://acme.auth0.com/", ("https://api.acme.example",)),
    "ci": Issuer("github"),
}
IDENTITIES = (
    Identity("okta", {"subject": "one"}),
    Identity("okta", {"subject": "two"}),
    Identity("okta", {"subject": "${one}"}),
    Identity("auth0", {"client_id": "one"}),
    Identity("ci", {"repository": "acme/eval", "branch": "main"}),
    Identity("ci", {"repository": "acme/eval", "branch": "main"}, {"workflow": ("train",)}),
    Identity("ci", {"repository": "acme/eval", "branch": "v*"}, unsafe_wildcard="releases"),
)
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1"
BUCKETS = {
    "one": Bucket(),
    "two": Bucket(encryption=KEY),
    "four": Bucket(encryption="kms", dsse=True, object_lock=ObjectLock(1)),
    "public": Bucket(account="other"),
    "three": Bucket(exclusive=True, administrators=("arn:aws:iam::111122223333:role/admin",)),
}
READING = (AccessLevel.READ, AccessLevel.LIST)
# Further actions of a grant, by whether its bucket has an object lock.
LOCKING: tuple[tuple[tuple[str, ...], ...], ...] = ((), (("s3:GetObjectRetention",), ("s3:PutObjectRetention",)))
PREFIXES = ("", "a", "a/", "a/b/", "ab/", "a*/", "a?/", "${a}/", "$/")
KEYS = (
    "a",
    "a/",
    "a/x",
    "a/b/x",
    "ab/x",
    "a*/x",
    "a?/x",
    "axx/x",
    "${a}/x",
    "$/x",
    "t/acme/x",
    "t/other/x",
    "t/acme/b/x",
    "t/b/acme/x",
    "t//x",
    "acme/x",
    "x",
)
LISTED = ("", "a", "a/", "a/b", "a/b/", "ab", "a*/", "a?/x", "${a}/", "t/", "t/acme/", "t/acme/x", "t/other/", "acme/")
TENANTS = ("acme", "other")
OBJECT_ACTIONS = (
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectTagging",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:GetObjectRetention",
    "s3:PutObjectRetention",
)
LISTING_ACTIONS = ("s3:ListBucket", "s3:ListBucketVersions")
MEANT = {
    AccessLevel.READ: {"s3:GetObject", "s3:ListBucket"},
    AccessLevel.WRITE: {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"},
    # What is tried names no `If-None-Match`, so that nothing is created.
    AccessLevel.CREATE: {"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"},
    AccessLevel.DELETE: {"s3:DeleteObject"},
    AccessLevel.LIST: {"s3:ListBucket"},
}
MEANT_OF_VERSIONS = {
    AccessLevel.READ: {"s3:GetObjectVersion", "s3:ListBucketVersions"},
    AccessLevel.WRITE: set[str](),
    AccessLevel.CREATE: set[str](),
    AccessLevel.DELETE: {"s3:DeleteObjectVersion"},
    AccessLevel.LIST: {"s3:ListBucketVersions"},
}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    """One grant, of nearly any kind."""
    key = draw(st.sampled_from((None, None, None, "a/x", "a*/x")))
    per = draw(st.sampled_from((None, None, None, "tenant", "{tenant}/b", "b/{tenant}"))) if key is None else None
    bucket = draw(st.sampled_from(tuple(BUCKETS)))
    known = READING if bucket == "public" else tuple(AccessLevel)
    levels = [level for level in known if key is None or level is not AccessLevel.LIST]
    chosen = draw(st.sets(st.sampled_from(levels), min_size=1))
    prefix = "" if key is not None else draw(st.sampled_from(("", "t/"))) if per else draw(st.sampled_from(PREFIXES))
    lists = key is None and per is None and bool({AccessLevel.READ, AccessLevel.LIST} & chosen) and prefix.endswith("/")
    return Grant(
        bucket=bucket,
        prefix=prefix,
        access=tuple(sorted(chosen, key=lambda level: level.value)),
        key=key,
        actions=draw(st.sampled_from(((), (), ("s3:GetObjectTagging",), *LOCKING[bucket == "four"]))),
        versions=draw(st.booleans()),
        object_tags=draw(st.sampled_from(({}, {}, {"class": "open"}))) if chosen <= {AccessLevel.READ} else {},
        per=per,
        keys=draw(st.sampled_from(((), (), ("*x",), ("b/x*",)))) if key is None else (),
        exclude=draw(st.sampled_from(((), (), ("b/",), ("a*x",)))) if key is None else (),
        listing=draw(st.sampled_from(Listing)) if lists else Listing.EXACT,
        head=draw(st.booleans()) if per is None else False,
        clients=draw(st.sampled_from(((), (), ("arrow",), ("spark",)))) if per is None else (),
        conditions=draw(
            st.sampled_from(
                (GrantConditions(), GrantConditions(), GrantConditions(networks=("198.51.100.0/24",)), GrantConditions(not_after=NOON))
            )
        ),
    )


def _settled(grant: Grant) -> Grant:
    return Grant(grant.bucket, grant.prefix, grant.access, grant.key, (), grant.versions, grant.object_tags) if grant.object_tags else grant


IDENTITY_LISTS = st.lists(
    st.sampled_from(IDENTITIES), min_size=1, max_size=3, unique_by=lambda one: (one.issuer, *one.claims.values(), *one.require)
).map(tuple)


def _compatible(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """The grants; without exclusions where one of them would be excluded as a whole, which is an error."""
    settled = tuple(map(_settled, grants))
    return tuple(replace(grant, exclude=()) for grant in settled) if any(exclusion_mistakes("", settled)) else settled


@st.composite
def accesses(draw: st.DrawFn) -> Access:
    """One declaration of up to three services."""
    services = {
        name: Service(
            identity=draw(IDENTITY_LISTS),
            grants=_compatible(draw(st.lists(grants(), max_size=4))),
            session=Session(tags=draw(st.sampled_from(((), ("team",))))),
        )
        for name in draw(st.sets(st.sampled_from(("job", "eval", "serve")), min_size=1))
    }
    return Access(ISSUERS, BUCKETS, services, name_prefix=draw(st.sampled_from((None, None, "acme-", "7"))))


@dataclass(frozen=True)
class Try:
    """Something that a service tries. `listed` is the prefix of a listing, `key` an object's key."""

    action: str
    bucket: str
    key: str = ""
    listed: str | None = None
    address: str = "198.51.100.3"
    at: datetime = NOON
    tags: Mapping[str, str] | None = None

    @property
    def context(self) -> dict[str, str]:
        listing = {} if self.listed is None else {"s3:prefix": self.listed}
        tags = {f"s3:ExistingObjectTag/{name}": value for name, value in (self.tags or {}).items()}
        return {"aws:SourceIp": self.address, "aws:CurrentTime": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"), **listing, **tags}

    @property
    def where(self) -> str:
        return f"{self.bucket}/{self.key}" if self.key else self.bucket


@st.composite
def tries(draw: st.DrawFn) -> Try:
    """Anything that a client might try in the small world."""
    lists = draw(st.booleans())
    return Try(
        action=draw(st.sampled_from(LISTING_ACTIONS if lists else OBJECT_ACTIONS)),
        bucket=draw(st.sampled_from(tuple(BUCKETS))),
        key="" if lists else draw(st.sampled_from(KEYS)),
        listed=draw(st.sampled_from((None, *LISTED))) if lists else None,
        address=draw(st.sampled_from(("198.51.100.3", "192.0.2.1"))),
        at=draw(st.sampled_from((NOON.replace(hour=11), NOON))),
        tags=None if lists else draw(st.sampled_from((None, {"class": "open"}, {"class": "secret"}))),
    )


def means(service: Service, tenant: str | None, tried: Try) -> bool:
    """Whether the declaration lets a session of the service, with this tenant's tag, do what is tried."""
    return any(_grants(grant, tenant, tried) for grant in service.grants) and not any(
        _matches(_start(grant, tenant), pattern, tried.key)
        for grant in service.grants
        if grant.bucket == tried.bucket and tried.key and (grant.per is None or tenant is not None)
        for pattern in grant.exclude
    )


def _start(grant: Grant, tenant: str | None) -> str:
    """What the grant's keys start with."""
    if grant.per is None:
        return grant.prefix
    folder = grant.per.replace("{tenant}", str(tenant)) if "{" in grant.per else tenant
    return f"{grant.prefix}{folder}/"


def _matches(start: str, pattern: str, key: str) -> bool:
    """Whether a key matches one of the patterns that are drawn: `x*y`, or `x/` for all below it."""
    head, _, tail = (f"{pattern}*" if pattern.endswith("/") else pattern).partition("*")
    rest = key.removeprefix(start)
    return key.startswith(start) and rest.startswith(head) and rest.endswith(tail) and len(rest) >= len(head) + len(tail)


def _grants(grant: Grant, tenant: str | None, tried: Try) -> bool:
    asks_head = tried.action == "s3:ListBucket" and not tried.listed and (grant.head or "arrow" in grant.clients)
    meant = {action for level in grant.access for action in MEANT[level]}
    if grant.versions:
        meant |= {action for level in grant.access for action in MEANT_OF_VERSIONS[level]}
    if grant.key is not None:
        meant -= set(LISTING_ACTIONS)
    if grant.bucket != tried.bucket or not (asks_head or tried.action in meant | set(grant.actions)):
        return False
    conditions = grant.conditions
    if conditions.networks and not tried.address.startswith("198.51.100."):
        return False
    if conditions.not_after is not None and tried.at >= conditions.not_after:
        return False
    if grant.per is not None and tenant is None:
        return False
    if asks_head:
        return True
    start = _start(grant, tenant)
    reads_tags = tried.action in {"s3:GetObject", "s3:GetObjectVersion"}
    shows_name = grant.key is None and (grant.listing is not Listing.EXACT or grant.clients != ()) and start.endswith("/")
    if tried.action in LISTING_ACTIONS:
        heads = [start + pattern.partition("*")[0] for pattern in grant.keys] or [start]
        return "" in heads or (
            tried.listed is not None and (any(map(tried.listed.startswith, heads)) or (shows_name and f"{tried.listed}/" == start))
        )
    if grant.object_tags and reads_tags and not grant.object_tags.items() <= (tried.tags or {}).items():
        return False
    if grant.key is not None:
        return tried.key == grant.key
    # `arrow` puts an empty object for each folder on the way.
    marks = tried.action == "s3:PutObject" and "arrow" in grant.clients and AccessLevel.WRITE in grant.access
    return (
        any(_matches(start, pattern, tried.key) for pattern in grant.keys or ("*",))
        or (shows_name and reads_tags and f"{tried.key}/" == start and AccessLevel.READ in grant.access)
        or (marks and tried.key.endswith("/") and tried.key != start and start.startswith(tried.key))
    )

"""The declaration as values: who (issuers, services) may touch what (buckets, grants).

The same values stand behind `access.yaml` and behind Python programs::

    Access(
        issuers={"okta": Issuer(preset="okta", url="https://acme.okta.com/oauth2/default", audience=("s3-data",))},
        buckets={"datasets": Bucket()},
        services={"trainer": Service(
            identity=(Identity(issuer="okta", claims={"subject": "0oa1trainer"}),),
            grants=(Grant(bucket="datasets", prefix="raw/", access=(AccessLevel.READ,)),),
        )},
    )
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

__all__ = [
    "Access",
    "AccessLevel",
    "Bucket",
    "Grant",
    "GrantConditions",
    "Identity",
    "Issuer",
    "Lifecycle",
    "Logging",
    "Never",
    "ObjectLock",
    "Perimeter",
    "Relaxation",
    "Service",
    "Session",
]


class AccessLevel(Enum):
    """What a grant lets a service do below its prefix."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    LIST = "list"


class Relaxation(Enum):
    """A guard rail of buckets that can be taken down, for a reason that is written beside it."""

    BLOCK_PUBLIC_ACCESS = "block_public_access"
    TLS = "tls"
    CUSTOMER_KEYS = "customer_keys"  # SSE-C
    RIGHT_KEY = "right_key"
    INCOMPLETE_UPLOADS = "incomplete_uploads"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider: which kind it is, its issuer URL, and the audiences that its tokens may carry.

    `provider`: `create` (the default), `existing` (it is there, under the ARN that follows from the URL), or an ARN.
    `authorized_party`: whether tokens carry `azp`; None: as the preset says.
    """

    preset: str = "generic"
    url: str | None = None
    audience: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    provider: str = "create"
    authorized_party: bool | None = None


@dataclass(frozen=True, slots=True)
class Perimeter:
    """Where requests to a bucket may come from: an organization's principals, VPC endpoints. AWS's own services pass."""

    organization: str | None = None
    vpc_endpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """When what is no longer needed goes. None: never."""

    incomplete_uploads_days: int = 7
    expire_days: int | None = None
    expire_old_versions_days: int | None = None


@dataclass(frozen=True, slots=True)
class Logging:
    """Where S3's access log of a bucket goes: a declared or an existing bucket."""

    bucket: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class ObjectLock:
    """New objects cannot be deleted for `days`. `mode`: `governance` or `compliance`."""

    days: int
    mode: str = "governance"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket. `name` is its name in S3; where None, the name in the declaration.

    encryption: `s3`, `kms` (a key is made), or the ARN of a key.
    exclusive: every principal is denied that is neither a declared service nor one of `administrators`.
    create: False for a bucket that is there already. `policy` is then the policy that it has: JSON, which is kept and added
        to, or `none`. Where it is not said, the bucket's policy is left alone.
    account: the account that the bucket is in, where it is another one than the roles'. Such a bucket is never created.
    regional: its S3 name is `<name>-<account>-<region>-an`, in the account's own namespace.
    relax: guard rails that are taken down, each with its reason.
    """

    name: str | None = None
    encryption: str = "s3"
    versioning: bool = True
    exclusive: bool = False
    administrators: tuple[str, ...] = ()
    create: bool = True
    account: str | None = None
    policy: str | None = None
    regional: bool = False
    bucket_key: bool = True
    perimeter: Perimeter = Perimeter()
    lifecycle: Lifecycle = Lifecycle()
    logging: Logging | None = None
    object_lock: ObjectLock | None = None
    access_points: tuple[str, ...] = ()
    relax: Mapping[Relaxation, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which tokens of an issuer are this service.

    claims: fields that the issuer's preset knows: `subject`, `repository` ...
    require: further claims of the token and the values that they may have; only claims that AWS turns into condition keys.
    unsafe_wildcard: why `*` and `?` in the claims are wildcards. Where None, claims that have them are refused.
    """

    issuer: str
    claims: Mapping[str, str]
    require: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unsafe_wildcard: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What a session of the service's role is like. `seconds`: 900 to 43,200.

    tags: the session tags that a token may set. None but these; where empty, tokens that carry tags are refused.
    source_identity: whether a token may set the session's source identity.
    """

    seconds: int = 3600
    tags: tuple[str, ...] = ()
    source_identity: bool = False


@dataclass(frozen=True, slots=True)
class GrantConditions:
    """Where and when a grant holds. Networks are address blocks; times are aware."""

    vpc_endpoints: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a service may do with the objects of `bucket` whose keys start with `prefix` (empty: all).

    key: exactly one object, in place of a prefix.
    access: levels; `actions`: exact S3 actions, in place of levels or added to them.
    versions: old versions too.
    object_tags: only objects that carry these tags; for reading.
    per: the session tag whose value names a folder below `prefix`: a service reaches only its own.
    access_point: the grant holds only through this access point of the bucket.
    """

    bucket: str
    prefix: str = ""
    access: tuple[AccessLevel, ...] = (AccessLevel.READ,)
    key: str | None = None
    actions: tuple[str, ...] = ()
    versions: bool = False
    object_tags: Mapping[str, str] = field(default_factory=dict)
    conditions: GrantConditions = GrantConditions()
    per: str | None = None
    access_point: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """An AI service: the identities that it has (any of them is enough) and what is granted to it.

    name: the role's name; where None, `<access name>-<service>`.
    keys: ARNs of further KMS keys that objects of its buckets may be encrypted with.
    """

    identity: tuple[Identity, ...]
    grants: tuple[Grant, ...] = ()
    session: Session = Session()
    name: str | None = None
    path: str = "/"
    description: str | None = None
    permissions_boundary: str | None = None
    keys: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Never:
    """What must never be possible, whatever else is declared: `bucketpass prove` holds it for all requests.

    never: actions and where, such as `GetObject,PutObject s3://datasets/secret/*`. by: services; empty: all of them.
    """

    never: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """One whole declaration. `name` is what roles and policies are named after: `<name>-<service>`.

    guarantees: by name, what must never be possible.
    """

    issuers: Mapping[str, Issuer]
    buckets: Mapping[str, Bucket]
    services: Mapping[str, Service]
    name: str = "bucketpass"
    tags: Mapping[str, str] = field(default_factory=dict)
    guarantees: Mapping[str, Never] = field(default_factory=dict)

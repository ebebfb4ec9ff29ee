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
from enum import Enum

__all__ = ["Access", "AccessLevel", "Bucket", "Grant", "Identity", "Issuer", "Service", "Session"]


class AccessLevel(Enum):
    """What a grant lets a service do below its prefix."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider: which kind it is, its issuer URL, and the audiences that its tokens may carry."""

    preset: str = "generic"
    url: str | None = None
    audience: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket. `name` is its name in S3; where None, the name in the declaration. `encryption`: `s3`, `kms`, or the ARN of a key."""

    name: str | None = None
    encryption: str = "s3"
    versioning: bool = True
    exclusive: bool = False
    administrators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Which tokens of an issuer are this service. `claims` are fields that the issuer's preset knows: `subject`, `repository` ..."""

    issuer: str
    claims: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Session:
    """What a session of the service's role is like. `seconds`: 900 to 43,200."""

    seconds: int = 3600


@dataclass(frozen=True, slots=True)
class Grant:
    """What a service may do with the objects of `bucket` whose keys start with `prefix` (empty: all)."""

    bucket: str
    prefix: str = ""
    access: tuple[AccessLevel, ...] = (AccessLevel.READ,)


@dataclass(frozen=True, slots=True)
class Service:
    """An AI service: the identities that it has (any of them is enough) and what is granted to it."""

    identity: tuple[Identity, ...]
    grants: tuple[Grant, ...] = ()
    session: Session = Session()


@dataclass(frozen=True, slots=True)
class Access:
    """One whole declaration. `name` is what roles and policies are named after: `<name>-<service>`."""

    issuers: Mapping[str, Issuer]
    buckets: Mapping[str, Bucket]
    services: Mapping[str, Service]
    name: str = "bucketpass"
    tags: Mapping[str, str] = field(default_factory=dict)

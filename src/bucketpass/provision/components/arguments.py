"""What components take, as types: Pulumi makes its schema of them, and their docstrings its text.

The names are those of access.yaml. What is an `Input` may be known only once another resource is made; all else says which
resources there are. Annotations are evaluated here, and unions are not understood by Pulumi.
"""

from typing import NotRequired, TypedDict

import pulumi

__all__ = [
    "Bucket",
    "Conditions",
    "FederatedAccessArgs",
    "Grant",
    "Identity",
    "Issuer",
    "Lifecycle",
    "Logging",
    "ObjectLock",
    "OidcIssuerArgs",
    "Perimeter",
    "ProtectedBucketArgs",
    "RoleIdentity",
    "Service",
    "ServiceRoleArgs",
    "Session",
]


class Issuer(TypedDict):
    """An identity provider: which kind it is, its issuer URL, and the audiences of its tokens."""

    preset: NotRequired[str]
    """The kind of provider, such as `okta`, `github` or `kubernetes`; `generic` where it is not said."""
    url: NotRequired[pulumi.Input[str]]
    """The issuer URL, as in the token's `iss`. Needed where the preset has none of its own."""
    audience: NotRequired[list[pulumi.Input[str]]]
    """The audiences of its tokens, where they are not the preset's."""
    thumbprints: NotRequired[list[str]]
    """Only where its certificate is of a private authority: SHA-1 thumbprints of 40 hexadecimal digits."""
    provider: NotRequired[str]
    """`create` (default), `existing`, or the ARN of the IAM provider."""
    authorized_party: NotRequired[bool]
    """Whether its tokens carry `azp`, where that differs from the preset."""


class Identity(TypedDict):
    """Which tokens of an issuer are a service."""

    issuer: str
    """The name of the issuer."""
    claims: dict[str, pulumi.Input[str]]
    """The fields that the issuer's preset knows, such as `subject`, `repository` or `client_id`."""
    require: NotRequired[dict[str, list[str]]]
    """Further claims of the token and the values that they may have."""
    unsafe_wildcard: NotRequired[str]
    """Why `*` in the claims is a wildcard."""


class Conditions(TypedDict):
    """Where and when a grant holds."""

    vpc_endpoints: NotRequired[list[str]]
    """Only through these VPC endpoints."""
    networks: NotRequired[list[str]]
    """Only from these address blocks."""
    not_before: NotRequired[str]
    """From when on, such as `2026-01-31T00:00:00Z`."""
    not_after: NotRequired[str]
    """Until when."""


class Grant(TypedDict):
    """What a service may do with the objects below a prefix."""

    bucket: pulumi.Input[str]
    """The bucket: its name in the declaration; for a `ServiceRole` its name in S3."""
    prefix: NotRequired[str]
    """What the objects' keys start with; the whole bucket where it is not said."""
    key: NotRequired[str]
    """Exactly one object, in place of a prefix."""
    access: NotRequired[list[str]]
    """`read`, `write`, `delete`, `list`, or several."""
    actions: NotRequired[list[str]]
    """Exact S3 actions."""
    versions: NotRequired[bool]
    """Old versions too."""
    object_tags: NotRequired[dict[str, str]]
    """Read only objects that carry these tags."""
    conditions: NotRequired[Conditions]
    """Where and when it holds."""
    per: NotRequired[str]
    """The session tag whose value is a folder below the prefix."""
    access_point: NotRequired[str]
    """Only through this access point of the bucket."""


class Session(TypedDict):
    """What a service's sessions are like."""

    duration: NotRequired[str]
    """How long at most, such as `4h` (default `1h`)."""
    tags: NotRequired[list[str]]
    """Session tags that a token may set."""
    source_identity: NotRequired[bool]
    """Whether a token may set the source identity."""


class Service(TypedDict):
    """An AI service: who it is and what it may do."""

    identity: list[Identity]
    """Which tokens are this service; any of them is enough."""
    grants: NotRequired[list[Grant]]
    """What it may do."""
    session: NotRequired[Session]
    """What its sessions are like."""
    name: NotRequired[str]
    """The role's name, where it is not `<name>-<service>`."""
    path: NotRequired[str]
    """The role's path, such as `/ai/`."""
    description: NotRequired[str]
    """The role's description."""
    permissions_boundary: NotRequired[str]
    """The ARN of the role's permissions boundary."""
    keys: NotRequired[list[pulumi.Input[str]]]
    """ARNs of further KMS keys that objects may be encrypted with."""
    tags: NotRequired[dict[str, str]]
    """The role's tags."""


class Perimeter(TypedDict):
    """Where requests to a bucket may come from."""

    organization: NotRequired[str]
    """Only principals of this organization, such as `o-a1b2c3d4e5`."""
    vpc_endpoints: NotRequired[list[str]]
    """Only through these VPC endpoints."""


class Lifecycle(TypedDict):
    """When what is no longer needed goes."""

    incomplete_uploads_days: NotRequired[int]
    """When unfinished multipart uploads go (default 7)."""
    expire_days: NotRequired[int]
    """When objects go."""
    expire_old_versions_days: NotRequired[int]
    """When old versions go."""


class Logging(TypedDict):
    """Where a bucket's access log goes."""

    bucket: str
    """A declared bucket, or the name of an existing one."""
    prefix: NotRequired[str]
    """What log objects' keys start with."""


class ObjectLock(TypedDict):
    """For how long new objects cannot be deleted."""

    days: int
    """For how long."""
    mode: NotRequired[str]
    """`governance` (default) or `compliance`."""


class Bucket(TypedDict):
    """A bucket with its guard rails."""

    name: NotRequired[str]
    """Its name in S3, where it is not its name here."""
    encryption: NotRequired[pulumi.Input[str]]
    """`s3` (default), `kms` (a key is made), or the ARN of a key."""
    versioning: NotRequired[bool]
    """Whether old versions are kept (default true)."""
    exclusive: NotRequired[bool]
    """Deny every principal that is neither a declared service nor an administrator."""
    administrators: NotRequired[list[pulumi.Input[str]]]
    """ARNs of the principals that an exclusive bucket lets in as well."""
    create: NotRequired[bool]
    """False: the bucket is there already."""
    account: NotRequired[str]
    """The account of a bucket that is in another one."""
    policy: NotRequired[str]
    """The policy that an existing bucket has, as JSON, to be kept and added to; or `none`."""
    regional: NotRequired[bool]
    """Named `<name>-<account>-<region>-an`, in the account's own namespace."""
    bucket_key: NotRequired[bool]
    """Whether S3 uses a bucket key with KMS (default true)."""
    perimeter: NotRequired[Perimeter]
    """Where requests may come from."""
    lifecycle: NotRequired[Lifecycle]
    """When objects go."""
    logging: NotRequired[Logging]
    """Where the access log goes."""
    object_lock: NotRequired[ObjectLock]
    """New objects cannot be deleted for some time."""
    access_points: NotRequired[list[str]]
    """The names of its access points."""
    relax: NotRequired[dict[str, str]]
    """Guard rails to take down, each with the reason."""


class FederatedAccessArgs(TypedDict):
    """A whole declaration: the fields of access.yaml."""

    issuers: dict[str, Issuer]
    """Identity providers, by name."""
    buckets: dict[str, Bucket]
    """Buckets, by name."""
    services: dict[str, Service]
    """AI services, by name."""
    name: NotRequired[str]
    """What roles and policies are named after (default `bucketpass`)."""
    tags: NotRequired[dict[str, str]]
    """Tags of everything that is made."""


class OidcIssuerArgs(TypedDict):
    """An identity provider as IAM knows it."""

    preset: NotRequired[str]
    """The kind of provider, such as `okta`, `github` or `kubernetes`; `generic` where it is not said."""
    url: NotRequired[pulumi.Input[str]]
    """The issuer URL, as in the token's `iss`. Needed where the preset has none of its own."""
    audience: NotRequired[list[pulumi.Input[str]]]
    """The client IDs: audiences of its tokens or, where they carry `azp`, the clients."""
    thumbprints: NotRequired[list[str]]
    """Only where its certificate is of a private authority: SHA-1 thumbprints of 40 hexadecimal digits."""
    tags: NotRequired[dict[str, str]]
    """Tags of the provider."""


class RoleIdentity(TypedDict):
    """Which tokens of the role's issuer may have the role."""

    claims: dict[str, pulumi.Input[str]]
    """The fields that the issuer's preset knows, such as `subject`, `repository` or `client_id`."""
    require: NotRequired[dict[str, list[str]]]
    """Further claims of the token and the values that they may have."""
    unsafe_wildcard: NotRequired[str]
    """Why `*` in the claims is a wildcard."""


class ServiceRoleArgs(TypedDict):
    """One service's role, where its issuer's provider and its buckets are there already."""

    issuer: Issuer
    """The service's issuer; its IAM provider is used, not made."""
    identity: RoleIdentity
    """Which of its tokens may have the role."""
    grants: list[Grant]
    """What the role may do; `bucket` is the bucket's name in S3."""
    session: NotRequired[Session]
    """What its sessions are like."""
    role_name: NotRequired[str]
    """The role's name, where it is not the component's."""
    path: NotRequired[str]
    """The role's path, such as `/ai/`."""
    description: NotRequired[str]
    """The role's description."""
    permissions_boundary: NotRequired[str]
    """The ARN of the role's permissions boundary."""
    keys: NotRequired[list[pulumi.Input[str]]]
    """ARNs of the KMS keys that the buckets' objects are encrypted with."""
    tags: NotRequired[dict[str, str]]
    """Tags of the role and its policies."""


class ProtectedBucketArgs(TypedDict):
    """A bucket with its guard rails, by itself."""

    name: NotRequired[str]
    """Its name in S3, where it is not the component's."""
    encryption: NotRequired[pulumi.Input[str]]
    """`s3` (default), `kms` (a key is made), or the ARN of a key."""
    versioning: NotRequired[bool]
    """Whether old versions are kept (default true)."""
    exclusive: NotRequired[bool]
    """Deny every principal that is not an administrator."""
    administrators: NotRequired[list[pulumi.Input[str]]]
    """ARNs of the principals that an exclusive bucket lets in as well."""
    regional: NotRequired[bool]
    """Named `<name>-<account>-<region>-an`, in the account's own namespace."""
    bucket_key: NotRequired[bool]
    """Whether S3 uses a bucket key with KMS (default true)."""
    perimeter: NotRequired[Perimeter]
    """Where requests may come from."""
    lifecycle: NotRequired[Lifecycle]
    """When objects go."""
    logging: NotRequired[Logging]
    """Where the access log goes: an existing bucket."""
    object_lock: NotRequired[ObjectLock]
    """New objects cannot be deleted for some time."""
    access_points: NotRequired[list[str]]
    """The names of its access points."""
    relax: NotRequired[dict[str, str]]
    """Guard rails to take down, each with the reason."""
    tags: NotRequired[dict[str, str]]
    """Tags of the bucket and its key."""

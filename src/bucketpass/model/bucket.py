"""A bucket of the declaration, with its settings. Each field stands here, and only here: see `bucketpass.model.access`."""

# Annotations are evaluated here: the shapes of a file's fields are read from them.

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, ClassVar, Literal

from bucketpass.aws.log_delivery import DELIVERIES, WITH_ROLES
from bucketpass.model.field import Field
from bucketpass.model.shape import Choice, Count, Either, Text, Wrapped
from bucketpass.model.texts import (
    KEY_ARN,
    PRINCIPAL_ARN,
    AccessPointName,
    AnyText,
    BucketName,
    Name,
    ObjectTag,
    Reason,
    Region,
    Tag,
    TagValue,
    Vpc,
    VpcEndpoint,
)

__all__ = ["OTHERS", "Bucket", "Cors", "Lifecycle", "LifecycleRule", "Logging", "ObjectLock", "Perimeter", "Relaxation", "StorageClass"]

# The account of public buckets, whose owners nobody here knows.
OTHERS = "other"
ENCRYPTION = Either(Choice(("s3", "kms"), other=KEY_ARN), Wrapped("key", KEY_ARN))


class Relaxation(Enum):
    """A guard rail of buckets that can be taken down, with a reason beside it."""

    BLOCK_PUBLIC_ACCESS = "block_public_access"
    TLS = "tls"
    CUSTOMER_KEYS = "customer_keys"  # SSE-C
    RIGHT_KEY = "right_key"
    INCOMPLETE_UPLOADS = "incomplete_uploads"


@dataclass(frozen=True, slots=True)
class Perimeter:
    """Where requests to a bucket may come from. Requests of AWS services pass."""

    called: ClassVar[str] = "a perimeter"

    organization: Annotated[
        str | None, Text("the ID of an organization", r"o-[a-z0-9]{10,32}"), Field("only principals of this organization", output=True)
    ] = None
    vpc_endpoints: Annotated[tuple[VpcEndpoint, ...], Field("only through these VPC endpoints", output=True)] = ()


class StorageClass(Enum):
    """Where objects move with their age, the nearest first."""

    STANDARD_IA = "STANDARD_IA"
    INTELLIGENT_TIERING = "INTELLIGENT_TIERING"
    ONEZONE_IA = "ONEZONE_IA"
    GLACIER_IR = "GLACIER_IR"
    GLACIER = "GLACIER"
    DEEP_ARCHIVE = "DEEP_ARCHIVE"


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """What becomes of some of a bucket's objects with their age."""

    called: ClassVar[str] = "a lifecycle rule"

    prefix: Annotated[AnyText, Field("of the objects whose keys start so", output=True)] = ""
    tags: Annotated[Mapping[ObjectTag, TagValue], Field("of the objects that carry these tags", output=True)] = field(default_factory=dict)
    transitions: Annotated[
        Mapping[StorageClass, Annotated[int, Count(0, 36500)]],
        Field("after how many days they move to which storage class", holds="storage classes and days"),
    ] = field(default_factory=dict)
    old_transitions: Annotated[
        Mapping[StorageClass, Annotated[int, Count(0, 36500)]],
        Field("the same of noncurrent versions", holds="storage classes and days"),
    ] = field(default_factory=dict)
    expire_days: Annotated[int | None, Count(1, 36500), Field("days until they expire")] = None
    expire_old_versions_days: Annotated[int | None, Count(1, 36500), Field("days until their noncurrent versions expire")] = None
    keep_old_versions: Annotated[int | None, Count(1, 100), Field("how many noncurrent versions of each are kept longer")] = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """After how many days objects are deleted."""

    called: ClassVar[str] = "a lifecycle"

    incomplete_uploads_days: Annotated[int, Count(1, 365), Field("days until incomplete multipart uploads are aborted")] = 7
    expire_days: Annotated[int | None, Count(1, 36500), Field("days until objects expire")] = None
    expire_old_versions_days: Annotated[int | None, Count(1, 36500), Field("days until noncurrent versions expire")] = None
    keep_old_versions: Annotated[int | None, Count(1, 100), Field("how many noncurrent versions of each object are kept longer")] = None
    rules: Annotated[tuple[LifecycleRule, ...], Field("what becomes of some of the objects: by prefix, by tag")] = ()


@dataclass(frozen=True, slots=True)
class Cors:
    """What pages of other origins may do with a bucket from a browser, with credentials of their own."""

    called: ClassVar[str] = "a CORS rule"

    origins: Annotated[tuple[Annotated[str, Text("an origin such as `https://studio.example.com`, or `*`")], ...], Field("whose pages")]
    methods: Annotated[tuple[Literal["GET", "PUT", "POST", "DELETE", "HEAD"], ...], Field("with which methods")] = ("GET", "HEAD")
    headers: Annotated[tuple[AnyText, ...], Field("which headers they may send, such as `*`")] = ()
    expose: Annotated[tuple[AnyText, ...], Field("which headers of the answer they see, such as `ETag`")] = ()
    max_age_seconds: Annotated[int | None, Count(0, 86400), Field("for how long a browser keeps this in mind")] = None


@dataclass(frozen=True, slots=True)
class Logging:
    """Where the server access logs of a bucket go."""

    called: ClassVar[str] = "access logging"

    bucket: Annotated[Name, Field("a declared bucket, or the name of an existing one", output=True)]
    prefix: Annotated[str, Field("what the keys of log objects start with", output=True)] = ""


@dataclass(frozen=True, slots=True)
class ObjectLock:
    """For how long new objects cannot be deleted."""

    called: ClassVar[str] = "an object lock"

    days: Annotated[int, Count(1, 36500), Field("the default retention in days")]
    mode: Annotated[Literal["governance", "compliance"], Field("the default retention mode")] = "governance"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket with its guard rails."""

    called: ClassVar[str] = "a bucket"

    name: Annotated[BucketName | None, Field("its name in S3, if that is not its name here")] = None
    encryption: Annotated[str, ENCRYPTION, Field("`s3`, `kms` (a key is made), or the ARN of a key", output=True)] = "s3"
    versioning: Annotated[bool, Field("whether noncurrent versions are kept")] = True
    exclusive: Annotated[bool, Field("deny every principal that is neither a declared service nor an administrator")] = False
    administrators: Annotated[
        tuple[Annotated[str, PRINCIPAL_ARN], ...],
        Field("ARNs of the principals that `exclusive` and `perimeter.vpc_endpoints` let in as well", output=True),
    ] = ()
    create: Annotated[
        bool, Field("false: the bucket exists already, and keeps what it has; rules, tags and statements are added to it")
    ] = True
    account: Annotated[
        str | None,
        Choice((OTHERS,), other=Text("an account ID of 12 digits", r"[0-9]{12}")),
        Field("the account of a bucket that is in another one; `other`: a public bucket, of whoever makes it"),
    ] = None
    region: Annotated[Region | None, Field("its Region and its key's, if they are not where the rest is deployed", since="0.3.0")] = None
    policy: Annotated[
        str | None,
        Text("JSON of a bucket policy, or `none`"),
        Field("the policy that an existing bucket has, as JSON, to be kept and added to; or `none`"),
    ] = None
    key_policy: Annotated[
        Literal["merge"] | None, Field("`merge`: the policy of an existing key gets what the services do, beside what others have there")
    ] = None
    regional: Annotated[bool, Field("named `<name>-<account>-<region>-an`, in the account's own namespace")] = False
    bucket_key: Annotated[bool, Field("whether S3 uses a bucket key with KMS")] = True
    dsse: Annotated[
        bool, Field("whether KMS encrypts objects in two layers, DSSE-KMS, which has no bucket key", of="made", since="0.3.0")
    ] = False
    encryption_context: Annotated[
        Literal["bucket", "object", "both"] | None,
        Field("what S3 names to KMS: the `bucket`, each `object`, or `both`, as for existing buckets; else as `bucket_key` says"),
    ] = None
    perimeter: Annotated[Perimeter, Field("where requests may come from")] = Perimeter()
    lifecycle: Annotated[Lifecycle, Field("after how many days objects are deleted", of="account")] = Lifecycle()
    logging: Annotated[Logging | None, Field("where the access log goes", of="account")] = None
    object_lock: Annotated[ObjectLock | None, Field("new objects cannot be deleted for some time", of="made")] = None
    access_points: Annotated[tuple[AccessPointName, ...], Field("the names of its access points")] = ()
    vpc_access_points: Annotated[
        Mapping[AccessPointName, Vpc],
        Field("further access points, each for requests from one VPC alone", holds="access points and IDs of VPCs", since="0.3.0"),
    ] = field(default_factory=dict)
    cors: Annotated[tuple[Cors, ...], Field("what pages of other origins may do from a browser, such as a labelling tool", of="made")] = ()
    event_bridge: Annotated[bool, Field("whether S3 sends the bucket's events to EventBridge", of="made")] = False
    transfer_acceleration: Annotated[
        bool, Field("whether clients far away reach it through S3 Transfer Acceleration", of="made", since="0.3.0")
    ] = False
    services: Annotated[
        tuple[Annotated[str, Choice(tuple(DELIVERIES), remedies=WITH_ROLES)], ...],
        Field("AWS services that write logs or inventories of this account to it"),
    ] = ()
    tags: Annotated[Mapping[Tag, TagValue], Field("tags of the bucket and of the key that is made for it", output=True, of="account")] = (
        field(default_factory=dict)
    )
    relax: Annotated[
        Mapping[Relaxation, Reason], Field("guard rails to take down, each with the reason", holds="guard rails and reasons")
    ] = field(default_factory=dict)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The encryptions that uploads may name."""
        if self.encryption == "s3":
            return ("AES256",)
        return ("aws:kms:dsse",) if self.dsse else ("aws:kms", "aws:kms:dsse")

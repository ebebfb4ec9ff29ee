"""The declaration: who (issuers, services) may touch what (buckets, grants). Each field stands here, and only here.

A field has its Python type, its default, and in its annotation what a file may say there (a shape, if that does not follow from
the type) and a `Field`: its description, the version that brought it, whether a component takes a `pulumi.Output` for it. The
reader of access.yaml, the check of declarations made in Python, the JSON Schema, the reference page and the components'
arguments follow from it.

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

# Annotations are evaluated here: the shapes of a file's fields are read from them.

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Annotated, ClassVar, Literal

from bucketpass.aws.log_delivery import DELIVERIES, WITH_ROLES
from bucketpass.aws.regions import REGION_NAME
from bucketpass.issuers import PRESETS
from bucketpass.model.clients import CLIENTS, Listing
from bucketpass.model.field import Field
from bucketpass.model.own_folder import OWN_FOLDER
from bucketpass.model.shape import ANY_TEXT, Choice, Count, Duration, Either, JsonObject, Text, Wrapped

__all__ = [
    "NAME",
    "OTHERS",
    "Access",
    "AccessLevel",
    "Bucket",
    "Cors",
    "Grant",
    "GrantConditions",
    "Identity",
    "Issuer",
    "Lifecycle",
    "LifecycleRule",
    "Listing",
    "Logging",
    "Never",
    "ObjectLock",
    "Perimeter",
    "Relaxation",
    "Service",
    "Session",
    "StorageClass",
]

# What people write around a bucket's name: a scheme with S3's host or without, or the ARN's beginning; S3's host; what is below the bucket.
AROUND_BUCKETS = r"(https?://s3[.-][a-z0-9.-]+/|[A-Za-z0-9+.-]+://|(?i:arn:aws[a-z-]*:s3:::))?(?!arn:)[^/:]+?(\.s3[.-][a-z0-9.-]+)?(/.*)?"
ARN = Text("an ARN", r"arn:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9-]*:\w*:[\x21-\x7e]+")
PRINCIPAL_ARN = replace(ARN, example="arn:aws:iam::111122223333:role/NAME")
# IAM does not take an alias for the key that it leads to: a grant on it would allow nothing.
KEY_ARN = Text("the ARN of a key, not of an alias", rf"(?!arn:[^:]*:kms:[^:]*:[^:]*:alias/){ARN.pattern}")
POLICY = Text("the ARN of a managed policy, or a policy", r"arn:\S+|\{[\s\S]*\}")
TRUSTED = Text(
    "the ARN of a principal, an AWS service, `sso:<permission set>`, or a statement",
    r"arn:\S+|[a-z0-9.-]+\.amazonaws\.com(\.cn)?|sso:[\w+=,.@-]{1,32}|\{[\s\S]*\}",
)
ENCRYPTION = Either(Choice(("s3", "kms"), other=KEY_ARN), Wrapped("key", KEY_ARN))

# The account of public buckets, whose owners nobody here knows.
OTHERS = "other"
NAME = Text("a name of letters, digits, `.`, `_` and `-`", r"[A-Za-z0-9][A-Za-z0-9._-]*", around=AROUND_BUCKETS)

Name = Annotated[str, NAME]
Arn = Annotated[str, ARN]
KeyArn = Annotated[str, KEY_ARN]
BucketName = Annotated[
    str, Text("a bucket name (3 to 63 of a-z, 0-9, `-` and `.`)", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", around=AROUND_BUCKETS)
]
Reason = Annotated[str, Text("a reason")]
AnyText = Annotated[str, Text("text", r"[\s\S]*")]
KeyPattern = Annotated[str, Text("a pattern of keys", ANY_TEXT)]
Region = Annotated[str, Text("a Region such as `eu-central-1`", REGION_NAME)]
AccessPointName = Annotated[str, Text("the name of an access point", r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")]
Vpc = Annotated[str, Text("the ID of a VPC", r"vpc-[0-9a-f]+")]
VpcEndpoint = Annotated[str, Text("the ID of a VPC endpoint", r"vpce-[0-9a-f]+")]
SessionTag = Annotated[str, Text("the name of a session tag", r"[\w.:/=+@-]{1,128}")]
TagValue = Annotated[str, Text("the value of a tag", r"[\w .:/=+@-]*")]
ObjectTag = Annotated[str, Text("the name of a tag", r"[\w .:/=+@-]+")]
Tag = Annotated[str, Text("the name of a tag that does not begin with `aws:`", r"(?![aA][wW][sS]:)[\w .:/=+@-]+")]


class AccessLevel(Enum):
    """What a grant allows a service to do below its prefix."""

    READ = "read"
    WRITE = "write"
    CREATE = "create"
    DELETE = "delete"
    LIST = "list"


class Relaxation(Enum):
    """A guard rail of buckets that can be taken down, with a reason beside it."""

    BLOCK_PUBLIC_ACCESS = "block_public_access"
    TLS = "tls"
    CUSTOMER_KEYS = "customer_keys"  # SSE-C
    RIGHT_KEY = "right_key"
    INCOMPLETE_UPLOADS = "incomplete_uploads"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider: its kind, its issuer URL, and the audiences of its tokens."""

    called: ClassVar[str] = "an issuer"

    preset: Annotated[str, Choice(tuple(PRESETS)), Field("the kind of provider, such as `okta`, `github` or `kubernetes`")] = "generic"
    url: Annotated[
        str | None,
        Text("an issuer URL", r"\S+"),
        Field("the issuer URL, as in the token's `iss`; required if the preset has none", output=True),
    ] = None
    audience: Annotated[tuple[str, ...], Field("the audiences of its tokens, if they are not the preset's", output=True)] = ()
    thumbprints: Annotated[
        tuple[Annotated[str, Text("40 hexadecimal digits", r"[0-9a-fA-F]{40}")], ...],
        Field("SHA-1 thumbprints, if its certificate is of a private certificate authority", output=True),
    ] = ()
    provider: Annotated[
        str,
        Choice(("create", "existing"), other=ARN),
        Field("`create` the IAM provider, use the `existing` one of the URL, or the one with this ARN", output=True),
    ] = "create"
    authorized_party: Annotated[bool | None, Field("whether its tokens carry `azp`, if that differs from the preset")] = None
    several_audiences: Annotated[bool, Field("whether its tokens may be for further audiences, which AWS takes beside `azp` only")] = False
    single_tenant: Annotated[
        bool, Field("whether only you have it make tokens, as your own cluster: wildcards may stand for whole names in subjects")
    ] = False


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


@dataclass(frozen=True, slots=True)
class Identity:
    """Which tokens of an issuer are a service."""

    called: ClassVar[str] = "an identity"

    issuer: Annotated[str, Field("the name of an issuer")]
    claims: Annotated[
        Mapping[str, str],
        Field("fields that the issuer's preset knows, such as `subject`, `repository` or `client_id`", output=True, rest=True),
    ]
    require: Annotated[
        Mapping[Annotated[str, Text("a claim", r"\S+")], tuple[str, ...]],
        Field("further claims of the token and the values that they may have", holds="claims and their values", output=True),
    ] = field(default_factory=dict)
    unsafe_wildcard: Annotated[Reason | None, Field("why `*` and `?` in the fields are wildcards")] = None


@dataclass(frozen=True, slots=True)
class Session:
    """What the sessions of a service's role are like."""

    called: ClassVar[str] = "a session"

    seconds: Annotated[int, Duration(900, 43_200), Field("how long at most, such as `4h`", name="duration")] = 3600
    tags: Annotated[tuple[SessionTag, ...], Field("session tags that a token may set")] = ()
    source_identity: Annotated[bool, Field("whether a token may set the source identity")] = False


@dataclass(frozen=True, slots=True)
class GrantConditions:
    """Where and when a grant holds."""

    called: ClassVar[str] = "conditions"

    vpc_endpoints: Annotated[tuple[VpcEndpoint, ...], Field("only through these VPC endpoints", output=True)] = ()
    networks: Annotated[
        tuple[Annotated[str, Text("an address block", r"[0-9a-fA-F.:]+(/[0-9]+)?")], ...],
        Field("only from these public address blocks", output=True),
    ] = ()
    not_before: Annotated[datetime | None, Field("from when on, such as `2026-01-31T00:00:00Z`", output=True)] = None
    not_after: Annotated[datetime | None, Field("until when", output=True)] = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a service may do with the objects whose keys start with a prefix."""

    called: ClassVar[str] = "a grant"

    bucket: Annotated[str, Field("the bucket: its name in the declaration; for a `ServiceRole` its name in S3", output=True)]
    prefix: Annotated[AnyText, Field("what the objects' keys start with; empty: the whole bucket", output=True)] = ""
    # A file's grant allows only what is written in it.
    access: Annotated[
        tuple[AccessLevel, ...], Field("`read`, `write`, `create` (new objects only), `delete`, `list`: one or several", absent=())
    ] = (AccessLevel.READ,)
    key: Annotated[str | None, Field("exactly one object, in place of a prefix")] = None
    actions: Annotated[tuple[Annotated[str, Text("an S3 action", r"s3:[A-Za-z]+")], ...], Field("exact S3 actions")] = ()
    versions: Annotated[bool, Field("noncurrent versions too")] = False
    object_tags: Annotated[Mapping[ObjectTag, TagValue], Field("read only objects that carry these tags", output=True)] = field(
        default_factory=dict
    )
    upload_tags: Annotated[Mapping[Tag, TagValue], Field("tags that each object has to be put with", output=True, since="0.3.0")] = field(
        default_factory=dict
    )
    conditions: Annotated[GrantConditions, Field("where and when it holds")] = GrantConditions()
    per: Annotated[
        str | None,
        Text("the name of a session tag, or a template of folders such as `{tenant}/{team}`", OWN_FOLDER),
        Field("the session tag whose value names a folder below the prefix, or a template of such folders: a service reaches only its own"),
    ] = None
    access_point: Annotated[str | None, Field("only through this access point of the bucket")] = None
    keys: Annotated[
        tuple[KeyPattern, ...], Field("only keys below the prefix that match one of these patterns of `*` and `?`, such as `*.csv`")
    ] = ()
    exclude: Annotated[
        tuple[KeyPattern, ...],
        Field("keys below the prefix that the service may not touch, whatever else it is granted; `x/`: all below it"),
    ] = ()
    clients: Annotated[
        tuple[Annotated[str, Choice(tuple(CLIENTS))], ...],
        Field("the clients that use it, such as `arrow` or `s3fs`, which ask for more than the objects"),
    ] = ()
    listing: Annotated[
        Listing, Field("`folder`: also the folder by its name without the slash; `bucket-root`: also the folders on the way to it")
    ] = Listing.EXACT
    head: Annotated[bool, Field("HeadBucket too, which S3 takes for a listing of the whole bucket without a prefix")] = False


@dataclass(frozen=True, slots=True)
class Service:
    """An AI service: who it is and what it may do."""

    called: ClassVar[str] = "a service"

    identity: Annotated[tuple[Identity, ...], Field("which tokens are this service; any of them is enough")]
    grants: Annotated[tuple[Grant, ...], Field("what it may do")] = ()
    session: Annotated[Session, Field("what its sessions are like")] = Session()
    name: Annotated[str | None, Text("a role name", r"[\w+=,.@-]{1,64}"), Field("the role's name, if it is not `<name>-<service>`")] = None
    path: Annotated[str, Text("a path such as `/ai/`", r"/|/[\x21-\x7e]+/"), Field("the role's path")] = "/"
    description: Annotated[str | None, Field("the role's description", output=True)] = None
    permissions_boundary: Annotated[Arn | None, Field("the ARN of the role's permissions boundary", output=True)] = None
    keys: Annotated[tuple[KeyArn, ...], Field("ARNs of further KMS keys that objects may be encrypted with", output=True)] = ()
    tags: Annotated[Mapping[Tag, TagValue], Field("the role's tags", output=True)] = field(default_factory=dict)
    policies: Annotated[
        tuple[Annotated[str, Either(POLICY, JsonObject("a policy"))], ...],
        Field("further permissions: ARNs of managed policies, and policies as mappings or as JSON"),
    ] = ()
    trust: Annotated[
        tuple[Annotated[str, Either(TRUSTED, JsonObject("a statement"))], ...],
        Field("who else can assume the role: ARNs, AWS services, `sso:<permission set>`, statements as mappings or JSON", output=True),
    ] = ()
    force_detach: Annotated[bool, Field("whether policies that others attached are detached when the role is deleted")] = False


@dataclass(frozen=True, slots=True)
class Never:
    """What must never be possible, whatever else is declared."""

    called: ClassVar[str] = "a guarantee"

    never: Annotated[
        str,
        Text("actions and where, such as `GetObject s3://datasets/secret/*`", r"[\w:*?,]+ s3://\S+"),
        Field("what must never be possible; `bucketpass prove` proves it for all requests"),
    ]
    by: Annotated[tuple[str, ...], Field("the services that it is about; empty: all")] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """A whole declaration: the fields of access.yaml."""

    called: ClassVar[str] = "the declaration"

    issuers: Annotated[Mapping[Name, Issuer], Field("identity providers, by name")]
    buckets: Annotated[Mapping[Name, Bucket], Field("buckets, by name")]
    services: Annotated[Mapping[Name, Service], Field("AI services, by name")]
    name: Annotated[str, Text("a name", r"[A-Za-z][A-Za-z0-9-]{0,30}"), Field("what roles and policies are named after")] = "bucketpass"
    name_prefix: Annotated[
        str | None,
        Text("a prefix of a-z, 0-9 and `-`", r"[a-z0-9][a-z0-9-]{0,30}"),
        Field("what the names of roles, policies and new buckets begin with, in place of `<name>-`", since="0.3.0"),
    ] = None
    tags: Annotated[Mapping[Tag, TagValue], Field("tags of everything that is made", output=True)] = field(default_factory=dict)
    guarantees: Annotated[Mapping[Name, Never], Field("what must never be possible, by name: for `bucketpass prove`", component=False)] = (
        field(default_factory=dict)
    )

    def role_name(self, service: str) -> str:
        """The name of a service's role, and of its first policy."""
        prefix = f"{self.name}-" if self.name_prefix is None else self.name_prefix
        return self.services[service].name or f"{prefix}{service}"

    def bucket_name(self, name: str) -> str:
        """A bucket's name in S3, less what is added to a `regional` one."""
        bucket = self.buckets[name]
        made = bucket.create and bucket.account is None
        return bucket.name or f"{(self.name_prefix or '') if made else ''}{name}"

"""The declaration: who (issuers, services) may touch what (buckets, grants). Each field stands here, and only here.

A field has its Python type, its default, and in its annotation what a file may say there (a shape, if that does not follow from
the type) and a `Field`: its description, the version that brought it, whether a component takes a `pulumi.Output` for it. The
reader of access.yaml, the check of declarations made in Python, the JSON Schema, the reference page and the components'
arguments follow from it. The fields of buckets stand in `bucketpass.model.bucket`.

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
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Annotated, ClassVar

from bucketpass.aws.quotas import (
    MANAGED_POLICIES_PER_ROLE,
    MANAGED_POLICIES_PER_ROLE_RAISED,
    TRUST_POLICY_CHARACTERS,
    TRUST_POLICY_CHARACTERS_RAISED,
)
from bucketpass.issuers import PRESETS
from bucketpass.model.bucket import Bucket, Cors, Lifecycle, LifecycleRule, Logging, ObjectLock, Perimeter, Relaxation, StorageClass
from bucketpass.model.clients import CLIENTS, Listing
from bucketpass.model.field import Field
from bucketpass.model.own_folder import OWN_FOLDER
from bucketpass.model.shape import Choice, Count, Duration, Either, JsonObject, Text
from bucketpass.model.texts import (
    ARN,
    NAME,
    POLICY,
    TRUSTED,
    AnyText,
    Arn,
    KeyArn,
    KeyPattern,
    Name,
    ObjectTag,
    Reason,
    SessionTag,
    Tag,
    TagValue,
    VpcEndpoint,
)

__all__ = [
    "NAME",
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
    "Quotas",
    "Relaxation",
    "Service",
    "Session",
    "StorageClass",
]


class AccessLevel(Enum):
    """What a grant allows a service to do below its prefix."""

    READ = "read"
    WRITE = "write"
    CREATE = "create"
    DELETE = "delete"
    LIST = "list"


_APPENDING = "write `create`: S3 appends to no object of such a bucket, and `create` adds objects without overwriting any"
LEVELS = Choice(
    tuple(level.value for level in AccessLevel), AccessLevel, remedies=tuple((word, _APPENDING) for word in ("append", "append-only"))
)


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
        tuple[Annotated[AccessLevel, LEVELS], ...],
        Field("`read`, `write`, `create` (new objects only), `delete`, `list`: one or several", absent=()),
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
class Quotas:
    """Quotas of the account that AWS has raised."""

    called: ClassVar[str] = "quotas"

    trust_policy: Annotated[
        int, Count(TRUST_POLICY_CHARACTERS, TRUST_POLICY_CHARACTERS_RAISED), Field("characters of a role's trust policy (L-C07B4B0D)")
    ] = TRUST_POLICY_CHARACTERS
    managed_policies: Annotated[
        int, Count(MANAGED_POLICIES_PER_ROLE, MANAGED_POLICIES_PER_ROLE_RAISED), Field("managed policies of a role (L-0DA4ABF3)")
    ] = MANAGED_POLICIES_PER_ROLE


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
    quotas: Annotated[Quotas, Field("quotas of the account that AWS has raised", since="0.3.0")] = Quotas()
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

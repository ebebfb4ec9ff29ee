"""The table of access.yaml: every field, its shape and its meaning. The reader and the JSON Schema are made from it."""

from __future__ import annotations

from bucketpass.issuers import PRESETS
from bucketpass.model.access import (
    Access,
    AccessLevel,
    Bucket,
    Grant,
    GrantConditions,
    Identity,
    Issuer,
    Lifecycle,
    Logging,
    Never,
    ObjectLock,
    Perimeter,
    Relaxation,
    Service,
    Session,
)
from bucketpass.model.shape import Choice, Count, Duration, Either, Field, Flag, ListOf, MapOf, Moment, Record, Text

__all__ = ["DECLARATION"]

TEXTS = ListOf(Text())
ARN = Text("an ARN", r"arn:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9-]*:\w*:[\x21-\x7e]+")
ARNS = ListOf(ARN)
# IAM does not take an alias for the key that it leads to: a grant on it would allow nothing.
KEY_ARN = Text("the ARN of a key, not of an alias", rf"(?!arn:[^:]*:kms:[^:]*:[^:]*:alias/){ARN.pattern}")
ACCOUNT = Text("an account of 12 digits", r"\d{12}")
TAG_NAME = Text("a session tag's name", r"[\w.:/=+@-]{1,128}")
TAG_VALUE = Text("a tag's value", r"[\w .:/=+@-]*")
OBJECT_TAGS = MapOf(TAG_VALUE, "a mapping of tags", Text("a tag's name", r"[\w .:/=+@-]+"))
TAGS = MapOf(TAG_VALUE, "a mapping of tags", Text("a tag's name that does not begin with `aws:`", r"(?![aA][wW][sS]:)[\w .:/=+@-]+"))

ISSUER = Record(
    Issuer,
    "an issuer",
    (
        Field("preset", Choice(tuple(PRESETS)), "the kind of provider"),
        Field("url", Text("an issuer URL", r"\S+"), "the issuer URL, as in the token's `iss`"),
        Field("audience", TEXTS, "the audience, or audiences, of its tokens"),
        Field("thumbprints", ListOf(Text("40 hexadecimal digits", r"[0-9a-fA-F]{40}")), "only where its certificate is of a private CA"),
        Field(
            "provider",
            Text("`create`, `existing` or an ARN", rf"create|existing|{ARN.pattern}"),
            "`create` the IAM provider (default), use the `existing` one, or the one of an ARN",
        ),
        Field("authorized_party", Flag(), "whether its tokens carry `azp`, where that differs from the preset"),
    ),
)

BUCKET = Record(
    Bucket,
    "a bucket",
    (
        Field("name", Text("a bucket's name", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"), "its name in S3, where it is not the name here"),
        Field(
            "encryption",
            Either(
                Choice(("s3", "kms")),
                Record(lambda key: key, "a key", (Field("key", KEY_ARN, "the ARN of the KMS key", required=True),)),
            ),
            "`s3` (default), `kms` (a key is made), or `{key: <arn>}`",
        ),
        Field("versioning", Flag(), "whether old versions are kept (default true)"),
        Field("exclusive", Flag(), "deny every principal that is not declared here"),
        Field("administrators", ARNS, "principals that an exclusive bucket lets in as well"),
        Field("create", Flag(), "false: the bucket is there already"),
        Field("account", ACCOUNT, "the account of a bucket that is in another one"),
        Field(
            "policy", Text("JSON of a bucket policy"), "the policy that an existing bucket has, as JSON, to be kept and added to; or `none`"
        ),
        Field("regional", Flag(), "named `<name>-<account>-<region>-an`, in the account's own namespace"),
        Field("bucket_key", Flag(), "whether S3 uses a bucket key with KMS (default true)"),
        Field(
            "perimeter",
            Record(
                Perimeter,
                "a perimeter",
                (
                    Field("organization", Text("an organization's ID", r"o-[a-z0-9]{10,32}"), "only principals of this organization"),
                    Field("vpc_endpoints", ListOf(Text("a VPC endpoint's ID", r"vpce-[0-9a-f]+")), "only through these VPC endpoints"),
                ),
            ),
            "where requests may come from",
        ),
        Field(
            "lifecycle",
            Record(
                Lifecycle,
                "a lifecycle",
                (
                    Field("incomplete_uploads_days", Count(1, 365), "when unfinished multipart uploads go (default 7)"),
                    Field("expire_days", Count(1, 36500), "when objects go"),
                    Field("expire_old_versions_days", Count(1, 36500), "when old versions go"),
                ),
            ),
            "when objects go",
        ),
        Field(
            "logging",
            Record(
                Logging,
                "access logging",
                (
                    Field("bucket", Text(), "a declared bucket, or the name of an existing one", required=True),
                    Field("prefix", Text(), "what log objects' keys start with"),
                ),
            ),
            "where the access log goes",
        ),
        Field(
            "object_lock",
            Record(
                ObjectLock,
                "an object lock",
                (
                    Field("days", Count(1, 36500), "for how long", required=True),
                    Field("mode", Choice(("governance", "compliance")), "`governance` (default) or `compliance`"),
                ),
            ),
            "new objects cannot be deleted",
        ),
        Field("access_points", ListOf(Text("an access point's name", r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")), "its access points"),
        Field(
            "relax",
            MapOf(Text("a reason"), "guard rails and reasons", Choice(tuple(relaxation.value for relaxation in Relaxation), Relaxation)),
            "guard rails to take down, each with the reason",
        ),
    ),
)

IDENTITY = Record(
    Identity,
    "an identity",
    (
        Field("issuer", Text(), "the name of an issuer", required=True),
        Field(
            "require",
            MapOf(TEXTS, "claims and their values", Text("a claim", r"\S+")),
            "further claims of the token and the values that they may have",
        ),
        Field("unsafe_wildcard", Text("a reason"), "why `*` in the fields is a wildcard"),
    ),
    rest="claims",
)


def _grant(**values: object) -> Grant:
    """A grant of a file: what is not written is not granted."""
    return Grant(**({"access": ()} | values))  # type: ignore[arg-type]


GRANT = Record(
    _grant,
    "a grant",
    (
        Field("bucket", Text(), "the name of a bucket", required=True),
        Field("prefix", Text("text", r"[\s\S]*"), "what the objects' keys start with; empty: the whole bucket"),
        Field("key", Text(), "exactly one object, in place of a prefix"),
        Field(
            "access",
            ListOf(Choice(tuple(level.value for level in AccessLevel), AccessLevel)),
            "`read`, `write`, `delete`, `list`, or several",
        ),
        Field("actions", ListOf(Text("an S3 action", r"s3:[A-Za-z]+")), "exact S3 actions"),
        Field("versions", Flag(), "old versions too"),
        Field("object_tags", OBJECT_TAGS, "read only objects that carry these tags"),
        Field(
            "conditions",
            Record(
                GrantConditions,
                "conditions",
                (
                    Field("vpc_endpoints", ListOf(Text("a VPC endpoint's ID", r"vpce-[0-9a-f]+")), "only through these VPC endpoints"),
                    Field("networks", ListOf(Text("an address block", r"[0-9a-fA-F.:]+(/\d+)?")), "only from these address blocks"),
                    Field("not_before", Moment(), "from when on"),
                    Field("not_after", Moment(), "until when"),
                ),
            ),
            "where and when it holds",
        ),
        Field("per", TAG_NAME, "the session tag whose value is a folder below the prefix"),
        Field("access_point", Text(), "only through this access point"),
    ),
)

SERVICE = Record(
    Service,
    "a service",
    (
        Field("identity", ListOf(IDENTITY), "which tokens are this service", required=True),
        Field("grants", ListOf(GRANT), "what it may do"),
        Field(
            "session",
            Record(
                Session,
                "a session",
                (
                    Field("duration", Duration(900, 43_200), "how long at most, such as `4h`", attribute="seconds"),
                    Field("tags", ListOf(TAG_NAME), "session tags that a token may set"),
                    Field("source_identity", Flag(), "whether a token may set the source identity"),
                ),
            ),
            "what its sessions are like",
        ),
        Field("name", Text("a role's name", r"[\w+=,.@-]{1,64}"), "the role's name, where it is not `<name>-<service>`"),
        Field("path", Text("a path such as `/ai/`", r"/|/[\x21-\x7e]+/"), "the role's path"),
        Field("description", Text(), "the role's description"),
        Field("permissions_boundary", ARN, "the ARN of the role's permissions boundary"),
        Field("keys", ListOf(KEY_ARN), "further KMS keys that objects may be encrypted with"),
        Field("tags", TAGS, "the role's tags"),
    ),
)

GUARANTEE = Record(
    Never,
    "a guarantee",
    (
        Field(
            "never",
            Text("actions and where, such as `GetObject s3://datasets/secret/*`", r"[\w:*?,]+ s3://\S+"),
            "what must never be possible; `bucketpass prove` holds it for all requests",
            required=True,
        ),
        Field("by", TEXTS, "the services that it is said of (default: all)"),
    ),
)

DECLARATION = Record(
    Access,
    "the declaration",
    (
        Field("name", Text("a name", r"[A-Za-z][A-Za-z0-9-]{0,30}"), "what roles and policies are named after (default `bucketpass`)"),
        Field("issuers", MapOf(ISSUER, "a mapping of issuers"), "identity providers, by name", required=True),
        Field("buckets", MapOf(BUCKET, "a mapping of buckets"), "buckets, by name", required=True),
        Field("services", MapOf(SERVICE, "a mapping of services"), "AI services, by name", required=True),
        Field("tags", TAGS, "tags of everything that is made"),
        Field("guarantees", MapOf(GUARANTEE, "a mapping of guarantees"), "what must never be possible, by name"),
    ),
)

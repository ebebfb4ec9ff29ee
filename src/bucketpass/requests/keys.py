"""The condition keys of S3, KMS, STS and IAM: one row a key. Nothing else in the package says when a request carries a key.

`context` reads the table: for `decide` and the sandbox the request context, for `prove` the presence of a key. A new key is a row.

Sources ([A] AWS documentation, [L] recorded on live AWS, [K] general knowledge): IAM User Guide, "AWS global condition context
keys" and "Available keys for AWS STS"; Service Authorization Reference for Amazon S3, AWS KMS, AWS STS and IAM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from urllib.parse import parse_qsl

from bucketpass.aws.arn import parse_arn
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.key import KeyOrigin, KeyType, Presence, RequestKey
from bucketpass.requests.request import RequestFacts

__all__ = ["CLAIMS", "KEYS", "TLS_ONLY", "no_value"]

Row = Callable[..., RequestKey]
Callers = Mapping[PrincipalKind, Presence]

# ---- which callers
_IDENTITIES = (PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION)
# What AWS knows of these is not documented: prove has to cover both [open].
_OUTSIDE = (PrincipalKind.CANONICAL_USER, PrincipalKind.ORIGIN_ACCESS_IDENTITY)
_SIGNED = (*_IDENTITIES, PrincipalKind.SERVICE, *_OUTSIDE)


def _always(*kinds: PrincipalKind) -> Callers:
    return dict.fromkeys(kinds, Presence.ALWAYS)


def _sometimes(*kinds: PrincipalKind) -> Callers:
    return dict.fromkeys(kinds, Presence.SOMETIMES)


_EVERY_REQUEST = _always(*PrincipalKind)
_SOME_REQUESTS = _sometimes(*PrincipalKind)
_NAMED = {**_always(*_IDENTITIES), **_sometimes(*_OUTSIDE)}
_NAMED_OR_ANONYMOUS = {**_NAMED, **_always(PrincipalKind.ANONYMOUS, PrincipalKind.WEB_IDENTITY)}
_IN_ORGANIZATION = _sometimes(*_IDENTITIES, *_OUTSIDE)
_TEMPORARY_CREDENTIALS = {**_sometimes(PrincipalKind.ROOT, PrincipalKind.USER), **_always(PrincipalKind.ROLE_SESSION)}
_SERVICE_PRINCIPALS = _sometimes(PrincipalKind.SERVICE)

# ---- which actions
_ANY = ("*",)
_S3, _KMS, _STS, _IAM = ("s3:*",), ("kms:*",), ("sts:*",), ("iam:*",)
# Services that take requests over TLS alone; S3 takes both [A].
TLS_ONLY = frozenset({"kms", "sts", "iam"})


def _s3(names: str) -> tuple[str, ...]:
    return tuple(f"s3:{name}" for name in names.split())


_LISTINGS = _s3("ListBucket ListBucketVersions")
_WRITES = _s3("PutObject")
_ACL_WRITES = _s3("PutObjectAcl PutObjectVersionAcl")
_BUCKET_ACL_WRITES = _s3("CreateBucket PutBucketAcl")
_TAG_WRITES = _s3("PutObjectTagging PutObjectVersionTagging")
_VERSIONED = _s3(
    "GetObjectVersion GetObjectVersionAttributes GetObjectVersionTagging GetObjectVersionAcl GetObjectVersionTorrent DeleteObjectVersion"
    " PutObjectVersionTagging DeleteObjectVersionTagging PutObjectVersionAcl"
)
# Not s3:PutObject and s3:DeleteObject: an object cannot be protected by the tags that it has [A].
_TAGGED = (
    *_s3("GetObject GetObjectAttributes GetObjectTagging GetObjectAcl DeleteObjectTagging ReplicateTags DeleteObjectVersionTagging"),
    *_s3("GetObjectVersion GetObjectVersionAttributes GetObjectVersionTagging GetObjectVersionAcl"),
    *_TAG_WRITES,
    *_ACL_WRITES,
)
_LOCKS = _s3("PutObject PutObjectRetention BypassGovernanceRetention ObjectOwnerOverrideToBucketOwner")
_ENCRYPTED = tuple(
    f"kms:{name}" for name in ("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")
)
_GRANTS = ("kms:CreateGrant",)
_SESSIONS = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity")
_BOUNDARIES = (
    *(f"iam:{verb}{whose}Policy" for verb in ("Attach", "Detach", "Put", "Delete") for whose in ("Role", "User")),
    *(f"iam:{verb}{whose}PermissionsBoundary" for verb in ("Put", "Delete") for whose in ("Role", "User")),
    *("iam:CreateRole", "iam:CreateUser"),
)
_ATTACHMENTS = tuple(f"iam:{verb}{whose}Policy" for verb in ("Attach", "Detach") for whose in ("Role", "User", "Group"))

_SET_TAGS = (*_SESSIONS, *_IAM, "kms:CreateKey", "kms:TagResource", "s3:CreateBucket", "s3:TagResource")
_NAME_TAG_KEYS = (*_SET_TAGS, "kms:UntagResource", "s3:UntagResource")

# ---- rows: the origin and the page that documents them
_OF_CALLER: Row = partial(RequestKey, origin=KeyOrigin.CALLER, source="[A] IAM User Guide, global condition keys: principal")
_OF_CONNECTION: Row = partial(
    RequestKey,
    origin=KeyOrigin.CONNECTION,
    source="[A] IAM User Guide, global condition keys: network and request",
)
_OF_CALL: Row = partial(RequestKey, origin=KeyOrigin.CALL, source="[A] Service Authorization Reference")
_OF_RESOURCE: Row = partial(RequestKey, origin=KeyOrigin.RESOURCE, source="[A] IAM User Guide, global condition keys: resource")
_ARN, _BOOL, _DATE, _IP, _NUMERIC = KeyType.ARN, KeyType.BOOL, KeyType.DATE, KeyType.IP, KeyType.NUMERIC


def _access_point_account(facts: RequestFacts) -> str | None:
    return parse_arn(facts.access_point).account if facts.access_point else None


def no_value(facts: RequestFacts) -> None:
    """The value of a key that nobody can know from the call."""


def _header(name: str) -> Callable[[RequestFacts], str | None]:
    return lambda facts: facts.headers.get(name)


def _header_key(name: str, actions: tuple[str, ...], key: str = "", type_: KeyType = KeyType.STRING) -> RequestKey:
    """The key of a header that S3 passes on as it stands."""
    return _OF_CALL(f"s3:{key or name}", _SOME_REQUESTS, actions, value=_header(name), type=type_)


def _truth(value: bool) -> str:
    return "true" if value else "false"


@lru_cache(maxsize=16)
def _written(seconds: int) -> str:
    """The second as AWS writes it; a service gets many requests in each."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _new_tags(facts: RequestFacts) -> Mapping[str, str] | None:
    """The tags that the body or the header x-amz-tagging sets; the header is written as a query is."""
    if facts.request_tags:
        return facts.request_tags
    header = facts.headers.get("x-amz-tagging")
    return dict(parse_qsl(header, keep_blank_values=True)) if header else None


def _request_tags(facts: RequestFacts) -> Mapping[str, str]:
    """The tags that the call sets; one that takes tags away has their keys alone."""
    return {} if facts.action.partition(":")[2].startswith("Untag") else facts.request_tags or facts.session.tags


KEYS: tuple[RequestKey, ...] = (
    # The principal. Anonymous requests carry no aws:PrincipalIsAWSService: `Bool: "false"` does not match them [A].
    _OF_CALLER("aws:PrincipalArn", _NAMED, _ANY, value=lambda facts: facts.caller.principal.arn or None, type=_ARN),
    _OF_CALLER("aws:PrincipalAccount", _NAMED_OR_ANONYMOUS, _ANY, value=lambda facts: facts.caller.account or None),
    _OF_CALLER("aws:PrincipalType", _NAMED_OR_ANONYMOUS, _ANY, value=lambda facts: facts.caller.type or None),
    _OF_CALLER(
        "aws:PrincipalIsAWSService",
        {**_NAMED, **_always(PrincipalKind.SERVICE)},
        _ANY,
        value=lambda facts: _truth(facts.caller.is_service),
        type=_BOOL,
    ),
    _OF_CALLER("aws:userid", _NAMED_OR_ANONYMOUS, _ANY, value=lambda facts: facts.caller.user_id or None),
    _OF_CALLER(
        "aws:username",
        {**_always(PrincipalKind.USER), **_sometimes(*_OUTSIDE)},
        _ANY,
        value=lambda facts: facts.caller.user_name or None,
    ),
    _OF_CALLER(
        "aws:PrincipalTag/",
        _sometimes(PrincipalKind.USER, PrincipalKind.ROLE_SESSION, *_OUTSIDE),
        _ANY,
        value=lambda facts: facts.caller.tags,
    ),
    _OF_CALLER("aws:PrincipalOrgID", _IN_ORGANIZATION, _ANY, value=lambda facts: facts.caller.organization or None),
    _OF_CALLER("aws:PrincipalOrgPaths", _IN_ORGANIZATION, _ANY, value=no_value, multivalued=True),
    _OF_CALLER("aws:PrincipalServiceName", _always(PrincipalKind.SERVICE), _ANY, value=lambda facts: facts.caller.principal.arn or None),
    _OF_CALLER(
        "aws:PrincipalServiceNamesList",
        _always(PrincipalKind.SERVICE),
        _ANY,
        value=lambda facts: (facts.caller.principal.arn,) if facts.caller.principal.arn else None,
        multivalued=True,
    ),
    _OF_CALLER(
        "aws:FederatedProvider",
        _sometimes(PrincipalKind.ROLE_SESSION),
        _ANY,
        value=lambda facts: facts.caller.federated_provider or None,
        type=_ARN,
    ),
    _OF_CALLER(
        "aws:SourceIdentity", _sometimes(PrincipalKind.ROLE_SESSION), _ANY, value=lambda facts: facts.caller.source_identity or None
    ),
    _OF_CALLER("aws:TokenIssueTime", _TEMPORARY_CREDENTIALS, _ANY, value=lambda facts: facts.caller.issued or None, type=_DATE),
    _OF_CALLER("aws:MultiFactorAuthPresent", _sometimes(*_IDENTITIES), _ANY, value=no_value, type=_BOOL),
    _OF_CALLER("aws:MultiFactorAuthAge", _sometimes(*_IDENTITIES), _ANY, value=no_value, type=_NUMERIC),
    # Only where a service calls for itself on behalf of a resource [A].
    _OF_CALLER("aws:SourceArn", _SERVICE_PRINCIPALS, _ANY, value=no_value, type=_ARN),
    _OF_CALLER("aws:SourceAccount", _SERVICE_PRINCIPALS, _ANY, value=no_value),
    _OF_CALLER("aws:SourceOrgID", _SERVICE_PRINCIPALS, _ANY, value=no_value),
    _OF_CALLER("aws:SourceOrgPaths", _SERVICE_PRINCIPALS, _ANY, value=no_value, multivalued=True),
    # The connection and the time
    _OF_CONNECTION("aws:SecureTransport", _EVERY_REQUEST, _ANY, value=lambda facts: _truth(facts.connection.secure), type=_BOOL),
    _OF_CONNECTION(
        "aws:CurrentTime",
        _EVERY_REQUEST,
        _ANY,
        value=lambda facts: _written(int(facts.connection.time.timestamp())) if facts.connection.time is not None else None,
        type=_DATE,
    ),
    _OF_CONNECTION(
        "aws:EpochTime",
        _EVERY_REQUEST,
        _ANY,
        value=lambda facts: str(int(facts.connection.time.timestamp())) if facts.connection.time is not None else None,
        type=_NUMERIC,
    ),
    _OF_CONNECTION("aws:RequestedRegion", _EVERY_REQUEST, _ANY, value=lambda facts: facts.connection.region or None),
    _OF_CONNECTION("aws:SourceIp", _SOME_REQUESTS, _ANY, value=lambda facts: facts.connection.source_ip, type=_IP),
    _OF_CONNECTION("aws:UserAgent", _SOME_REQUESTS, _ANY, value=lambda facts: facts.connection.user_agent),
    _OF_CONNECTION("aws:referer", _SOME_REQUESTS, _ANY, value=lambda facts: facts.connection.referer),
    _OF_CONNECTION("aws:SourceVpc", _SOME_REQUESTS, _ANY, value=no_value),
    _OF_CONNECTION("aws:SourceVpce", _SOME_REQUESTS, _ANY, value=lambda facts: facts.connection.vpc_endpoint),
    _OF_CONNECTION("aws:SourceVpcArn", _SOME_REQUESTS, _ANY, value=no_value, type=_ARN),
    _OF_CONNECTION("aws:VpcSourceIp", _SOME_REQUESTS, _ANY, value=lambda facts: facts.connection.vpc_source_ip, type=_IP),
    _OF_CONNECTION("aws:VpceAccount", _SOME_REQUESTS, _ANY, value=no_value),
    _OF_CONNECTION("aws:VpceOrgID", _SOME_REQUESTS, _ANY, value=no_value),
    _OF_CONNECTION("aws:VpceOrgPaths", _SOME_REQUESTS, _ANY, value=no_value, multivalued=True),
    _OF_CONNECTION("aws:ViaAWSService", _EVERY_REQUEST, _ANY, value=lambda facts: _truth(bool(facts.via_service)), type=_BOOL),
    # S3 is not among the services that are listed here [A].
    _OF_CONNECTION("aws:CalledVia", _sometimes(*_IDENTITIES), _ANY, value=no_value, multivalued=True),
    _OF_CONNECTION("aws:CalledViaFirst", _sometimes(*_IDENTITIES), _ANY, value=no_value),
    _OF_CONNECTION("aws:CalledViaLast", _sometimes(*_IDENTITIES), _ANY, value=no_value),
    # The resource
    _OF_RESOURCE("aws:ResourceAccount", _EVERY_REQUEST, _ANY, value=lambda facts: facts.resource_account or None),
    _OF_RESOURCE("aws:ResourceOrgID", _SOME_REQUESTS, _ANY, value=no_value),
    _OF_RESOURCE("aws:ResourceOrgPaths", _SOME_REQUESTS, _ANY, value=no_value, multivalued=True),
    _OF_RESOURCE("aws:ResourceTag/", _SOME_REQUESTS, _ANY, value=lambda facts: facts.resource_tags),
    # Tags that the call sets
    _OF_CALL("aws:RequestTag/", _SOME_REQUESTS, _SET_TAGS, value=_request_tags),
    _OF_CALL(
        "aws:TagKeys",
        _SOME_REQUESTS,
        _NAME_TAG_KEYS,
        value=lambda facts: tuple(facts.request_tags or facts.session.tags) or None,
        multivalued=True,
    ),
    # S3: every action
    _OF_RESOURCE("s3:ResourceAccount", _EVERY_REQUEST, _S3, value=lambda facts: facts.resource_account or None),
    _OF_RESOURCE("s3:BucketTag/", _SOME_REQUESTS, _S3, value=no_value),
    _OF_CONNECTION("s3:TlsVersion", _SOME_REQUESTS, _S3, value=lambda facts: facts.connection.tls_version, type=_NUMERIC),
    _OF_CONNECTION("s3:signatureversion", _sometimes(*_SIGNED), _S3, value=lambda facts: "AWS4-HMAC-SHA256"),
    _OF_CONNECTION("s3:authType", _sometimes(*_SIGNED), _S3, value=lambda facts: facts.connection.authentication),
    _OF_CONNECTION("s3:signatureAge", _sometimes(*_SIGNED), _S3, value=lambda facts: str(facts.connection.signature_age), type=_NUMERIC),
    _header_key("x-amz-content-sha256", _S3),
    _OF_CONNECTION("s3:AccessGrantsInstanceArn", _SOME_REQUESTS, _S3, value=no_value, type=_ARN),
    _OF_CONNECTION("s3:AccessPointNetworkOrigin", _SOME_REQUESTS, _S3, value=lambda facts: "Internet" if facts.access_point else None),
    _OF_CONNECTION("s3:DataAccessPointAccount", _SOME_REQUESTS, _S3, value=_access_point_account),
    _OF_CONNECTION("s3:DataAccessPointArn", _SOME_REQUESTS, _S3, value=lambda facts: facts.access_point or None, type=_ARN),
    # S3: listings. ListBucketMultipartUploads has none of them.
    _OF_CALL("s3:prefix", _SOME_REQUESTS, _LISTINGS, value=lambda facts: facts.parameters.get("prefix")),
    _OF_CALL("s3:delimiter", _SOME_REQUESTS, _LISTINGS, value=lambda facts: facts.parameters.get("delimiter")),
    _OF_CALL("s3:max-keys", _SOME_REQUESTS, _LISTINGS, value=lambda facts: facts.parameters.get("max-keys"), type=_NUMERIC),
    # S3: objects. The action of a version is needed exactly where the call names one.
    _OF_CALL("s3:VersionId", _EVERY_REQUEST, _VERSIONED, value=lambda facts: facts.version_id),
    _OF_RESOURCE("s3:ExistingObjectTag/", _SOME_REQUESTS, _TAGGED, value=lambda facts: facts.object_tags),
    _OF_CALL("s3:RequestObjectTag/", _SOME_REQUESTS, (*_WRITES, *_TAG_WRITES), value=_new_tags),
    _OF_CALL(
        "s3:RequestObjectTagKeys",
        _SOME_REQUESTS,
        (*_WRITES, *_TAG_WRITES),
        value=lambda facts: tuple(_new_tags(facts) or ()) or None,
        multivalued=True,
    ),
    _OF_CALL("s3:ObjectCreationOperation", _EVERY_REQUEST, _WRITES, value=lambda facts: _truth(facts.creates_object), type=_BOOL),
    _header_key("x-amz-acl", (*_WRITES, *_ACL_WRITES, *_BUCKET_ACL_WRITES)),
    _header_key("x-amz-grant-full-control", (*_WRITES, *_ACL_WRITES, *_BUCKET_ACL_WRITES)),
    _header_key("x-amz-grant-read", (*_WRITES, *_ACL_WRITES, *_BUCKET_ACL_WRITES)),
    _header_key("x-amz-grant-read-acp", (*_WRITES, *_ACL_WRITES, *_BUCKET_ACL_WRITES)),
    _header_key("x-amz-grant-write", (*_WRITES, *_ACL_WRITES, *_BUCKET_ACL_WRITES)),
    _header_key("x-amz-grant-write-acp", (*_WRITES, *_ACL_WRITES, *_BUCKET_ACL_WRITES)),
    _header_key("x-amz-copy-source", _WRITES),
    _header_key("x-amz-metadata-directive", _WRITES),
    _header_key("x-amz-server-side-encryption", _WRITES),
    _header_key("x-amz-server-side-encryption-aws-kms-key-id", _WRITES, type_=_ARN),
    _header_key("x-amz-server-side-encryption-customer-algorithm", _WRITES),
    _header_key("x-amz-storage-class", (*_WRITES, *_ACL_WRITES)),
    _header_key("x-amz-website-redirect-location", _WRITES),
    _header_key("x-amz-object-ownership", _s3("CreateBucket")),
    _header_key("if-match", _s3("PutObject DeleteObject")),
    _header_key("if-none-match", _WRITES),
    _header_key("x-amz-object-lock-mode", _LOCKS, "object-lock-mode"),
    _header_key("x-amz-object-lock-retain-until-date", _LOCKS, "object-lock-retain-until-date", _DATE),
    _header_key("x-amz-object-lock-legal-hold", _s3("PutObject PutObjectLegalHold"), "object-lock-legal-hold"),
    _OF_CALL("s3:object-lock-remaining-retention-days", _SOME_REQUESTS, _LOCKS, value=no_value, type=_NUMERIC),
    _OF_CALL("s3:locationconstraint", _SOME_REQUESTS, _s3("CreateBucket"), value=lambda facts: facts.location_constraint),
    # KMS
    _OF_CALLER("kms:CallerAccount", _NAMED, _KMS, value=lambda facts: facts.caller.principal.account or None),
    _OF_CALL("kms:ViaService", _SOME_REQUESTS, _KMS, value=lambda facts: facts.via_service or None),
    _OF_CALL("kms:EncryptionContext:", _SOME_REQUESTS, (*_ENCRYPTED, *_GRANTS), value=lambda facts: facts.encryption_context),
    _OF_CALL(
        "kms:EncryptionContextKeys",
        _SOME_REQUESTS,
        (*_ENCRYPTED, *_GRANTS),
        value=lambda facts: tuple(facts.encryption_context) or None,
        multivalued=True,
    ),
    _OF_RESOURCE("kms:ResourceAliases", _SOME_REQUESTS, _KMS, value=no_value, multivalued=True),
    _OF_CALL("kms:GrantOperations", _SOME_REQUESTS, _GRANTS, value=no_value, multivalued=True),
    _OF_CALL("kms:GrantIsForAWSResource", _SOME_REQUESTS, _KMS, value=no_value, type=_BOOL),
    # STS
    _OF_CALL("sts:RoleSessionName", _EVERY_REQUEST, _SESSIONS, value=lambda facts: facts.session.name or None),
    _OF_CALL("sts:ExternalId", _sometimes(*_SIGNED), _SESSIONS, value=lambda facts: facts.session.external_id),
    _OF_CALL("sts:SourceIdentity", _SOME_REQUESTS, _SESSIONS, value=lambda facts: facts.session.source_identity),
    _OF_CALL(
        "sts:TransitiveTagKeys",
        _SOME_REQUESTS,
        _SESSIONS,
        value=lambda facts: facts.session.transitive_tag_keys or None,
        multivalued=True,
    ),
    _OF_CALL(
        "sts:RoleAuthorizedByIdp",
        _always(PrincipalKind.WEB_IDENTITY),
        _SESSIONS,
        value=lambda facts: None if facts.session.authorized_by_idp is None else _truth(facts.session.authorized_by_idp),
        source="[L] seen for every token; true where it lists the role",
        type=_BOOL,
    ),
    # IAM
    _OF_RESOURCE("iam:ResourceTag/", _SOME_REQUESTS, _IAM, value=lambda facts: facts.resource_tags),
    _OF_CALL("iam:PermissionsBoundary", _SOME_REQUESTS, _BOUNDARIES, value=lambda facts: facts.permissions_boundary, type=_ARN),
    _OF_CALL("iam:PolicyARN", _EVERY_REQUEST, _ATTACHMENTS, value=lambda facts: facts.policy_arn, type=_ARN),
    _OF_CALL("iam:PassedToService", _SOME_REQUESTS, ("iam:PassRole",), value=lambda facts: facts.passed_to_service),
)

# The claims of a token, `<issuer without https://>:<claim>`: all that AWS reads for the trust policy, and the few that a session keeps.
CLAIMS = RequestKey(
    "",
    _sometimes(PrincipalKind.WEB_IDENTITY, PrincipalKind.ROLE_SESSION),
    _ANY,
    KeyOrigin.CALLER,
    lambda facts: facts.session.claims if facts.caller.principal.kind is PrincipalKind.WEB_IDENTITY else facts.caller.claims,
    "[A] IAM User Guide, available keys for AWS STS",
)

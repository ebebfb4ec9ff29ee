"""What the engines are asked: tokens, good and hostile, and calls of S3; each with what `decide` needs to predict the answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from tests.engines.issuer import Issuer
from tests.identity_providers.keys import SigningKey

from bucketpass.requests.s3 import CopySource, ObjectFacts, S3Call, S3Target

__all__ = ["CALLS", "TOKENS", "Call", "Place", "TokenCase", "target_of"]

Claims = dict[str, Any]
OTHER_KEY = SigningKey("stranger")


@dataclass(frozen=True, slots=True)
class TokenCase:
    """A token. `claims` changes those of a good one; `make` signs them; `genuine` is false where no verifier may take it.

    difference: the code of the dialect's difference that the case is an instance of.
    """

    name: str
    claims: Callable[[Claims], Claims] = dict
    make: Callable[[Issuer, Claims], str] = lambda issuer, claims: issuer.signed(claims)
    genuine: bool = True
    difference: str = ""


def _with(**changes: object) -> Callable[[Claims], Claims]:
    """The claims with `changes`; one that is None is left out."""
    return lambda claims: {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _header(**members: object) -> Callable[[Issuer, Claims], str]:
    return lambda issuer, claims: issuer.signed(claims, header=members)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(issuer: Issuer, claims: Claims) -> str:
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def _confused(issuer: Issuer, claims: Claims) -> str:
    """Signed with the public key as if it were a shared secret."""
    message = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': issuer.published[0].kid})}.{_part(claims)}"
    signature = hmac.new(issuer.published[0].public_pem, message.encode(), hashlib.sha256).digest()
    return f"{message}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _tampered(issuer: Issuer, claims: Claims) -> str:
    """The signature of a token for somebody else."""
    return ".".join([*issuer.signed(claims).split(".")[:2], issuer.signed({**claims, "sub": "somebody"}).split(".")[2]])


TAGS = "https://aws.amazon.com/tags"
TOKENS = (
    TokenCase("good"),
    TokenCase("audience in a list", lambda claims: {**claims, "aud": [claims["aud"]]}),
    TokenCase("typ at+jwt", make=_header(typ="at+jwt")),
    TokenCase("no kid", make=_header(kid=None)),
    TokenCase("azp is the audience", lambda claims: {**claims, "azp": claims["aud"]}),
    TokenCase("no iat", _with(iat=None), genuine=False, difference="token-without-exp"),
    TokenCase("expired half a minute ago", lambda claims: {**claims, "exp": int(time.time()) - 30}, difference="leeway"),
    TokenCase("session tags of no declared name", _with(**{TAGS: {"principal_tags": {"tenant": ["x"]}}})),
    TokenCase("session tag team", _with(**{TAGS: {"principal_tags": {"team": ["ml"]}}})),
    TokenCase("other subject", _with(sub="somebody")),
    TokenCase("subject in capitals", lambda claims: {**claims, "sub": claims["sub"].upper() + "X"}),
    TokenCase("subject with a star", _with(sub="*")),
    TokenCase("wrong audience", _with(aud="somewhere-else")),
    TokenCase("azp of another client", _with(azp="somewhere-else")),
    TokenCase("two audiences", lambda claims: {**claims, "aud": [claims["aud"], "other"]}, difference="several-audiences"),
    TokenCase("no audience", _with(aud=None), genuine=False),
    TokenCase("no subject", _with(sub=None), genuine=False),
    TokenCase("no expiry", _with(exp=None), genuine=False, difference="token-without-exp"),
    TokenCase(
        "roles of AWS without this one", _with(**{"https://aws.amazon.com/roles": ["arn:aws:iam::1:role/x"]}), difference="claims-of-aws"
    ),
    TokenCase("source identity", _with(**{"https://aws.amazon.com/source_identity": "somebody"}), difference="claims-of-aws"),
    TokenCase("expired an hour ago", lambda claims: {**claims, "exp": int(time.time()) - 3600}, genuine=False),
    TokenCase("not yet valid", lambda claims: {**claims, "nbf": int(time.time()) + 3600}, genuine=False),
    TokenCase("of another issuer", _with(iss="https://issuer.example.com"), genuine=False),
    TokenCase("issuer with a slash more", lambda claims: {**claims, "iss": claims["iss"] + "/"}, genuine=False),
    TokenCase("signed by a stranger", make=lambda issuer, claims: issuer.signed(claims, by=OTHER_KEY), genuine=False),
    TokenCase(
        "signed by a stranger under our kid",
        make=lambda issuer, claims: issuer.signed(claims, by=OTHER_KEY, header={"kid": issuer.published[0].kid}),
        genuine=False,
    ),
    TokenCase("not signed", make=_unsigned, genuine=False),
    TokenCase("public key as a shared secret", make=_confused, genuine=False),
    TokenCase("signature of another token", make=_tampered, genuine=False),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An object that a call is about, and another of the same bucket for copies."""

    bucket: str
    key: str
    other: str
    tags: Mapping[str, str] = field(default_factory=dict)
    other_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of S3: how it is sent, and as the question for `decide`. `send` says whether it was let through."""

    name: str
    send: Callable[[Any, Place], bool]
    asked: Callable[[Place], S3Call]
    plain: bool = False
    difference: str = ""

    @property
    def changes(self) -> bool:
        """Whether the object may be another afterwards."""
        return not self.name.startswith(("Get", "Head", "List"))


def _sent(method: str, **parameters: Any) -> Callable[[Any, Place], bool]:
    """The call with bucket and, where the operation takes one, key; whether it was not refused."""

    def send(client: Any, place: Place) -> bool:
        given = {name: value(place) if callable(value) else value for name, value in parameters.items()}
        return _allowed(lambda: getattr(client, method)(Bucket=place.bucket, **given))

    return send


def _allowed(call: Callable[[], Any]) -> bool:
    try:
        answer = call()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"] != 403
    if "Body" in answer:
        answer["Body"].close()
    return not answer.get("Errors")


def _on_object(name: str, **parts: Any) -> Callable[[Place], S3Call]:
    return lambda place: S3Call(
        name,
        place.bucket,
        place.key,
        **{part: value(place) if callable(value) else value for part, value in parts.items()},
    )


def _key(place: Place) -> str:
    return place.key


def _multipart(client: Any, place: Place) -> bool:
    """All calls of an upload in parts, in turn: allowed where all were."""
    names = {"Bucket": place.bucket, "Key": place.key}
    try:
        upload = {**names, "UploadId": client.create_multipart_upload(**names)["UploadId"]}
        part = {"PartNumber": 1, "ETag": client.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]}
        client.list_parts(**upload)
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            return False
        raise
    return True


def _part_copied(client: Any, place: Place) -> bool:
    names = {"Bucket": place.bucket, "Key": place.key}
    try:
        upload = {**names, "UploadId": client.create_multipart_upload(**names)["UploadId"]}
        copied = _allowed(lambda: client.upload_part_copy(**upload, PartNumber=1, CopySource={"Bucket": place.bucket, "Key": place.other}))
        client.abort_multipart_upload(**upload)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            return False
        raise
    return copied


def _source(place: Place) -> CopySource:
    return CopySource(place.bucket, place.other)


def target_of(place: Place) -> S3Target:
    """Return what is known of the objects that the calls are on."""
    return S3Target(object=ObjectFacts(place.tags), source=ObjectFacts(place.other_tags))


def _listing(operation: str, **parameters: Callable[[Place], str]) -> Callable[[Place], S3Call]:
    return lambda place: S3Call(
        operation, place.bucket, parameters={name.replace("_", "-"): value(place) for name, value in parameters.items()}
    )


def _folder(place: Place) -> str:
    return place.key.rpartition("/")[0] + "/" if "/" in place.key else place.key[:1]


CALLS = (
    Call("GetObject", _sent("get_object", Key=_key), _on_object("GetObject")),
    Call("HeadObject", _sent("head_object", Key=_key), _on_object("HeadObject")),
    Call("GetObject over plain http", _sent("get_object", Key=_key), _on_object("GetObject"), plain=True),
    Call("GetObject of a version", _sent("get_object", Key=_key, VersionId="null"), _on_object("GetObject", version_id="null")),
    Call("PutObject", _sent("put_object", Key=_key, Body=b"new"), _on_object("PutObject")),
    Call("PutObject over plain http", _sent("put_object", Key=_key, Body=b"new"), _on_object("PutObject"), plain=True),
    Call(
        "PutObject with tags",
        _sent("put_object", Key=_key, Body=b"new", Tagging="team=ml"),
        _on_object("PutObject", headers={"x-amz-tagging": "team=ml"}),
        difference="tags-on-put",
    ),
    Call(
        "PutObject with another encryption",
        _sent("put_object", Key=_key, Body=b"new", ServerSideEncryption="aws:kms"),
        _on_object("PutObject", headers={"x-amz-server-side-encryption": "aws:kms"}),
    ),
    Call("multipart upload", _multipart, _on_object("CreateMultipartUpload")),
    Call(
        "CopyObject",
        _sent("copy_object", Key=_key, CopySource=lambda place: {"Bucket": place.bucket, "Key": place.other}),
        _on_object("CopyObject", source=_source),
        difference="tags-on-put",
    ),
    Call("UploadPartCopy", _part_copied, _on_object("UploadPartCopy", source=_source), difference="upload-part-copy"),
    Call("DeleteObject", _sent("delete_object", Key=_key), _on_object("DeleteObject")),
    Call("DeleteObject of a version", _sent("delete_object", Key=_key, VersionId="null"), _on_object("DeleteObject", version_id="null")),
    Call(
        "DeleteObjects",
        _sent("delete_objects", Delete=lambda place: {"Objects": [{"Key": place.key}, {"Key": place.other}]}),
        lambda place: S3Call("DeleteObjects", place.bucket, keys=((place.key, None), (place.other, None))),
    ),
    Call("ListObjectsV2 of the folder", _sent("list_objects_v2", Prefix=_folder), _listing("ListObjectsV2", prefix=_folder)),
    Call("ListObjects of the key", _sent("list_objects", Prefix=_key), _listing("ListObjects", prefix=_key)),
    Call("ListObjectsV2 of everything", _sent("list_objects_v2"), _listing("ListObjectsV2")),
    Call("ListObjectVersions of the folder", _sent("list_object_versions", Prefix=_folder), _listing("ListObjectVersions", prefix=_folder)),
    Call("ListMultipartUploads", _sent("list_multipart_uploads"), _listing("ListMultipartUploads")),
    Call("GetObjectTagging", _sent("get_object_tagging", Key=_key), _on_object("GetObjectTagging")),
    Call("GetObjectAcl", _sent("get_object_acl", Key=_key), _on_object("GetObjectAcl")),
    Call("GetBucketPolicy", _sent("get_bucket_policy"), lambda place: S3Call("GetBucketPolicy", place.bucket)),
    Call("DeleteBucket", _sent("delete_bucket"), lambda place: S3Call("DeleteBucket", place.bucket)),
)

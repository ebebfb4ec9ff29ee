"""S3: which policies decide, and on what. AWS's answers: IAM and S3 User Guides; where marked [L] as recorded on live AWS."""

from __future__ import annotations

import io
from typing import Any

from tests.emulators.case import ALLOWED, Call, case
from tests.emulators.lab import Lab, Statement, document, object_arns, statement
from tests.sandboxes import Keys

DENIED = "AccessDenied"
NOT_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)


def _read(lab: Lab, bucket: str, keys: Keys | None, key: str = "raw/1", **more: str) -> Call:
    s3 = lab.client("s3", keys)
    return lambda: s3.get_object(Bucket=bucket, Key=key, **more)


def _write(lab: Lab, bucket: str, keys: Keys, key: str = "raw/new", **more: Any) -> Call:
    s3 = lab.s3(keys)
    return lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"y", **more)


def _list(lab: Lab, keys: Keys, bucket: str, **more: str) -> Call:
    s3 = lab.s3(keys)
    return lambda: s3.list_objects_v2(Bucket=bucket, **more)


def _session(lab: Lab, *statements: Statement, **options: Any) -> Keys:
    return lab.session(lab.role(*statements, **options))


# ---- identity-based policies


@case("S3", "a role reads below its prefix", ALLOWED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _read(lab, bucket, _session(lab, statement("s3:GetObject", object_arns(bucket, "raw/"))))


@case("S3", "a role reads beside its prefix", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _read(lab, bucket, _session(lab, statement("s3:GetObject", object_arns(bucket, "raw/"))), "other/1")


@case("S3", "a reader writes", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _write(lab, bucket, _session(lab, statement("s3:GetObject", object_arns(bucket))))


@case("S3", "a user's own policy lets it read", ALLOWED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _read(lab, bucket, lab.user(statement("s3:GetObject", object_arns(bucket))))


@case("S3", "a Deny wins over an Allow", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    s3 = lab.s3(_session(lab, statement("s3:*"), statement("s3:DeleteObject", effect="Deny")))
    return lambda: s3.delete_object(Bucket=bucket, Key="raw/1")


@case("S3", "a Deny with NotResource spares what it names alone", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": object_arns(bucket, "raw/")}
    return _read(lab, bucket, _session(lab, statement("s3:*"), deny), "other/1")


def _lister(lab: Lab, bucket: str) -> Keys:
    condition = {"StringLike": {"s3:prefix": "raw/*"}}
    return _session(lab, statement("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=condition))


@case("S3", "a listing inside the prefix of s3:prefix", ALLOWED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _list(lab, _lister(lab, bucket), bucket, Prefix="raw/")


@case("S3", "a listing of another prefix than s3:prefix", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _list(lab, _lister(lab, bucket), bucket, Prefix="other/")


@case("S3", "a listing without a prefix under s3:prefix", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _list(lab, _lister(lab, bucket), bucket)


def _batch(lab: Lab, *keys: str) -> Call:
    bucket = lab.bucket()
    s3 = lab.s3(_session(lab, statement("s3:DeleteObject", object_arns(bucket, "raw/"))))
    return lambda: s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})


@case("S3", "DeleteObjects of keys that may be deleted", ALLOWED)
def _(lab: Lab) -> Call:
    return _batch(lab, "raw/1", "raw/2")


@case("S3", "DeleteObjects of a key that may not be deleted", DENIED)
def _(lab: Lab) -> Call:
    return _batch(lab, "other/1")


def _copy(lab: Lab, *actions: str) -> Call:
    bucket = lab.bucket()
    s3 = lab.s3(_session(lab, statement("s3:PutObject", object_arns(bucket, "raw/")), statement(list(actions), object_arns(bucket))))
    return lambda: s3.copy_object(Bucket=bucket, Key="raw/copy", CopySource={"Bucket": bucket, "Key": "other/1"})


@case("S3", "a copy from where the caller may not read", DENIED)
def _(lab: Lab) -> Call:
    return _copy(lab, "s3:PutObject")


@case("S3", "a copy from where the caller may read", ALLOWED)
def _(lab: Lab) -> Call:
    return _copy(lab, "s3:GetObject")


@case("S3", "an upload in parts with s3:PutObject alone", ALLOWED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    s3 = lab.s3(_session(lab, statement("s3:PutObject", object_arns(bucket))))

    def call() -> object:
        asked = {"Bucket": bucket, "Key": "raw/parts"}
        upload = s3.create_multipart_upload(**asked)["UploadId"]
        etag = s3.upload_part(**asked, UploadId=upload, PartNumber=1, Body=io.BytesIO(b"x"))["ETag"]
        return s3.complete_multipart_upload(**asked, UploadId=upload, MultipartUpload={"Parts": [{"ETag": etag, "PartNumber": 1}]})

    return call


@case("S3", "an upload is aborted with s3:PutObject alone", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    upload = lab.s3().create_multipart_upload(Bucket=bucket, Key="raw/parts")["UploadId"]
    s3 = lab.s3(_session(lab, statement("s3:PutObject", object_arns(bucket))))
    return lambda: s3.abort_multipart_upload(Bucket=bucket, Key="raw/parts", UploadId=upload)


@case("S3", "an absent object, to a caller that may not list", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _read(lab, bucket, _session(lab, statement("s3:GetObject", object_arns(bucket))), "raw/absent")


@case("S3", "an absent object, to a caller that may list", "NoSuchKey")
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    may = statement(["s3:GetObject", "s3:ListBucket"], [f"arn:aws:s3:::{bucket}", object_arns(bucket)])
    return _read(lab, bucket, _session(lab, may), "raw/absent")


@case("S3", "a version is read with s3:GetObject alone", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    lab.s3().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = lab.s3().put_object(Bucket=bucket, Key="raw/1", Body=b"z")["VersionId"]
    return _read(lab, bucket, _session(lab, statement("s3:GetObject", object_arns(bucket))), VersionId=version)


@case("S3", "an object is put with tags, with s3:PutObject alone", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    return _write(lab, bucket, _session(lab, statement("s3:PutObject", object_arns(bucket))), Tagging="team=ml")


@case("S3", "PutObjectTagging with another tag than s3:RequestObjectTag", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    condition = {"StringEquals": {"s3:RequestObjectTag/team": "ml"}}
    s3 = lab.s3(_session(lab, statement("s3:PutObjectTagging", object_arns(bucket), Condition=condition)))
    return lambda: s3.put_object_tagging(Bucket=bucket, Key="raw/1", Tagging={"TagSet": [{"Key": "team", "Value": "other"}]})


def _read_tagged(lab: Lab, value: str) -> Call:
    bucket = lab.bucket()
    lab.s3().put_object_tagging(Bucket=bucket, Key="raw/1", Tagging={"TagSet": [{"Key": "team", "Value": value}]})
    condition = {"StringEquals": {"s3:ExistingObjectTag/team": "ml"}}
    return _read(lab, bucket, _session(lab, statement("s3:GetObject", object_arns(bucket), Condition=condition)))


@case("S3", "an object with the tag of s3:ExistingObjectTag", ALLOWED)
def _(lab: Lab) -> Call:
    return _read_tagged(lab, "ml")


@case("S3", "an object with another tag than s3:ExistingObjectTag", DENIED)
def _(lab: Lab) -> Call:
    return _read_tagged(lab, "other")


def _tenant(lab: Lab, key: str) -> Call:
    bucket = lab.bucket()
    own = statement("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/tenant}}/*")
    return _read(lab, bucket, _session(lab, own, tags=[{"Key": "tenant", "Value": "raw"}]), key)


@case("S3", "${aws:PrincipalTag/tenant}: the role's own tenant", ALLOWED)
def _(lab: Lab) -> Call:
    return _tenant(lab, "raw/1")


@case("S3", "${aws:PrincipalTag/tenant}: another tenant", DENIED)
def _(lab: Lab) -> Call:
    return _tenant(lab, "other/1")


# ---- bucket policies and public access


@case("S3", "a bucket policy that names the account, to a role without a policy", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    lab.bucket_policy(bucket, statement("s3:GetObject", object_arns(bucket), Principal={"AWS": f"arn:aws:iam::{lab.account}:root"}))
    return _read(lab, bucket, _session(lab))


@case("S3", "a bucket policy that names the role, which has no policy", ALLOWED)
def _(lab: Lab) -> Call:
    bucket, role = lab.bucket(), lab.role()
    lab.bucket_policy(bucket, statement("s3:GetObject", object_arns(bucket), Principal={"AWS": role}))
    return _read(lab, bucket, lab.session(role))


@case("S3", "a bucket policy denies the role", DENIED)
def _(lab: Lab) -> Call:
    bucket, role = lab.bucket(), lab.role(statement("s3:*"))
    lab.bucket_policy(bucket, statement("s3:GetObject", object_arns(bucket), effect="Deny", Principal={"AWS": role}))
    return _read(lab, bucket, lab.session(role))


def _exclusive(lab: Lab, role: str) -> str:
    bucket = lab.bucket()
    condition = {"ArnNotEquals": {"aws:PrincipalArn": [role, lab.admin_arn]}}
    lab.bucket_policy(bucket, statement("s3:GetObject", object_arns(bucket), effect="Deny", Principal="*", Condition=condition))
    return bucket


@case("S3", "Deny unless aws:PrincipalArn is the role: the role's session", ALLOWED)
def _(lab: Lab) -> Call:
    role = lab.role(statement("s3:*"))
    return _read(lab, _exclusive(lab, role), lab.session(role))


@case("S3", "Deny unless aws:PrincipalArn is the role: another user", DENIED)
def _(lab: Lab) -> Call:
    return _read(lab, _exclusive(lab, lab.role()), lab.user(statement("s3:*")))


@case("S3", "an unsigned request, without a bucket policy", DENIED)
def _(lab: Lab) -> Call:
    return _read(lab, lab.bucket(), None)


def _public(lab: Lab) -> str:
    bucket = lab.bucket()
    lab.s3().put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=NOT_BLOCKED)
    lab.bucket_policy(bucket, statement("s3:GetObject", object_arns(bucket), Principal="*"))
    return bucket


@case("S3", "an unsigned request, with a public bucket policy", ALLOWED)
def _(lab: Lab) -> Call:
    return _read(lab, _public(lab), None)


@case("S3", "a public bucket policy on a new bucket (Block Public Access is on)", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    policy = document(statement("s3:GetObject", object_arns(bucket), Principal="*"))
    return lambda: lab.s3().put_bucket_policy(Bucket=bucket, Policy=policy)


@case("S3", "an unsigned request, once RestrictPublicBuckets is on", DENIED)
def _(lab: Lab) -> Call:
    bucket = _public(lab)
    lab.s3().put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={**NOT_BLOCKED, "RestrictPublicBuckets": True})
    return _read(lab, bucket, None)


@case("S3", "an unsigned ListBuckets", DENIED)
def _(lab: Lab) -> Call:
    s3 = lab.client("s3", None)
    return lambda: s3.list_buckets(MaxBuckets=1)


# ---- what limits further


@case("S3", "a role's permissions boundary", DENIED)
def _(lab: Lab) -> Call:
    return _write(lab, lab.bucket(), _session(lab, statement("s3:*"), boundary=statement("s3:GetObject")))


@case("S3", "a user's permissions boundary", DENIED)
def _(lab: Lab) -> Call:
    return _write(lab, lab.bucket(), lab.user(statement("s3:*"), boundary=statement("s3:GetObject")))


@case("S3", "a session policy", DENIED)
def _(lab: Lab) -> Call:
    return _write(lab, lab.bucket(), lab.session(lab.role(statement("s3:*")), Policy=document(statement("s3:GetObject"))))


@case("S3", "a Deny of plain http (aws:SecureTransport)", DENIED)
def _(lab: Lab) -> Call:
    bucket, role = lab.bucket(), lab.role(statement("s3:*"))
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    lab.bucket_policy(bucket, statement("s3:GetObject", object_arns(bucket), effect="Deny", Principal="*", Condition=condition))
    return _read(lab, bucket, lab.session(role))


@case("S3", "a Deny of uploads without an encryption header", DENIED)
def _(lab: Lab) -> Call:
    bucket = lab.bucket()
    condition = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    return _write(lab, bucket, _session(lab, statement("s3:*"), statement("s3:PutObject", effect="Deny", Condition=condition)))


@case("S3", "If-None-Match: * on an object that exists", "PreconditionFailed")
def _(lab: Lab) -> Call:
    return _write(lab, lab.bucket(), lab.admin, "raw/1", IfNoneMatch="*")

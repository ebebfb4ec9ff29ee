"""KMS, by itself and through S3. AWS's answers: KMS Developer Guide, "Key policies", "Key states"; S3 User Guide, "Using SSE-KMS"."""

from __future__ import annotations

from typing import Any

from tests.emulators.case import ALLOWED, Call, case
from tests.emulators.lab import Lab, statement
from tests.sandboxes import Keys

THROUGH_S3, DIRECT = "AccessDenied", "AccessDeniedException"
S3 = statement("s3:*")


def _read(lab: Lab, bucket: str, keys: Keys) -> Call:
    s3 = lab.s3(keys)
    return lambda: s3.get_object(Bucket=bucket, Key="raw/1")


def _write(lab: Lab, bucket: str, keys: Keys) -> Call:
    s3 = lab.s3(keys)
    return lambda: s3.put_object(Bucket=bucket, Key="raw/2", Body=b"y")


def _of_account(lab: Lab) -> dict[str, Any]:
    """The statement that lets identity policies of the account decide."""
    return {**statement("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{lab.account}:root"}}


@case("KMS", "S3 writes under a key whose policy names the administrator alone", THROUGH_S3)
def _(lab: Lab) -> Call:
    bucket = lab.encrypted(lab.key(lab.key_administration()))
    return _write(lab, bucket, lab.session(lab.role(S3, statement("kms:*"))))


@case("KMS", "S3 reads under a key whose policy names the administrator alone", THROUGH_S3)
def _(lab: Lab) -> Call:
    bucket = lab.encrypted(lab.key(lab.key_administration()))
    return _read(lab, bucket, lab.session(lab.role(S3, statement("kms:*"))))


@case("KMS", "S3 writes under a key whose policy names the role", ALLOWED)
def _(lab: Lab) -> Call:
    role = lab.role(S3)
    bucket = lab.encrypted(lab.key(statement("kms:GenerateDataKey", Principal={"AWS": role})))
    return _write(lab, bucket, lab.session(role))


@case("KMS", "S3 reads where the account decides, by a role with kms:Decrypt", ALLOWED)
def _(lab: Lab) -> Call:
    bucket = lab.encrypted(lab.key(_of_account(lab)))
    return _read(lab, bucket, lab.session(lab.role(S3, statement("kms:Decrypt"))))


@case("KMS", "S3 reads where the account decides, by a role without kms:Decrypt", THROUGH_S3)
def _(lab: Lab) -> Call:
    return _read(lab, lab.encrypted(lab.key(_of_account(lab))), lab.session(lab.role(S3)))


def _through_s3_alone(lab: Lab, role: str) -> str:
    condition = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    return lab.key(statement(["kms:Decrypt", "kms:Encrypt"], Principal={"AWS": role}, Condition=condition))


@case("KMS", "kms:ViaService of S3: a call of KMS itself", DIRECT)
def _(lab: Lab) -> Call:
    role = lab.role(S3)
    key, kms = _through_s3_alone(lab, role), lab.kms(lab.session(role))
    return lambda: kms.encrypt(KeyId=key, Plaintext=b"x")


@case("KMS", "kms:ViaService of S3: through S3", ALLOWED)
def _(lab: Lab) -> Call:
    role = lab.role(S3)
    return _read(lab, lab.encrypted(_through_s3_alone(lab, role)), lab.session(role))


@case("KMS", "kms:EncryptionContext of another bucket", THROUGH_S3)
def _(lab: Lab) -> Call:
    role = lab.role(S3)
    condition = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::another-bucket"}}
    bucket = lab.encrypted(lab.key(statement("kms:Decrypt", Principal={"AWS": role}, Condition=condition)))
    return _read(lab, bucket, lab.session(role))


@case("KMS", "Encrypt by a role with kms:*, under a key whose policy does not let the account in", DIRECT)
def _(lab: Lab) -> Call:
    key, kms = lab.key(lab.key_administration()), lab.kms(lab.session(lab.role(statement("kms:*"))))
    return lambda: kms.encrypt(KeyId=key, Plaintext=b"x")


@case("KMS", "Encrypt by a role that the key policy names", ALLOWED)
def _(lab: Lab) -> Call:
    role = lab.role()
    key, kms = lab.key(statement("kms:Encrypt", Principal={"AWS": role})), lab.kms(lab.session(role))
    return lambda: kms.encrypt(KeyId=key, Plaintext=b"x")


@case("KMS", "S3 writes under a disabled key", "KMS.DisabledException")
def _(lab: Lab) -> Call:
    key = lab.key()
    bucket = lab.encrypted(key)
    lab.kms().disable_key(KeyId=key)
    return _write(lab, bucket, lab.admin)


@case("KMS", "Encrypt under a key that is pending deletion", "KMSInvalidStateException")
def _(lab: Lab) -> Call:
    key = lab.key()
    lab.kms().schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    return lambda: lab.kms().encrypt(KeyId=key, Plaintext=b"x")

"""Which principals AWS takes in a policy: the forms of each kind; whether one exists is for the account to say.

Source: IAM User Guide, "AWS JSON policy elements: Principal"; Amazon S3 and CloudFront guides for canonical users and origin
access identities, which stand in bucket policies alone [A].
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bucketpass.aws.arn import PARTITIONS
from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.policy.document import PrincipalElement

__all__ = ["invalid_principals"]

_PARTITION = f"(?:{'|'.join(partition.name for partition in PARTITIONS)})"
_SUFFIX = "|".join(sorted({re.escape(partition.dns_suffix) for partition in PARTITIONS}))
_NAME = r"[\x21-\x7e]+"
_AWS = re.compile(
    rf"\*|[0-9]{{12}}|(?:AIDA|AROA)[A-Z0-9]{{12,}}|arn:{_PARTITION}:iam::[0-9]{{12}}:(?:root|(?:user|role)/{_NAME})"
    rf"|arn:{_PARTITION}:sts::[0-9]{{12}}:(?:assumed-role/{_NAME}/{_NAME}|federated-user/{_NAME})"
)
_ORIGIN_ACCESS_IDENTITY = re.compile(rf"arn:{_PARTITION}:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+")
_CANONICAL_USER = re.compile(r"[0-9a-f]{64}")
_FEDERATED = re.compile(rf"arn:{_PARTITION}:iam::[0-9]{{12}}:(?:oidc|saml)-provider/{_NAME}")
_SERVICE = re.compile(rf"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:{_SUFFIX})")


def invalid_principals(element: PrincipalElement, *, of_bucket: bool) -> Iterator[tuple[str, str]]:
    """Kind and text of each principal that AWS refuses, whatever exists. `of_bucket`: the element is a bucket policy's."""
    for text in element.aws:
        if not _AWS.fullmatch(text) and not (of_bucket and _ORIGIN_ACCESS_IDENTITY.fullmatch(text)):
            yield "AWS", text
    for text in element.federated:
        if not _FEDERATED.fullmatch(text) and text not in BUILT_IN_PROVIDERS:
            yield "Federated", text
    for text in element.service:
        if not _SERVICE.fullmatch(text):
            yield "Service", text
    for text in element.canonical_user:
        if not (of_bucket and _CANONICAL_USER.fullmatch(text)):
            yield "CanonicalUser", text

"""What things are called in AWS: names and ARNs follow from the declaration and the target, before anything exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bucketpass.aws.arn import bucket_arn, partition_of_region
from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.compile.plan import Target, key_placeholder
from bucketpass.issuers import issuer_url, provider_path
from bucketpass.model.access import Access, Bucket, Issuer

__all__ = ["Names"]

NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Names:
    """The names and ARNs of one declaration in one target."""

    access: Access
    target: Target

    def role(self, service: str) -> str:
        """The role's name, and its first policy's."""
        return self.access.role_name(service)

    def role_arn(self, service: str, name: str) -> str:
        """The ARN of a role of `service` that is called `name`."""
        return self._iam(f"role{self.access.services[service].path}{name}")

    def policy_arn(self, name: str, path: str) -> str:
        """The ARN of a customer managed policy."""
        return self._iam(f"policy{path}{name}")

    def root_arn(self) -> str:
        """The ARN that stands for the account as a whole."""
        return self._iam("root")

    def provider_arn(self, issuer: Issuer) -> str:
        """What a trust names as Federated: the provider's ARN, or the host of a provider that AWS has built in."""
        path = provider_path(issuer_url(issuer))
        if path in BUILT_IN_PROVIDERS:
            return path
        return issuer.provider if issuer.provider.startswith("arn:") else self._iam(f"oidc-provider/{path}")

    def bucket(self, name: str) -> str:
        """The bucket's name in S3."""
        bucket = self.access.buckets[name]
        physical = self.access.bucket_name(name)
        if bucket.regional:
            return f"{physical}-{bucket.account or self.target.account}-{self.region(name)}-an"
        return physical

    def region(self, name: str) -> str:
        """The bucket's Region."""
        return self.access.buckets[name].region or self.target.region

    def bucket_arn(self, name: str) -> str:
        """The bucket's ARN."""
        return bucket_arn(self.target.partition, self.bucket(name))

    def access_point_arn(self, bucket: str, access_point: str) -> str:
        """The ARN of an access point of a bucket."""
        account = self.access.buckets[bucket].account or self.target.account
        return f"arn:{self.target.partition}:s3:{self.region(bucket)}:{account}:accesspoint/{access_point}"

    def key(self, name: str) -> str | None:
        """The ARN of the bucket's KMS key, or what stands for it; None for SSE-S3."""
        return key_of(name, self.access.buckets[name])

    def tags(self, own: Mapping[str, str] = NO_TAGS) -> tuple[tuple[str, str], ...]:
        """Return the tags of something that is made: the declaration's, and its own, which win."""
        return tuple(sorted({**self.access.tags, **own}.items())) if own or self.access.tags else ()

    def s3_endpoint(self, bucket: str) -> str:
        """How `kms:ViaService` names S3 of the bucket's Region."""
        region = self.region(bucket)
        return f"s3.{region}.{partition_of_region(region).dns_suffix}"

    def _iam(self, resource: str) -> str:
        return f"arn:{self.target.partition}:iam::{self.target.account}:{resource}"


def key_of(name: str, bucket: Bucket) -> str | None:
    """The ARN of a bucket's KMS key, or what stands for it; None for SSE-S3."""
    return {"s3": None, "kms": key_placeholder(name)}.get(bucket.encryption, bucket.encryption)

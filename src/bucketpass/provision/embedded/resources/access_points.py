"""S3 access points.

Which properties replace a resource: Terraform AWS provider's `aws_s3_access_point` schema, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, unless
from bucketpass.provision.embedded.resources.interface import Alone, Made, Naming, Property, then
from bucketpass.provision.embedded.resources.shapes import PLAIN, from_aws, to_aws
from bucketpass.provision.embedded.values import Properties, Value, maybe_text, table, text

__all__ = ["AccessPoint"]

GONE = ("NoSuchAccessPoint",)
NO_POLICY = ("NoSuchAccessPointPolicy", *GONE)
BLOCK, VPC = "publicAccessBlockConfiguration", "vpcConfiguration"


class AccessPoint(Alone):
    """`aws.s3.AccessPoint`. Its ID is `<account>:<name>`."""

    tokens = ("aws:s3/accessPoint:AccessPoint",)
    properties = (
        Property("accountId", replace=True, filled=True),
        Property("bucket", replace=True),
        Property("bucketAccountId", replace=True, filled=True),
        Property("name", replace=True, naming=Naming(50, lower=True)),
        Property("policy", policy=True, late=True, filled=True),
        Property(BLOCK, replace=True, filled=True),
        Property(VPC, replace=True),
        Property("region", replace=True),
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Return account and name."""
        return f"{maybe_text(wanted, 'accountId') or aws.account}:{text(wanted, 'name')}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The access point exists, with its policy."""
        identifier = str(self.find(aws, wanted))
        account, _, name = identifier.partition(":")
        options: dict[str, Any] = {
            "PublicAccessBlockConfiguration": to_aws(table(wanted, BLOCK), PLAIN),
            "VpcConfiguration": to_aws(table(wanted, VPC), PLAIN),
            "BucketAccountId": maybe_text(wanted, "bucketAccountId"),
        }
        aws.s3control.create_access_point(
            AccountId=account, Name=name, Bucket=text(wanted, "bucket"), **{key: value for key, value in options.items() if value}
        )
        found = self.read(aws, identifier) or {}
        made = Made(identifier, {key: value for key, value in found.items() if key not in wanted and key != "policy"})
        with then(made):
            self.update(aws, identifier, {}, wanted)
        return made

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The access point of an ID."""
        account, _, name = identifier.partition(":")
        found = unless(GONE, lambda: aws.s3control.get_access_point(AccountId=account, Name=name))
        if found is None:
            return None
        policy = unless(NO_POLICY, lambda: aws.s3control.get_access_point_policy(AccountId=account, Name=name))
        arn = found.get("AccessPointArn") or f"arn:{aws.partition}:s3:{aws.region}:{account}:accesspoint/{name}"
        return {
            "accountId": account,
            "bucket": found["Bucket"],
            "bucketAccountId": found.get("BucketAccountId") or account,
            "name": name,
            "policy": policy["Policy"] if policy else None,
            BLOCK: from_aws(found.get("PublicAccessBlockConfiguration", {}), PLAIN),
            VPC: from_aws(found.get("VpcConfiguration", {}), PLAIN) or None,
            "alias": found.get("Alias"),
            "arn": arn,
            "domainName": f"{name}-{account}.s3-accesspoint.{aws.region}.amazonaws.com",
            "endpoints": dict(found.get("Endpoints", {})),
            "networkOrigin": found.get("NetworkOrigin"),
            "region": aws.region,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """The policy is as in `new`; all else is replaced."""
        account, _, name = identifier.partition(":")
        if maybe_text(new, "policy") is not None:
            aws.s3control.put_access_point_policy(AccountId=account, Name=name, Policy=text(new, "policy"))
        elif maybe_text(old, "policy") is not None:
            aws.s3control.delete_access_point_policy(AccountId=account, Name=name)
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The access point is gone."""
        account, _, name = identifier.partition(":")
        with ignoring(*GONE):
            aws.s3control.delete_access_point(AccountId=account, Name=name)

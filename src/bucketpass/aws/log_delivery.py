"""AWS services that write to a bucket by its policy: who they are, where they write, and on whose behalf.

Each row is the bucket policy that the service's own guide asks for [A]; `{partition}`, `{region}` and `{account}` are filled in.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DELIVERIES", "WITH_ROLES", "Delivery"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a service needs of the bucket.

    principal: the service. prefix: what the keys that it writes start with. source: the ARNs that it acts for.
    reads_acl: whether it asks for the bucket's ACL first. sends_acl: whether its uploads name `bucket-owner-full-control`.
    """

    principal: str
    prefix: str
    source: str
    reads_acl: bool = False
    sends_acl: bool = True


_OWN = "AWSLogs/{account}/"
# Services that use a bucket with a role or with the permissions of who calls them, so that no bucket policy names them [A: their guides].
_BY_TRUST = "{title} uses the bucket with a role: add `trust: [{principal}]` to the service whose role that is, and give it a grant"
WITH_ROLES = (
    ("athena", "Athena uses the bucket with the permissions of who runs the query: give that service grants on data and results"),
    ("sagemaker", _BY_TRUST.format(title="SageMaker", principal="sagemaker.amazonaws.com")),
    ("firehose", _BY_TRUST.format(title="Firehose", principal="firehose.amazonaws.com")),
    ("replication", "replication uses the bucket with a role of its own: make it where the replication rule is made"),
)
DELIVERIES = {
    # AWS CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
    "cloudtrail": Delivery("cloudtrail.amazonaws.com", _OWN, "arn:{partition}:cloudtrail:*:{account}:trail/*", reads_acl=True),
    # Elastic Load Balancing, "Access logs for your Application Load Balancer".
    "elb-logs": Delivery(
        "logdelivery.elasticloadbalancing.amazonaws.com",
        _OWN,
        "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/*",
        sends_acl=False,
    ),
    # S3 User Guide, "Granting permissions for S3 Inventory and S3 analytics".
    "inventory": Delivery("s3.amazonaws.com", "", "arn:{partition}:s3:::*"),
    # S3 User Guide, "Enabling Amazon S3 server access logging".
    "s3-access-logs": Delivery("logging.s3.amazonaws.com", "", "arn:{partition}:s3:::*", sends_acl=False),
    # VPC User Guide, "Amazon S3 bucket permissions for flow logs".
    "vpc-flow-logs": Delivery("delivery.logs.amazonaws.com", _OWN, "arn:{partition}:logs:{region}:{account}:*", reads_acl=True),
}

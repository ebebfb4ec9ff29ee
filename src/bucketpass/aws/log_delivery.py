"""AWS services that write to a bucket by its policy: who they are, where they write, and on whose behalf.

Each row is the bucket policy that the service's own guide asks for [A]; `{partition}`, `{region}` and `{account}` are filled in.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DELIVERIES", "Delivery"]


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

"""Amazon Resource Names, partitions, and where a bucket's objects are.

Source: AWS General Reference, "Amazon Resource Names (ARNs)"; partition endpoints as in botocore's partitions.json.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PARTITIONS", "Arn", "Partition", "bucket_arn", "object_arn", "partition_of_region"]


@dataclass(frozen=True, slots=True)
class Partition:
    """One of AWS's separate worlds. `regions` are the prefixes of its Regions' names."""

    name: str
    dns_suffix: str
    regions: tuple[str, ...]


PARTITIONS = (
    Partition("aws-cn", "amazonaws.com.cn", ("cn-",)),
    Partition("aws-us-gov", "amazonaws.com", ("us-gov-",)),
    Partition("aws-iso", "c2s.ic.gov", ("us-iso-",)),
    Partition("aws-iso-b", "sc2s.sgov.gov", ("us-isob-",)),
    Partition("aws-iso-e", "cloud.adc-e.uk", ("eu-isoe-",)),
    Partition("aws-iso-f", "csp.hci.ic.gov", ("us-isof-",)),
    Partition("aws-eusc", "amazonaws.eu", ("eusc-",)),
    Partition("aws", "amazonaws.com", ("",)),
)


def partition_of_region(region: str) -> Partition:
    """The partition that a Region belongs to; a Region of no other known name is in `aws`."""
    return next(partition for partition in PARTITIONS if region.startswith(partition.regions))


@dataclass(frozen=True, slots=True)
class Arn:
    """The six parts of an ARN; `resource` keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn | None:
        """The parts of `text`, or None where it is no ARN."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            return None
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def bucket_arn(partition: str, bucket: str) -> str:
    """The ARN of a bucket: where bucket actions such as s3:ListBucket apply."""
    return f"arn:{partition}:s3:::{bucket}"


def object_arn(partition: str, bucket: str, key: str) -> str:
    """The ARN of an object, or of objects where `key` is a pattern."""
    return f"arn:{partition}:s3:::{bucket}/{key}"

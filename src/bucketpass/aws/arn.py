"""Amazon Resource Names, partitions, and where a bucket's objects are.

Source: AWS General Reference, "Amazon Resource Names (ARNs)"; partition endpoints as in botocore's partitions.json.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

__all__ = ["ARN_PARTS", "PARTITIONS", "Arn", "Partition", "bucket_arn", "object_arn", "parse_arn", "partition_of_region", "split_arn"]

ARN_PARTS = 6


class Partition(NamedTuple):
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


@lru_cache(maxsize=256)
def partition_of_region(region: str) -> Partition:
    """The partition that a Region belongs to; a Region of no other known name is in `aws`."""
    return next(partition for partition in PARTITIONS if region.startswith(partition.regions))


class Arn(NamedTuple):
    """The six parts of an ARN; `resource` keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn | None:
        """The parts of `text`, or None where it is not an ARN."""
        parts = split_arn(text)
        return cls(*parts[1:]) if parts is not None else None

    @property
    def name(self) -> str:
        """The last part of the resource's path, such as the name of a role without its path."""
        return self.resource.rpartition("/")[2]

    @property
    def bucket(self) -> str:
        """The bucket that the ARN of S3 names, also where it names an object."""
        return self.resource.partition("/")[0]

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def split_arn(text: str) -> list[str] | None:
    """The six parts of an ARN with the first, which is `arn`; None where `text` has fewer. The last keeps its colons."""
    parts = text.split(":", ARN_PARTS - 1)
    return parts if len(parts) == ARN_PARTS and parts[0] == "arn" else None


def parse_arn(text: str) -> Arn:
    """The parts of `text`, which has to be an ARN. Raises RequestError."""
    arn = Arn.parse(text)
    if arn is None:
        from bucketpass.errors import RequestError  # only here: a credential process has 45 ms

        raise RequestError(f"`{text}` is not an ARN", remedy="expected arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE")
    return arn


def bucket_arn(partition: str, bucket: str) -> str:
    """The ARN of a bucket: where bucket actions such as s3:ListBucket apply."""
    return f"arn:{partition}:s3:::{bucket}"


def object_arn(partition: str, bucket: str, key: str) -> str:
    """The ARN of an object, or of objects where `key` is a pattern."""
    return f"arn:{partition}:s3:::{bucket}/{key}"

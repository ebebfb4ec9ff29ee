"""A stack's own parts of what others write too: which they are, and the rest without them.

A bucket's policy, lifecycle and tags, and the policy of a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.resources.interface import Handler
from bucketpass.provision.embedded.resources.registry import handler_of
from bucketpass.provision.embedded.shared import SharedSetting
from bucketpass.provision.embedded.values import Properties

if TYPE_CHECKING:
    from bucketpass.provision.clients import AwsClients
    from bucketpass.provision.embedded.endpoint import RegionClients

__all__ = ["PartsOf", "read_parts", "remove_parts"]

OF_BUCKETS = (
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketTags:BucketTags",
)
OF_KEYS = ("aws:kms/keyPolicy:KeyPolicy",)


@dataclass(frozen=True, slots=True)
class PartsOf:
    """A live setting that several parties write: the names of the stack's parts and of those of others (empty for one without)."""

    own: tuple[str, ...]
    foreign: tuple[str, ...]
    handler: Handler
    live: Properties

    @property
    def setting(self) -> SharedSetting:
        """The property that is shared."""
        return cast("SharedSetting", self.handler.shared)


def read_parts(clients: AwsClients, identifier: str, mark: str) -> list[PartsOf]:
    """Return the shared settings of a bucket (by name) or key (by ARN). Raises `ProvisionError` if one cannot be read."""
    from botocore.exceptions import ClientError

    found = []
    for handler in map(handler_of, OF_KEYS if identifier.startswith("arn:") else OF_BUCKETS):
        try:
            live = handler.read(cast("RegionClients", clients), identifier)
        except ClientError as error:
            raise ProvisionError(f"`{identifier}` cannot be read: {error}", remedy="Check the name and the credentials.") from error
        if live is not None and handler.shared is not None:
            value = live[handler.shared.property]
            own = handler.shared.names(handler.shared.own(value, mark))
            found.append(PartsOf(tuple(own), tuple(handler.shared.foreign_names(value, mark)), handler, live))
    return found


def remove_parts(clients: AwsClients, identifier: str, mark: str, found: PartsOf) -> None:
    """Remove the marked parts. The others stay as they are; a setting without other parts is deleted."""
    aws = cast("RegionClients", clients)
    left = found.setting.foreign(found.live[found.setting.property], mark)
    if left is None:
        found.handler.delete(aws, identifier, found.live)
    else:
        found.handler.update(aws, identifier, found.live, {**found.live, found.setting.property: left})

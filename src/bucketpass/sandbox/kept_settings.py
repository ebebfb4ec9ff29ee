"""Settings of a bucket that the sandbox keeps as they were sent, and does nothing about.

Nothing expires or is replicated, nobody is notified, no website is served. Whether the topic, queue or function of a notification
exists, and lets S3 send to it, is not checked.

Source: S3 API reference of these operations; user guide, "Requirements for replication" [A]; error texts [K].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex

from bucketpass.sandbox.lifecycle import checked_lifecycle
from bucketpass.sandbox.objects.xml import NAMESPACE, malformed_xml, parse_body, text_of
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import Element, copied, document

__all__ = ["READ", "WRITTEN"]

LEAST_SIZE = ("x-amz-transition-default-minimum-object-size", "all_storage_classes_128K")
# What a notification goes to: its element, and the one of the target in that.
_TARGETS = {"CloudFunctionConfiguration": "CloudFunction", "QueueConfiguration": "Queue", "TopicConfiguration": "Topic"}

Checked = Callable[[State, StoredBucket, bytes], bytes]


@dataclass(frozen=True, slots=True)
class KeptSetting:
    """A setting. root: the document's name. checked: the document as it is kept; raises AwsError.

    absent: code and message of a read where there is none, or None where that is an empty document.
    """

    root: str
    checked: Checked
    absent: tuple[str, str] | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def read(self, bucket: StoredBucket) -> ServerResponse:
        """Return the document. Raises AwsError where there is none."""
        kept = bucket.configurations.get(self.root)
        if kept is None and self.absent is not None:
            raise AwsError(*self.absent, 404, (("BucketName", bucket.name),))
        body = document(self.root, NAMESPACE) if kept is None else kept.encode()
        return ServerResponse(200, [("Content-Type", "application/xml"), *self.headers], body)

    def write(self, state: State, bucket: StoredBucket, body: bytes) -> ServerResponse:
        """Keep the document. Raises AwsError."""
        state.set_configuration(bucket.name, self.root, self.checked(state, bucket, body).decode())
        return ServerResponse(200, list(self.headers))

    def remove(self, state: State, bucket: StoredBucket, body: bytes) -> ServerResponse:
        """Keep none any more."""
        state.set_configuration(bucket.name, self.root, "")
        return ServerResponse(204)


def _kept(root: Element, identifier: str = "", *named: str) -> bytes:
    """The document; its children of these names have an identifier, which S3 makes up where none is given."""
    for child in root.children:
        if child.name in named and not text_of(child, identifier):
            made_up = Element(identifier)
            made_up.text = token_hex(24)
            child.children = [made_up, *(one for one in child.children if one.name != identifier)]
    return document(root.name, NAMESPACE, *map(copied, root.children))


def _notification(state: State, bucket: StoredBucket, body: bytes) -> bytes:
    root = parse_body(body, "NotificationConfiguration")
    for child in root.children:
        if child.name == "EventBridgeConfiguration":
            continue
        target = _TARGETS.get(child.name)
        if target is None or not text_of(child, target) or child.find("Event") is None:
            raise malformed_xml()
    return _kept(root, "Id", *_TARGETS)


def _website(state: State, bucket: StoredBucket, body: bytes) -> bytes:
    root = parse_body(body, "WebsiteConfiguration")
    index, elsewhere = root.find("IndexDocument"), root.find("RedirectAllRequestsTo")
    if elsewhere is not None:
        if len(root.children) > 1 or not text_of(elsewhere, "HostName"):
            message = "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            raise AwsError("InvalidArgument", message) if len(root.children) > 1 else malformed_xml()
    elif index is None:
        raise AwsError("InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty")
    elif not (suffix := text_of(index, "Suffix")) or "/" in suffix:
        raise AwsError("InvalidArgument", "The IndexDocument Suffix is not well formed")
    return _kept(root)


def _replication(state: State, bucket: StoredBucket, body: bytes) -> bytes:
    root = parse_body(body, "ReplicationConfiguration")
    rules = list(root.find_all("Rule"))
    if not text_of(root, "Role") or not rules:
        raise malformed_xml()
    if bucket.versioning != "Enabled":
        raise AwsError("InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration")
    for rule in rules:
        destination = rule.find("Destination")
        arn = text_of(destination, "Bucket") if destination is not None else None
        if not arn or text_of(rule, "Status") not in ("Enabled", "Disabled"):
            raise malformed_xml()
        target = state.bucket(arn.rpartition(":")[2])
        if target is None:
            raise AwsError("InvalidRequest", "Destination bucket must exist.")
        if target.versioning != "Enabled":
            raise AwsError("InvalidRequest", "Destination bucket must have versioning enabled.")
    return _kept(root, "ID", "Rule")


_LIFECYCLE = KeptSetting(
    "LifecycleConfiguration",
    lambda state, bucket, body: checked_lifecycle(body),
    ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    (LEAST_SIZE,),
)
_NOTIFICATION = KeptSetting("NotificationConfiguration", _notification)
_REPLICATION = KeptSetting(
    "ReplicationConfiguration",
    _replication,
    ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
)
_WEBSITE = KeptSetting(
    "WebsiteConfiguration",
    _website,
    ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
)
READ: dict[str, Callable[[StoredBucket], ServerResponse]] = {
    "GetBucketLifecycleConfiguration": _LIFECYCLE.read,
    "GetBucketNotificationConfiguration": _NOTIFICATION.read,
    "GetBucketReplication": _REPLICATION.read,
    "GetBucketWebsite": _WEBSITE.read,
}
WRITTEN: dict[str, Callable[[State, StoredBucket, bytes], ServerResponse]] = {
    "DeleteBucketLifecycle": _LIFECYCLE.remove,
    "DeleteBucketReplication": _REPLICATION.remove,
    "DeleteBucketWebsite": _WEBSITE.remove,
    "PutBucketLifecycleConfiguration": _LIFECYCLE.write,
    "PutBucketNotificationConfiguration": _NOTIFICATION.write,
    "PutBucketReplication": _REPLICATION.write,
    "PutBucketWebsite": _WEBSITE.write,
}

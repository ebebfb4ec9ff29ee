"""Settings of buckets and keys that others own, besides bucket policies: merged with what is live, or refused."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import SETTINGS

from bucketpass.errors import ProvisionError
from bucketpass.policy.shared import mark_of
from bucketpass.provision.embedded.shared import marked_tags
from bucketpass.provision.merging import marked_rules

__all__ = ["added_rules", "added_tags", "bucket_tags", "engine_merges", "live_key_policy", "require_no_other_log", "stack_mark"]

BUCKET, KEY = "AWS::S3::Bucket", "AWS::KMS::Key"
# A lifecycle rule as CloudFormation's schema of a bucket has it: what becomes of each name. Source: AWS::S3::Bucket Rule [A].
PLAIN = {"Id": "id", "Status": "status"}
FILTERS = {"Prefix": "prefix", "ObjectSizeGreaterThan": "object_size_greater_than", "ObjectSizeLessThan": "object_size_less_than"}
NESTED = {
    "ExpirationDate": ("expiration", "date"),
    "ExpirationInDays": ("expiration", "days"),
    "ExpiredObjectDeleteMarker": ("expiration", "expired_object_delete_marker"),
}
ACTIONS = {
    "AbortIncompleteMultipartUpload": ("abort_incomplete_multipart_upload", {"DaysAfterInitiation": "days_after_initiation"}),
    "NoncurrentVersionExpiration": (
        "noncurrent_version_expiration",
        {"NoncurrentDays": "noncurrent_days", "NewerNoncurrentVersions": "newer_noncurrent_versions"},
    ),
    "Transitions": ("transitions", {"StorageClass": "storage_class", "TransitionDate": "date", "TransitionInDays": "days"}),
    "NoncurrentVersionTransitions": (
        "noncurrent_version_transitions",
        {
            "StorageClass": "storage_class",
            "TransitionInDays": "noncurrent_days",
            "NewerNoncurrentVersions": "newer_noncurrent_versions",
        },
    ),
}


def engine_merges() -> bool:
    """Whether the engine merges with what is live at the moment that it writes; Pulumi's own does not."""
    return bool(getattr(SETTINGS.engine, "merges_with_others", False))


def added_rules(bucket: str, rules: Sequence[Mapping[str, Any]], options: pulumi.InvokeOptions) -> dict[str, Any]:
    """Return a lifecycle's arguments: the rules with the stack's mark and, under an engine that does not merge, the live ones."""
    mark = stack_mark()
    own, warnings = marked_rules(bucket, rules, mark)
    for words in warnings:
        pulumi.log.warn(words)
    if engine_merges():
        return {"rules": own}
    live = _live(BUCKET, bucket, options).get("LifecycleConfiguration") or {}
    least = live.get("TransitionDefaultMinimumObjectSize")
    foreign = [_rule(bucket, rule) for rule in live.get("Rules", ()) if not str(rule.get("Id", "")).startswith(mark)]
    return {"rules": [*foreign, *own], **({"transition_default_minimum_object_size": least} if least else {})}


def added_tags(bucket: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags with the one that lists them. Raises `ProvisionError` under an engine that would replace those of others."""
    if not engine_merges():
        raise ProvisionError(
            f"the tags of the adopted bucket `{bucket}` cannot be set here: Pulumi's AWS provider sets tags only with the bucket itself",
            remedy="Remove `tags`, or use `bucketpass up`, which adds them to those of others.",
        )
    return marked_tags(tags, stack_mark())


def bucket_tags(name: str, *, opts: pulumi.ResourceOptions, **properties: Any) -> pulumi.CustomResource:
    """Register the tags as the embedded engine's own type of resource."""
    return pulumi.CustomResource("aws:s3/bucketTags:BucketTags", name, properties, opts)


def live_key_policy(key: str, options: pulumi.InvokeOptions) -> str | None:
    """Return the policy that the key has; None where the engine merges with it."""
    if engine_merges():
        return None
    policy = _live(KEY, key.rpartition("/")[2], options)["KeyPolicy"]
    return policy if isinstance(policy, str) else json.dumps(policy)


def require_no_other_log(bucket: str, wanted: Mapping[str, Any], options: pulumi.InvokeOptions) -> None:
    """Raise `ProvisionError` if the adopted bucket's log goes elsewhere. The embedded engine looks for itself."""
    live = {} if engine_merges() else _live(BUCKET, bucket, options).get("LoggingConfiguration") or {}
    found = live.get("DestinationBucketName"), live.get("LogFilePrefix", "")
    if live and found != (wanted["target_bucket"], wanted["target_prefix"]):
        raise ProvisionError(
            f"the log of the adopted bucket `{bucket}` goes to `{found[0]}/{found[1]}`, and a bucket has one log",
            remedy="Remove `logging`, or agree with the bucket's owner on one place.",
        )


def stack_mark() -> str:
    """What the names of the stack's own parts begin with."""
    return mark_of(pulumi.get_project(), pulumi.get_stack())


def _live(kind: str, identifier: str, options: pulumi.InvokeOptions) -> dict[str, Any]:
    """The resource as AWS's Cloud Control API gives it. Raises what the provider raises: an answer that fails is never "nothing there"."""
    found: dict[str, Any] = json.loads(aws.cloudcontrol.get_resource(type_name=kind, identifier=identifier, opts=options).properties)
    return found


def _rule(bucket: str, live: Mapping[str, Any]) -> dict[str, Any]:
    """A live rule as arguments. Raises `ProvisionError` for a name that is not known: it would be lost."""
    rule: dict[str, Any] = {"filter": _filter(live)}
    for name, value in live.items():
        if name in PLAIN:
            rule[PLAIN[name]] = value
        elif name in NESTED:
            outer, inner = NESTED[name]
            rule.setdefault(outer, {})[inner] = value
        elif name in ACTIONS:
            outer, names = ACTIONS[name]
            rule[outer] = [_named(bucket, one, names) for one in value] if isinstance(value, list) else _named(bucket, value, names)
        elif name not in {*FILTERS, "TagFilters"}:
            raise _unknown(bucket, name)
    return rule


def _named(bucket: str, value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if strange := value.keys() - names.keys():
        raise _unknown(bucket, min(strange))
    return {names[name]: inner for name, inner in value.items()}


def _filter(live: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's filter: more than one condition stands in `and`."""
    given = {FILTERS[name]: int(value) if "size" in FILTERS[name] else value for name, value in live.items() if name in FILTERS}
    tags = dict(_tags(live))
    if len(given) + len(tags) > 1:
        return {"and_": {**given, **({"tags": tags} if tags else {})}}
    for key, value in tags.items():
        return {"tag": {"key": key, "value": value}}
    return given or {"prefix": ""}


def _tags(live: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((tag["Key"], tag["Value"]) for tag in live.get("TagFilters", ()))


def _unknown(bucket: str, name: str) -> ProvisionError:
    return ProvisionError(
        f"a live lifecycle rule of the adopted bucket `{bucket}` has `{name}`, which cannot be written again as it is",
        remedy="Remove `lifecycle`, and set the rule where the bucket is made.",
    )

"""The notifications of a bucket: Pulumi's flat filters and AWS's nested ones, one made from the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketpass.provision.embedded.values import Properties, Value, flag, items

__all__ = ["notification_from_aws", "notification_to_aws"]

# Pulumi's list: AWS's list, Pulumi's property with the target, AWS's.
TARGETS = {
    "lambdaFunctions": ("LambdaFunctionConfigurations", "lambdaFunctionArn", "LambdaFunctionArn"),
    "queues": ("QueueConfigurations", "queueArn", "QueueArn"),
    "topics": ("TopicConfigurations", "topicArn", "TopicArn"),
}
FILTERS = {"filterPrefix": "prefix", "filterSuffix": "suffix"}


def notification_to_aws(wanted: Properties) -> dict[str, Any]:
    """Return the configuration as S3 takes it. A property that is not known keeps its name, so that it is refused by that."""
    sent: dict[str, Any] = {"EventBridgeConfiguration": {}} if flag(wanted, "eventbridge") else {}
    for name, (list_name, ours, theirs) in TARGETS.items():
        given = [one for one in items(wanted, name) if isinstance(one, Mapping)]
        if given:
            sent[list_name] = [_target(one, ours, theirs) for one in given]
    return sent


def _target(given: Properties, ours: str, theirs: str) -> dict[str, Any]:
    names = {ours: theirs, "events": "Events", "id": "Id"}
    rules = [{"Name": rule, "Value": given[name]} for name, rule in FILTERS.items() if given.get(name)]
    sent = {names.get(name, name): value for name, value in given.items() if name not in FILTERS and value is not None}
    return {**sent, "Filter": {"Key": {"FilterRules": rules}}} if rules else sent


def notification_from_aws(found: Mapping[str, Any]) -> dict[str, Value]:
    """Return S3's configuration as Pulumi's properties."""
    read: dict[str, Value] = {"eventbridge": "EventBridgeConfiguration" in found}
    for name, (list_name, ours, theirs) in TARGETS.items():
        if found.get(list_name):
            read[name] = [_read(one, ours, theirs) for one in found[list_name]]
    return read


def _read(found: Mapping[str, Any], ours: str, theirs: str) -> dict[str, Value]:
    rules = {rule["Name"].lower(): rule["Value"] for rule in found.get("Filter", {}).get("Key", {}).get("FilterRules", ())}
    filters = {name: rules[rule] for name, rule in FILTERS.items() if rule in rules}
    return {ours: found[theirs], "events": list(found["Events"]), "id": found.get("Id"), **filters}

"""Which lifecycle rules a bucket may have. The sandbox keeps them and expires nothing.

Source: S3 API reference, PutBucketLifecycleConfiguration; S3 User Guide, "Lifecycle configuration elements" [A]; error texts [K].
"""

from __future__ import annotations

import re
from secrets import token_hex

from bucketpass.digits import whole_number
from bucketpass.sandbox.objects.xml import NAMESPACE, malformed_xml, parse_body, text_of
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.xml import Element, copied, document, element, text

__all__ = ["checked_lifecycle"]

MAX_RULES = 1000
MAX_ID_CHARACTERS = 255
_ACTIONS = frozenset(
    {"Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition", "AbortIncompleteMultipartUpload"}
)
_STORAGE_CLASSES = frozenset({"DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA"})
INFREQUENT_ACCESS_DAYS = 30
_MIDNIGHT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T00:00:00(\.0{1,6})?(Z|\+00:00)?)?")
_DAYS = ("Days", "NoncurrentDays", "DaysAfterInitiation")


def checked_lifecycle(body: bytes) -> bytes:
    """Return the configuration with an ID for each rule that has none. Raises AwsError for one that S3 does not take."""
    rules = tuple(parse_body(body, "LifecycleConfiguration").find_all("Rule"))
    if not 1 <= len(rules) <= MAX_RULES:
        raise malformed_xml()
    names = [name for rule in rules if (name := text_of(rule, "ID"))]
    if len(set(names)) != len(names):
        raise AwsError("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    if any(len(name) > MAX_ID_CHARACTERS for name in names):
        raise AwsError("InvalidArgument", f"ID length should not exceed allowed limit of {MAX_ID_CHARACTERS}")
    for rule in rules:
        _check(rule)
    # S3 makes an ID up for a rule that has none, and keeps it.
    return document("LifecycleConfiguration", NAMESPACE, *(_written(rule, text_of(rule, "ID") or token_hex(24)) for rule in rules))


def _check(rule: Element) -> None:
    if text_of(rule, "Status") not in ("Enabled", "Disabled"):
        raise malformed_xml()
    if (rule.find("Filter") is None) == (rule.find("Prefix") is None):
        raise malformed_xml()
    actions = [child for child in rule.children if child.name in _ACTIONS]
    if not actions:
        raise AwsError("InvalidRequest", "At least one action needs to be specified in a rule")
    if _by_tags(rule):
        _check_without_tags(actions)
    _check_order(actions)
    for action in actions:
        _check_storage_class(action)
        if (date := text_of(action, "Date")) is not None and not _MIDNIGHT.fullmatch(date):
            raise AwsError("InvalidArgument", "'Date' must be at midnight GMT")
        for name in _DAYS:
            days = text_of(action, name)
            least = 0 if "Transition" in action.name else 1
            if days is not None and (number := whole_number(days, 2**31 - 1)) is None:
                raise malformed_xml()
            if days is not None and number is not None and number < least:
                kind = "Transition" if least == 0 else action.name
                raise AwsError("InvalidArgument", f"'{name}' for {kind} action must be a positive integer")
        if (
            action.name == "Expiration"
            and len({"Days", "Date", "ExpiredObjectDeleteMarker"} & {child.name for child in action.children}) != 1
        ):
            raise malformed_xml()


def _by_tags(rule: Element) -> bool:
    chosen = rule.find("Filter")
    both = chosen.find("And") if chosen is not None else None
    return any(one is not None and one.find("Tag") is not None for one in (chosen, both))


def _check_without_tags(actions: list[Element]) -> None:
    for action in actions:
        if action.name == "AbortIncompleteMultipartUpload" or action.find("ExpiredObjectDeleteMarker") is not None:
            name = "ExpiredObjectDeleteMarker" if action.name == "Expiration" else action.name
            raise AwsError("InvalidRequest", f"{name} cannot be specified with Tags.")


def _check_order(actions: list[Element]) -> None:
    """Objects expire after they were moved."""
    days = {action.name: whole_number(text_of(action, "Days") or "") for action in actions if action.name in ("Expiration", "Transition")}
    expiration, transition = days.get("Expiration"), days.get("Transition")
    if expiration is not None and transition is not None and expiration <= transition:
        raise AwsError("InvalidArgument", "'Days' in the Expiration action must be greater than 'Days' in the Transition action")


def _check_storage_class(action: Element) -> None:
    storage_class = text_of(action, "StorageClass")
    if "Transition" not in action.name:
        return
    if storage_class not in _STORAGE_CLASSES:
        raise malformed_xml()
    days = whole_number(text_of(action, "Days") or "")
    if storage_class in ("STANDARD_IA", "ONEZONE_IA") and days is not None and days < INFREQUENT_ACCESS_DAYS:
        rule = f"must be greater than or equal to {INFREQUENT_ACCESS_DAYS} for storageClass '{storage_class}'"
        raise AwsError("InvalidArgument", f"'Days' in Transition action {rule}")


def _written(rule: Element, name: str) -> str:
    others = (child for child in rule.children if child.name != "ID")
    return element("Rule", text("ID", name), *map(copied, others))

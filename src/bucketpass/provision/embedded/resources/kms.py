"""KMS: keys, their policies and aliases.

Which properties replace a resource: Terraform AWS provider's `aws_kms_*` schemas, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketpass.deployment.resources import delegating
from bucketpass.policy import policy_json
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, key_values, plain_tags, tag_changes, unless
from bucketpass.provision.embedded.resources.interface import Alone, Made, Naming, Property, then
from bucketpass.provision.embedded.shared import POLICY
from bucketpass.provision.embedded.values import Properties, Value, flag, maybe_flag, maybe_number, maybe_text, text

__all__ = ["Alias", "Key", "KeyPolicy"]

GONE = ("NotFoundException",)
REGION = Property("region", replace=True)


def _key_id(key: str) -> str:
    """A key's ID, from that or its ARN."""
    return key.rpartition("/")[2]


class Key(Alone):
    """`aws.kms.Key`. Its ID is the key ID that AWS makes up."""

    tokens = ("aws:kms/key:Key",)
    properties = (
        Property("description"),
        Property("keyUsage", replace=True, default="ENCRYPT_DECRYPT"),
        Property("customerMasterKeySpec", replace=True, default="SYMMETRIC_DEFAULT"),
        Property("multiRegion", replace=True, default=False),
        Property("policy", policy=True, filled=True),
        Property("bypassPolicyLockoutSafetyCheck", default=False),
        Property("deletionWindowInDays", default=30),
        Property("isEnabled", default=True, late=True),
        Property("enableKeyRotation", default=False, late=True),
        Property("rotationPeriodInDays", late=True),
        Property("tags"),
        REGION,
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Nothing that was asked for says which key it is."""
        return None

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The key exists; it is rotated and enabled as asked for."""
        options: dict[str, Any] = {
            "Description": maybe_text(wanted, "description"),
            "Policy": maybe_text(wanted, "policy"),
            "Tags": key_values(wanted, "TagKey", "TagValue"),
            "MultiRegion": flag(wanted, "multiRegion"),
            "BypassPolicyLockoutSafetyCheck": flag(wanted, "bypassPolicyLockoutSafetyCheck"),
            "KeyUsage": text(wanted, "keyUsage"),
            "KeySpec": text(wanted, "customerMasterKeySpec"),
        }
        key = aws.kms.create_key(**{name: value for name, value in options.items() if value})["KeyMetadata"]
        made = Made(key["KeyId"], {"arn": key["Arn"], "keyId": key["KeyId"], "region": aws.region})
        with then(made):
            self._switch(aws, key["KeyId"], {}, wanted)
        return made

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The key of an ID; a key that waits for its deletion is gone."""
        found = unless(GONE, lambda: aws.kms.describe_key(KeyId=identifier))
        if found is None or found["KeyMetadata"].get("KeyState") == "PendingDeletion":
            return None
        key = found["KeyMetadata"]
        tags = plain_tags(aws.kms.list_resource_tags(KeyId=identifier).get("Tags", ()), "TagKey", "TagValue")
        return {
            "arn": key["Arn"],
            "keyId": key["KeyId"],
            "region": aws.region,
            "description": key.get("Description") or None,
            "keyUsage": key.get("KeyUsage"),
            "customerMasterKeySpec": key.get("KeySpec"),
            "multiRegion": key.get("MultiRegion", False),
            "isEnabled": key.get("Enabled", True),
            "enableKeyRotation": aws.kms.get_key_rotation_status(KeyId=identifier)["KeyRotationEnabled"],
            "policy": aws.kms.get_key_policy(KeyId=identifier, PolicyName="default")["Policy"],
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Description, policy, rotation, state and tags are as in `new`."""
        if old.get("description") != new.get("description"):
            aws.kms.update_key_description(KeyId=identifier, Description=maybe_text(new, "description") or "")
        if old.get("policy") != new.get("policy") and maybe_text(new, "policy") is not None:
            bypass = flag(new, "bypassPolicyLockoutSafetyCheck")
            aws.kms.put_key_policy(
                KeyId=identifier, PolicyName="default", Policy=text(new, "policy"), BypassPolicyLockoutSafetyCheck=bypass
            )
        self._switch(aws, identifier, old, new)
        removed, changed = tag_changes(old, new)
        if removed:
            aws.kms.untag_resource(KeyId=identifier, TagKeys=removed)
        if changed:
            aws.kms.tag_resource(KeyId=identifier, Tags=key_values(new, "TagKey", "TagValue"))  # type: ignore[arg-type]
        return {}

    def _switch(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> None:
        enabled = maybe_flag(new, "isEnabled") is not False
        if enabled and maybe_flag(old, "isEnabled") is False:
            aws.kms.enable_key(KeyId=identifier)
        rotation = ("enableKeyRotation", "rotationPeriodInDays")
        if any(old.get(name) != new.get(name) for name in rotation) and (flag(old, rotation[0]) or flag(new, rotation[0])):
            days = maybe_number(new, "rotationPeriodInDays")
            options: dict[str, Any] = {} if days is None else {"RotationPeriodInDays": days}
            if flag(new, "enableKeyRotation"):
                aws.kms.enable_key_rotation(KeyId=identifier, **options)
            else:
                aws.kms.disable_key_rotation(KeyId=identifier)
        if not enabled and maybe_flag(old, "isEnabled") is not False:
            aws.kms.disable_key(KeyId=identifier)

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The key is to be deleted when its window is over; nothing can use it from now on."""
        with ignoring(*GONE, "KMSInvalidStateException"):
            aws.kms.schedule_key_deletion(KeyId=identifier, PendingWindowInDays=maybe_number(last, "deletionWindowInDays") or 30)


class KeyPolicy(Alone):
    """`aws.kms.KeyPolicy`: the policy of a key that may be somebody else's. Its ID is the key's ID."""

    tokens = ("aws:kms/keyPolicy:KeyPolicy",)
    properties = (
        Property("keyId", replace=True, alike=_key_id),
        Property("policy", policy=True),
        Property("bypassPolicyLockoutSafetyCheck", default=False),
        REGION,
    )
    overwrites = True
    part_of = "keyId"
    shared = POLICY

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The key's ID."""
        return _key_id(text(wanted, "keyId"))

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The key has the policy."""
        self._put(aws, _key_id(text(wanted, "keyId")), wanted)
        return Made(_key_id(text(wanted, "keyId")), {"region": aws.region})

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The policy of a key; each key has one."""
        found = unless(GONE, lambda: aws.kms.get_key_policy(KeyId=identifier, PolicyName="default"))
        return None if found is None else {"keyId": identifier, "policy": found["Policy"], "region": aws.region}

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """The policy is as in `new`."""
        self._put(aws, identifier, new)
        return {}

    def _put(self, aws: RegionClients, key: str, wanted: Properties) -> None:
        aws.kms.put_key_policy(
            KeyId=key,
            PolicyName="default",
            Policy=text(wanted, "policy"),
            BypassPolicyLockoutSafetyCheck=flag(wanted, "bypassPolicyLockoutSafetyCheck"),
        )

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The key has the policy that AWS gives a new one: a key without any cannot be used or deleted any more."""
        usual = policy_json(delegating(aws.account, aws.partition).document)
        with ignoring(*GONE, "KMSInvalidStateException"):
            self._put(aws, identifier, {"policy": usual})


class Alias(Alone):
    """`aws.kms.Alias`. Its ID is its name, `alias/...`."""

    tokens = ("aws:kms/alias:Alias",)
    properties = (
        Property("name", replace=True, naming=Naming(256, prefix="alias/")),
        Property("namePrefix", replace=True),
        Property("targetKeyId", alike=_key_id),
        REGION,
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The alias's name."""
        return text(wanted, "name")

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The alias points to the key."""
        aws.kms.create_alias(AliasName=text(wanted, "name"), TargetKeyId=text(wanted, "targetKeyId"))
        return Made(text(wanted, "name"), self._facts(aws, text(wanted, "name"), text(wanted, "targetKeyId")))

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The alias of a name."""
        for page in aws.kms.get_paginator("list_aliases").paginate():
            for alias in page["Aliases"]:
                if alias["AliasName"] == identifier and "TargetKeyId" in alias:
                    facts = self._facts(aws, identifier, alias["TargetKeyId"])
                    return {"name": identifier, "targetKeyId": alias["TargetKeyId"], **facts}
        return None

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """The alias points to the key of `new`."""
        aws.kms.update_alias(AliasName=identifier, TargetKeyId=text(new, "targetKeyId"))
        return self._facts(aws, identifier, text(new, "targetKeyId"))

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """Delete the alias; one that does not exist is not an error."""
        with ignoring(*GONE):
            aws.kms.delete_alias(AliasName=identifier)

    def _facts(self, aws: RegionClients, name: str, key: str) -> dict[str, Value]:
        prefix = f"arn:{aws.partition}:kms:{aws.region}:{aws.account}"
        return {
            "arn": f"{prefix}:{name}",
            "targetKeyArn": key if key.startswith("arn:") else f"{prefix}:key/{key}",
            "region": aws.region,
        }

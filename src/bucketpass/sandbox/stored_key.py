"""A KMS key, read from moto's backend into a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bucketpass.aws.arn import Arn

__all__ = ["StoredKey", "stored_key"]


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A KMS key. `usable` is False where it is disabled or about to be deleted."""

    arn: str
    policy: str
    usable: bool
    state: str
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def account(self) -> str:
        """The account that the key is in."""
        parts = Arn.parse(self.arn)
        return parts.account if parts is not None else ""


def stored_key(kms: Any, name: str) -> StoredKey | None:
    """Return the key that `name`, an ID or an alias, names in this backend; None where there is none."""
    if name.startswith("alias/"):
        aliases = (alias for key in tuple(kms.keys.values()) for alias in tuple(key.aliases.values()) if alias.alias_name == name)
        alias = next(aliases, None)
        name = alias.target_key_id if alias else ""
    found = kms.keys.get(name)
    if found is None:
        return None
    tags = kms.tagger.get_tag_dict_for_resource(found.id)
    return StoredKey(found.arn, found.policy, found.enabled and found.key_state == "Enabled", found.key_state, tags)

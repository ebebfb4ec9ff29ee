"""What IAM holds, read from moto's backend into values: roles, users, policies, providers, and who is who.

Names of roles, users and groups match in any case [L]; AWS managed policies are those of moto's catalogue, which it imports from
AWS with their versions, read when one is first named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bucketpass.secret import Secret

__all__ = ["AccessKey", "Entity", "StoredIam", "StoredPolicies", "StoredProvider", "StoredRole"]

_NOTHING = '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
_USER_ID = "AIDA"
_ID_CHARACTERS = 21


@dataclass(frozen=True, slots=True)
class StoredPolicies:
    """An identity's policies as JSON text under their names. `boundary` is the permissions boundary's document."""

    documents: tuple[tuple[str, str], ...]
    boundary: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """What IAM holds (a role, user, group, managed policy, OIDC provider or instance profile), as far as requests about it are judged.

    `boundary` is an ARN.
    """

    name: str
    arn: str
    tags: Mapping[str, str]
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRole:
    """A role. `trust` is JSON text."""

    name: str
    arn: str
    id: str
    trust: str
    max_session_seconds: int
    policies: StoredPolicies
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An IAM user's access key."""

    secret: Secret
    user_name: str
    user_arn: str
    user_id: str
    user_tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredProvider:
    """An OIDC provider. `url` has no scheme; `client_ids` None where AWS has the provider built in and takes any audience."""

    arn: str
    url: str
    client_ids: tuple[str, ...] | None


class StoredIam:
    """Reads IAM's entities. Whoever inherits it says where moto's backend is."""

    @property
    def _iam(self) -> Any:
        raise NotImplementedError

    def _load_aws_policies(self) -> None:
        """AWS's own policies are there from then on."""
        raise NotImplementedError

    def entity(self, kind: str, name: str) -> Entity | None:
        """Return the role, user, group or instance profile of this name, or the policy or oidc-provider of this ARN."""
        found = self._find(kind, name)
        if found is None:
            return None
        boundary = getattr(found, "permissions_boundary_arn", None)
        return Entity(getattr(found, "name", name), found.arn, _tags(getattr(found, "tags", ())), boundary or None)

    def _find(self, kind: str, name: str) -> Any:
        if kind == "policy":
            self._know_aws_policies(name)
            return self._iam.managed_policies.get(name)
        iam = self._iam
        if kind == "oidc-provider":
            return iam.open_id_providers.get(name)
        held = {"role": iam.roles, "user": iam.users, "group": iam.groups, "instance-profile": iam.instance_profiles}[kind]
        wanted = name.lower()
        return next((found for found in tuple(held.values()) if found.name.lower() == wanted), None)

    def role(self, name: str) -> StoredRole | None:
        """Return the role of this name."""
        role = self._find("role", name)
        if role is None:
            return None
        return StoredRole(
            name=role.name,
            arn=role.arn,
            id=role.id,
            trust=role.assume_role_policy_document,
            max_session_seconds=int(role.max_session_duration or 3600),
            policies=self._policies(f"role {role.name}", role),
            tags=_tags(role.tags),
        )

    def user_policies(self, name: str) -> StoredPolicies | None:
        """Return the policies of the IAM user of this name, those of its groups among them."""
        user = self._find("user", name)
        if user is None:
            return None
        own = self._policies(f"user {user.name}", user)
        groups = [self._policies(f"group {group.name}", group) for group in self._iam.get_groups_for_user(user.name)]
        return StoredPolicies(own.documents + tuple(document for group in groups for document in group.documents), own.boundary)

    def profile_roles(self, name: str) -> tuple[str, ...]:
        """Return the names of the roles in the instance profile of this name."""
        found = self._find("instance-profile", name)
        return tuple(role.name for role in found.roles) if found is not None else ()

    def _policies(self, owner: str, holder: Any) -> StoredPolicies:
        inline = tuple((f"inline policy {name} of {owner}", _text(text)) for name, text in tuple(holder.policies.items()))
        managed = tuple((f"policy {policy.name}", _default_version(policy)) for policy in tuple(holder.managed_policies.values()))
        boundary, arn = None, getattr(holder, "permissions_boundary_arn", None)
        if arn:
            # SECURITY: a boundary that is gone lets nothing through, rather than everything.
            boundary = (f"boundary {arn}", self.managed_policy(arn) or _NOTHING)
        return StoredPolicies(inline + managed, boundary)

    def managed_policy(self, arn: str) -> str | None:
        """Return the default version of the managed policy of this ARN."""
        policy = self._find("policy", arn)
        return _default_version(policy) if policy else None

    def has_policy(self, name: str) -> bool:
        """True if the account has a managed policy of its own of this name, in any case."""
        held = (policy for policy in tuple(self._iam.managed_policies.values()) if ":iam::aws:" not in policy.arn)
        return any(policy.name.lower() == name.lower() for policy in held)

    def _know_aws_policies(self, text: str) -> None:
        """AWS's own policies are there from the first time that a text names one of them."""
        if ":iam::aws:policy/" in text:
            self._load_aws_policies()

    def access_key(self, access_key_id: str) -> AccessKey | None:
        """Return the IAM user's active access key of this ID."""
        for user in tuple(self._iam.users.values()):
            for key in tuple(user.access_keys):
                if key.access_key_id == access_key_id and key.status == "Active":
                    return AccessKey(Secret(key.secret_access_key), user.name, user.arn, user.id, _tags(user.tags))
        return None

    def provider(self, arn: str) -> StoredProvider | None:
        """Return the OIDC provider of this ARN."""
        found = self._iam.open_id_providers.get(arn)
        return StoredProvider(arn, found.url, tuple(found.client_id_list)) if found else None

    # ---- who is who

    def unique_id(self, arn: str) -> str | None:
        """Return IAM's own ID (AROA..., AIDA...) of the role or user of this ARN."""
        return next((found.id for found in self._principals() if found.arn == arn), None)

    def arn_of(self, unique_id: str) -> str | None:
        """Return the ARN of the role or user that has this ID."""
        return next((found.arn for found in self._principals() if found.id == unique_id), None)

    def _principals(self) -> Iterator[Any]:
        iam = self._iam
        yield from tuple(iam.roles.values())
        yield from tuple(iam.users.values())

    def _complete_user(self, name: str, boundary: str) -> tuple[str, str]:
        """A user that moto has made has an ID of IAM's form, and its boundary. Return the ID that it had, and the new one."""
        user = self._iam.users[name]
        made = user.id
        user.id = f"{_USER_ID}{made.upper()}"[:_ID_CHARACTERS]
        self._set_user_boundary(name, boundary)
        return made, user.id

    def _set_user_boundary(self, name: str, arn: str) -> None:
        """moto has no boundaries of users."""
        user = self._iam.users[name]
        user.permissions_boundary_arn = arn or None
        user.permissions_boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def _tags(held: Any) -> dict[str, str]:
    """moto keeps a mapping until TagRole makes it a list."""
    tags: Iterable[Mapping[str, str]] = held.values() if isinstance(held, dict) else held or ()
    return {tag["Key"]: tag["Value"] for tag in tags}


def _default_version(policy: Any) -> str:
    return _text(next(version.document for version in policy.versions if version.version_id == policy.default_version_id))


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document)

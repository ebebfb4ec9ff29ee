"""IAM: users and their access keys, and instance profiles.

Which properties replace a resource: Terraform AWS provider's `aws_iam_*` schemas, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, key_values, plain_tags, require_operation, tag_changes, unless
from bucketpass.provision.embedded.resources.iam import GONE
from bucketpass.provision.embedded.resources.interface import Alone, Made, Naming, Property, then
from bucketpass.provision.embedded.values import Hidden, Properties, Value, flag, maybe_text, text

__all__ = ["InstanceProfile", "User", "UserAccessKey"]


class User(Alone):
    """`aws.iam.User`. Its ID is its name."""

    tokens = ("aws:iam/user:User",)
    properties = (
        Property("name", replace=True, naming=Naming(64)),
        Property("path", replace=True, default="/"),
        Property("permissionsBoundary"),
        Property("forceDestroy", default=False),
        Property("tags"),
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Return the user's name."""
        return text(wanted, "name")

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """Create the user."""
        boundary = maybe_text(wanted, "permissionsBoundary")
        options: dict[str, Any] = {} if boundary is None else {"PermissionsBoundary": boundary}
        user = aws.iam.create_user(
            UserName=text(wanted, "name"),
            Path=text(wanted, "path"),
            Tags=key_values(wanted),  # type: ignore[arg-type]
            **options,
        )["User"]
        return Made(user["UserName"], {"arn": user["Arn"], "uniqueId": user["UserId"]})

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """Return the user of a name."""
        found = unless(GONE, lambda: aws.iam.get_user(UserName=identifier))
        if found is None:
            return None
        user = found["User"]
        tags = plain_tags(user.get("Tags", ()))
        return {
            "arn": user["Arn"],
            "uniqueId": user["UserId"],
            "name": user["UserName"],
            "path": user["Path"],
            "permissionsBoundary": user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Change boundary and tags."""
        boundary = maybe_text(new, "permissionsBoundary")
        if boundary is None and maybe_text(old, "permissionsBoundary") is not None:
            aws.iam.delete_user_permissions_boundary(UserName=identifier)
        elif boundary is not None and boundary != maybe_text(old, "permissionsBoundary"):
            aws.iam.put_user_permissions_boundary(UserName=identifier, PermissionsBoundary=boundary)
        removed, changed = tag_changes(old, new)
        if removed:
            aws.iam.untag_user(UserName=identifier, TagKeys=removed)
        if changed:
            aws.iam.tag_user(UserName=identifier, Tags=key_values(new))  # type: ignore[arg-type]
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """Delete the user; with `forceDestroy`, keys that others made for it as well."""
        with ignoring(*GONE):
            if flag(last, "forceDestroy"):
                for key in aws.iam.list_access_keys(UserName=identifier)["AccessKeyMetadata"]:
                    aws.iam.delete_access_key(UserName=identifier, AccessKeyId=key["AccessKeyId"])
            aws.iam.delete_user(UserName=identifier)


class UserAccessKey(Alone):
    """`aws.iam.AccessKey`. Its ID is the access key ID that AWS makes up; the secret is known when it is made, and never again."""

    tokens = ("aws:iam/accessKey:AccessKey",)
    properties = (Property("user", replace=True), Property("status", default="Active", late=True))

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Return None: nothing that is asked for says which key it is."""
        return None

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """Create the key."""
        key = aws.iam.create_access_key(UserName=text(wanted, "user"))["AccessKey"]
        made = Made(key["AccessKeyId"], {"secret": Hidden(key["SecretAccessKey"]), "createDate": key["CreateDate"].isoformat()})
        with then(made):
            self.update(aws, made.id, {"status": "Active"}, wanted)
        return made

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """Return the key of an ID: its user and status."""
        used = unless((*GONE, "AccessDenied"), lambda: aws.iam.get_access_key_last_used(AccessKeyId=identifier))
        return self.read_of(aws, identifier, {"user": used["UserName"]}) if used is not None and used.get("UserName") else None

    def read_of(self, aws: RegionClients, identifier: str, known: Properties) -> Properties | None:
        """Return the key of a user's."""
        user = text(known, "user")
        keys = unless(GONE, lambda: aws.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]) or ()
        found = next((key for key in keys if key["AccessKeyId"] == identifier), None)
        return None if found is None else {"user": user, "status": found["Status"]}

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Change the status."""
        status: Any = text(new, "status")
        if old.get("status") != status:
            aws.iam.update_access_key(UserName=text(new, "user"), AccessKeyId=identifier, Status=status)
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """Delete the key."""
        with ignoring(*GONE):
            aws.iam.delete_access_key(UserName=text(last, "user"), AccessKeyId=identifier)


class InstanceProfile(Alone):
    """`aws.iam.InstanceProfile`. Its ID is its name."""

    tokens = ("aws:iam/instanceProfile:InstanceProfile",)
    properties = (
        Property("name", replace=True, naming=Naming(128)),
        Property("namePrefix", replace=True),
        Property("path", replace=True, default="/"),
        Property("role", late=True),
        Property("tags"),
    )

    def check(self, aws: RegionClients, wanted: Properties) -> None:
        """Raise `ProvisionError` before anything is made if the endpoint does not have instance profiles."""
        require_operation("instance profiles", lambda: aws.iam.get_instance_profile(InstanceProfileName="bucketpass"))

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Return the profile's name."""
        return text(wanted, "name")

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """Create the profile, and put the role into it."""
        profile = aws.iam.create_instance_profile(
            InstanceProfileName=text(wanted, "name"),
            Path=text(wanted, "path"),
            Tags=key_values(wanted),  # type: ignore[arg-type]
        )["InstanceProfile"]
        made = Made(profile["InstanceProfileName"], {"arn": profile["Arn"], "uniqueId": profile["InstanceProfileId"]})
        with then(made):
            self.update(aws, made.id, {"tagsAll": wanted.get("tagsAll")}, wanted)
        return made

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """Return the profile of a name."""
        found = unless(GONE, lambda: aws.iam.get_instance_profile(InstanceProfileName=identifier))
        if found is None:
            return None
        profile = found["InstanceProfile"]
        tags = plain_tags(profile.get("Tags", ()))
        return {
            "arn": profile["Arn"],
            "uniqueId": profile["InstanceProfileId"],
            "name": profile["InstanceProfileName"],
            "path": profile["Path"],
            "role": next((role["RoleName"] for role in profile["Roles"]), None),
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Change role and tags."""
        before, after = maybe_text(old, "role"), maybe_text(new, "role")
        if before is not None and before != after:
            with ignoring(*GONE):
                aws.iam.remove_role_from_instance_profile(InstanceProfileName=identifier, RoleName=before)
        if after is not None and before != after:
            aws.iam.add_role_to_instance_profile(InstanceProfileName=identifier, RoleName=after)
        removed, changed = tag_changes(old, new)
        if removed:
            aws.iam.untag_instance_profile(InstanceProfileName=identifier, TagKeys=removed)
        if changed:
            aws.iam.tag_instance_profile(InstanceProfileName=identifier, Tags=key_values(new))  # type: ignore[arg-type]
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """Delete the profile; its role stays."""
        with ignoring(*GONE):
            for role in aws.iam.get_instance_profile(InstanceProfileName=identifier)["InstanceProfile"]["Roles"]:
                aws.iam.remove_role_from_instance_profile(InstanceProfileName=identifier, RoleName=role["RoleName"])
            aws.iam.delete_instance_profile(InstanceProfileName=identifier)

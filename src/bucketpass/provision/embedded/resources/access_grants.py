"""S3 Access Grants: the instance of an account and Region, its locations and grants.

The three are the same in every respect but the names of their calls and properties, so that they are a table (`ACCESS_GRANTS`).
Which properties replace a resource: Terraform AWS provider's `aws_s3control_access_grant*` schemas, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, key_values, plain_tags, require_operation, tag_changes, unless
from bucketpass.provision.embedded.resources.interface import Made, Property
from bucketpass.provision.embedded.resources.shapes import PropertyMapping, from_aws, to_aws
from bucketpass.provision.embedded.values import Properties, Value, maybe_text, text

__all__ = ["ACCESS_GRANTS", "AccessGrantsPart"]

NO_INSTANCE = "AccessGrantsInstanceNotExistsError"
GONE = (NO_INSTANCE, "NoSuchAccessGrantsLocationError", "NoSuchAccessGrantError", "NoSuchAccessGrantsInstance")
NAMES = PropertyMapping({"iamRoleArn": "IAMRoleArn"})


@dataclass(frozen=True, slots=True)
class AccessGrantsPart:
    """A part of S3 Access Grants. Its ID is the account, and for what an instance has several of, a comma and the part's own ID.

    kind: its name in the API's calls, such as `access_grant`. key: the name of its ID in the API, empty for the one of an account.
    arn: the name of its ARN. given: the properties that are sent; `updated`: of these, what can be changed in place.
    """

    tokens: tuple[str, ...]
    kind: str
    key: str
    arn: str
    given: tuple[Property, ...]
    updated: str = ""
    overwrites: bool = False
    part_of: str = ""
    shared: None = None

    @property
    def properties(self) -> tuple[Property, ...]:
        """The account, what is given, and tags."""
        return (Property("accountId", replace=True, filled=True), *self.given, Property("tags"), Property("region", replace=True))

    def check(self, aws: RegionClients, wanted: Properties) -> None:
        """Raise `ProvisionError` before anything is made if the endpoint does not have S3 Access Grants."""
        require_operation("S3 Access Grants", lambda: aws.s3control.get_access_grants_instance(AccountId=aws.account))

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Return the account for its instance; AWS makes up the IDs of the others."""
        return None if self.key else self._account(aws, wanted)

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The part exists, with its tags."""
        account = self._account(aws, wanted)
        sent = to_aws({rule.name: wanted.get(rule.name) for rule in self.given}, NAMES)
        tags = key_values(wanted)
        made = self._call(aws, "create", AccountId=account, **sent, **({"Tags": tags} if tags else {}))
        identifier = f"{account},{made[self.key]}" if self.key else account
        return Made(identifier, {name: value for name, value in self._facts(aws, account, made).items() if name not in wanted})

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The part of an ID, with its tags."""
        found = unless(GONE, lambda: self._call(aws, "get", **self._named(identifier)))
        if found is None:
            return None
        account = identifier.partition(",")[0]
        listed = aws.s3control.list_tags_for_resource(AccountId=account, ResourceArn=found[self.arn])
        tags = plain_tags(listed.get("Tags", ()))
        return {**self._facts(aws, account, found), "tags": tags, "tagsAll": tags}

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Tags, and what can be changed in place, are as in `new`."""
        named = self._named(identifier)
        if self.updated and old.get(self.updated) != new.get(self.updated):
            self._call(aws, "update", **named, **to_aws({self.updated: text(new, self.updated)}, NAMES))
        removed, changed = tag_changes(old, new)
        if removed or changed:
            arn, account = self._call(aws, "get", **named)[self.arn], named["AccountId"]
            if removed:
                aws.s3control.untag_resource(AccountId=account, ResourceArn=arn, TagKeys=removed)
            if changed:
                aws.s3control.tag_resource(AccountId=account, ResourceArn=arn, Tags=key_values(new))
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The part is gone."""
        with ignoring(*GONE):
            self._call(aws, "delete", **self._named(identifier))

    def _account(self, aws: RegionClients, wanted: Properties) -> str:
        return maybe_text(wanted, "accountId") or aws.account

    def _named(self, identifier: str) -> dict[str, str]:
        account, _, own = identifier.partition(",")
        return {"AccountId": account, **({self.key: own} if self.key else {})}

    def _call(self, aws: RegionClients, verb: str, **parameters: Any) -> dict[str, Any]:
        found: dict[str, Any] = getattr(aws.s3control, f"{verb}_{self.kind}")(**parameters)
        return found

    def _facts(self, aws: RegionClients, account: str, found: Mapping[str, Any]) -> dict[str, Value]:
        shown = from_aws({name: value for name, value in found.items() if name not in {"CreatedAt", "ResponseMetadata"}}, NAMES)
        return {**shown, "accountId": account, "region": aws.region}


ACCESS_GRANTS = (
    AccessGrantsPart(
        ("aws:s3control/accessGrantsInstance:AccessGrantsInstance",),
        "access_grants_instance",
        "",
        "AccessGrantsInstanceArn",
        (Property("identityCenterArn", replace=True),),
    ),
    AccessGrantsPart(
        ("aws:s3control/accessGrantsLocation:AccessGrantsLocation",),
        "access_grants_location",
        "AccessGrantsLocationId",
        "AccessGrantsLocationArn",
        (Property("iamRoleArn"), Property("locationScope", replace=True)),
        updated="iamRoleArn",
    ),
    AccessGrantsPart(
        ("aws:s3control/accessGrant:AccessGrant",),
        "access_grant",
        "AccessGrantId",
        "AccessGrantArn",
        (
            Property("accessGrantsLocationId", replace=True),
            Property("accessGrantsLocationConfiguration", replace=True, filled=True),
            Property("grantee", replace=True),
            Property("permission", replace=True),
            Property("s3PrefixType", replace=True),
        ),
    ),
)

"""IAM: the exclusive lists of a role's policies. What is not in the list is taken from the role.

They have nothing of their own at AWS: to delete one changes no policy, as with AWS's provider. [K]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, unless
from bucketpass.provision.embedded.resources.iam import GONE, listed
from bucketpass.provision.embedded.resources.interface import Made, Property
from bucketpass.provision.embedded.values import Properties, Value, text, texts

__all__ = ["EXCLUSIVE", "ExclusiveList"]


@dataclass(frozen=True, slots=True)
class ExclusiveList:
    """All policies of one kind that a role has. Its ID is the role's name.

    member: the property with the list. now: what the role has. remove, add: change it by one.
    """

    tokens: tuple[str, ...]
    member: str
    now: Callable[[RegionClients, str], Sequence[str]]
    remove: Callable[[RegionClients, str, str], object]
    add: Callable[[RegionClients, str, str], object] | None = None
    overwrites: bool = False
    part_of: str = "roleName"
    shared: None = None

    @property
    def properties(self) -> tuple[Property, ...]:
        """The role and the list."""
        return (Property("roleName", replace=True), Property(self.member, unordered=True))

    def check(self, aws: RegionClients, wanted: Properties) -> None:
        """Do nothing: the list has no inner structure."""

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """Return the role's name."""
        return text(wanted, "roleName")

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """Take from the role what is not in the list, and give it what can be given."""
        self.update(aws, text(wanted, "roleName"), {}, wanted)
        return Made(text(wanted, "roleName"))

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """Return what the role has."""
        found = unless(GONE, lambda: list(self.now(aws, identifier)))
        return None if found is None else {"roleName": identifier, self.member: found}

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Take from the role what is not in the list, and give it what can be given."""
        wanted, there = texts(new, self.member), list(self.now(aws, identifier))
        for name in there:
            if name not in wanted:
                with ignoring(*GONE):
                    self.remove(aws, identifier, name)
        for name in wanted if self.add is not None else ():
            if name not in there and self.add is not None:
                self.add(aws, identifier, name)
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """Change nothing at AWS."""


EXCLUSIVE = (
    ExclusiveList(
        ("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",),
        "policyNames",
        lambda aws, role: listed(aws, "list_role_policies", "PolicyNames", RoleName=role),
        lambda aws, role, name: aws.iam.delete_role_policy(RoleName=role, PolicyName=name),
    ),
    ExclusiveList(
        ("aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",),
        "policyArns",
        lambda aws, role: [one["PolicyArn"] for one in listed(aws, "list_attached_role_policies", "AttachedPolicies", RoleName=role)],
        lambda aws, role, arn: aws.iam.detach_role_policy(RoleName=role, PolicyArn=arn),
        lambda aws, role, arn: aws.iam.attach_role_policy(RoleName=role, PolicyArn=arn),
    ),
)

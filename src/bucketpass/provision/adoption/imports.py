"""What Pulumi imports: the resources of a plan that are there already, in the form of `pulumi import --file`.

IDs as the AWS provider's pages on each resource say [K].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from bucketpass.compile.plan import Plan
from bucketpass.emit.blueprint import blueprint_of
from bucketpass.emit.resource import BlueprintResource, Of
from bucketpass.provision.adoption.found import Account

__all__ = ["Import", "import_file", "imports"]


@dataclass(frozen=True, slots=True)
class Import:
    """An existing resource: its type and name in Pulumi, and the ID by which the AWS provider imports it."""

    type: str
    name: str
    id: str


def imports(plan: Plan, account: Account, component: str) -> tuple[Import, ...]:
    """The resources of the plan that the account has, below the component of this name."""
    order = blueprint_of(plan).resources
    arns = {resource.key: resource.arn for resource in order}
    there = ((resource, _id(resource, account, arns)) for resource in order)
    return tuple(Import(_token(one.kind), f"{component}-{one.name}", found) for one, found in there if found is not None)


def import_file(found: Iterable[Import], component: str) -> dict[str, object]:
    """The JSON values of the file for `pulumi import --file`."""
    above: dict[str, object] = {"type": "bucketpass:index:FederatedAccess", "name": component, "component": True}
    return {"resources": [above, *({**asdict(one), "parent": component} for one in found)]}


def _token(kind: str) -> str:
    """`iam.Role` as Pulumi's `aws:iam/role:Role`."""
    module, _, name = kind.partition(".")
    return f"aws:{module}/{name[:1].lower()}{name[1:]}:{name}"


Arns = Mapping[tuple[str, str], str]


def _id(resource: BlueprintResource, account: Account, arns: Arns) -> str | None:
    """The ID of the resource, where the account has it."""
    wanted = IDS[resource.kind](resource, arns) if resource.kind in IDS else None
    return wanted if wanted in set(_existing(resource.kind, account)) else None


IDS: Mapping[str, Callable[[BlueprintResource, Arns], str]] = {
    "iam.OpenIdConnectProvider": lambda resource, arns: resource.arn,
    "iam.Role": lambda resource, arns: resource.name,
    "iam.Policy": lambda resource, arns: resource.arn,
    "iam.RolePolicyAttachment": lambda resource, arns: _joined(resource, "role", "policy_arn", "/", arns),
    "iam.RolePolicy": lambda resource, arns: _joined(resource, "role", "name", ":", arns),
    "s3.BucketPolicy": lambda resource, arns: str(resource.arguments["bucket"]),
}


def _existing(kind: str, account: Account) -> Iterator[str]:
    """The IDs of all resources of this kind that were read."""
    for provider in account.providers if kind == "iam.OpenIdConnectProvider" else ():
        yield provider.arn
    for bucket in account.buckets if kind == "s3.BucketPolicy" else ():
        if bucket.policy is not None:
            yield bucket.name
    for role in account.roles:
        if kind == "iam.Role":
            yield role.name
        for policy in role.policies:
            if kind == "iam.Policy" and policy.arn is not None:
                yield policy.arn
            if kind == "iam.RolePolicyAttachment" and policy.arn is not None:
                yield f"{role.name}/{policy.arn}"
            if kind == "iam.RolePolicy" and policy.arn is None:
                yield f"{role.name}:{policy.name}"


def _joined(resource: BlueprintResource, first: str, second: str, by: str, arns: Arns) -> str:
    def text(name: str) -> str:
        argument = resource.arguments[name]
        if isinstance(argument, Of):
            return arns[argument.kind, argument.name] if argument.output == "arn" else argument.name
        return str(argument)

    return f"{text(first)}{by}{text(second)}"

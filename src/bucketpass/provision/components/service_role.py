"""`ServiceRole`: one service's role and policies, where its issuer's provider and its buckets are there already."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack, cast, overload

import pulumi

from bucketpass.compile import compile_access
from bucketpass.compile.plan import Plan, Target
from bucketpass.model import Access
from bucketpass.provision.components.arguments import ServiceRoleArgs
from bucketpass.provision.components.blueprinted import Blueprinted, one_line
from bucketpass.provision.components.declared import Tree, declared, given

__all__ = ["ServiceRole"]

ISSUER = "issuer"
NOTHING = cast(ServiceRoleArgs, {})
# Arguments that are not the service's own in access.yaml.
OTHERS = frozenset({"issuer", "identity", "role_name"})


class ServiceRole(Blueprinted):
    """One service's role: its tokens, and exactly what it may do."""

    role_arn: pulumi.Output[str]
    """The ARN of the role that the service assumes."""
    role_name: pulumi.Output[str]
    """The role's name."""
    policy_arns: pulumi.Output[Sequence[str]]
    """The ARNs of the role's managed policies."""

    @overload
    def __init__(self, resource_name: str, args: ServiceRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...

    @overload
    def __init__(self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[ServiceRoleArgs]) -> None: ...

    @one_line
    def __init__(
        self, resource_name: str, args: ServiceRoleArgs = NOTHING, opts: pulumi.ResourceOptions | None = None, **arguments: Any
    ) -> None:
        file = f"ServiceRole {resource_name}"
        tree = dict(given(file, args, arguments))
        if tree.get("role_name") is None:
            tree["role_name"] = resource_name
        super().__init__("ServiceRole", resource_name, opts, root=tree["role_name"])
        service = f"services.{tree['role_name']}"
        paths = ((f"{service}.identity[0]", "identity"), (f"{service}.name", "role_name"), (service, ""), (f"issuers.{ISSUER}", "issuer"))
        access, later = declared(tree, _spelled, file, (*paths, *_paths_of_buckets(tree)))
        target = self._target()
        made = self._make(access, later, lambda known: _plan(known, target))
        role = next(role for (kind, _), role in made.items() if kind == "iam.Role")
        self.role_arn = role.arn
        self.role_name = role.name
        self.policy_arns = pulumi.Output.all(*(policy.arn for (kind, _), policy in made.items() if kind == "iam.Policy"))
        self.register_outputs({"role_arn": self.role_arn, "role_name": self.role_name, "policy_arns": self.policy_arns})


def _spelled(args: Tree) -> Tree:
    role = args["role_name"]
    service = {name: value for name, value in args.items() if name not in OTHERS}
    return {
        "issuers": {ISSUER: _with({"provider": "existing"}, args.get("issuer", {}))},
        "buckets": {bucket: {"create": False, "name": bucket} for bucket in sorted(_buckets(args))},
        "services": {role: {**service, "name": role, "identity": [_with({"issuer": ISSUER}, args.get("identity", {}))]}},
    }


def _with(ours: Tree, given: object) -> object:
    """The argument with `ours` beside it; what is not a mapping is left for the declaration's rules to refuse."""
    return {**ours, **given} if isinstance(given, Mapping) else given


def _buckets(args: Tree) -> Mapping[str, str]:
    """The arguments that name buckets, the first for each: by the bucket."""
    given = args.get("grants")
    grants = given if isinstance(given, list | tuple) else (given,)
    named = [(grant.get("bucket"), f"grants[{index}].bucket") for index, grant in enumerate(grants) if isinstance(grant, Mapping)]
    return {bucket: argument for bucket, argument in reversed(named) if isinstance(bucket, str)}


def _paths_of_buckets(args: Tree) -> Iterator[tuple[str, str]]:
    for bucket, argument in _buckets(args).items():
        yield from ((f"buckets.{bucket}.name", argument), (f"buckets.{bucket}", argument))


def _plan(access: Access, target: Target) -> Plan:
    return Plan(target, roles=compile_access(access, target).roles)

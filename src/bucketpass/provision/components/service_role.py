"""`ServiceRole`: one service's role and policies, where its issuer's provider and its buckets are there already."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from collections.abc import Mapping, Sequence
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
        tree = {"role_name": resource_name, **given(file, args, arguments)}
        super().__init__("ServiceRole", resource_name, opts, root=tree["role_name"])
        service = f"services.{tree['role_name']}"
        paths = ((f"{service}.identity[0]", "identity"), (f"{service}.name", "role_name"), (service, ""), (f"issuers.{ISSUER}", "issuer"))
        access, later = declared(tree, _spelled, file, paths)
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
    issuer, identity = args.get("issuer", {}), args.get("identity", {})
    buckets = {grant["bucket"] for grant in args.get("grants", ()) if isinstance(grant, Mapping) and isinstance(grant.get("bucket"), str)}
    return {
        "issuers": {ISSUER: {"provider": "existing", **issuer}},
        "buckets": {bucket: {"create": False} for bucket in sorted(buckets)},
        "services": {role: {**service, "name": role, "identity": [{"issuer": ISSUER, **identity}]}},
    }


def _plan(access: Access, target: Target) -> Plan:
    return Plan(target, roles=compile_access(access, target).roles)

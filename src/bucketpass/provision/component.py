"""The Pulumi component that makes everything that a declaration asks for."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from collections.abc import Mapping
from typing import Any

import pulumi

from bucketpass.compile import compile_access
from bucketpass.compile.plan import Plan
from bucketpass.model.access import Access
from bucketpass.provision.components.blueprinted import Blueprinted

__all__ = ["FederatedAccess"]


class FederatedAccess(Blueprinted):
    """The identity providers, roles, policies, keys and buckets of a declaration.

    Outputs: `role_names` and `role_arns` by service, `policy_arns` by policy, `bucket_names` by bucket in the declaration.
    """

    role_names: pulumi.Output[Mapping[str, str]]
    role_arns: pulumi.Output[Mapping[str, str]]
    policy_arns: pulumi.Output[Mapping[str, str]]
    bucket_names: pulumi.Output[Mapping[str, str]]

    def __init__(
        self, name: str, *, access: Access, later: pulumi.Output[Access] | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """`later`: the same declaration with the values that are only known once other resources are made."""
        super().__init__("FederatedAccess", name, opts)
        target = self._target()
        self.plan: Plan = compile_access(access, target)
        made = self._make(self.plan, None if later is None else later.apply(lambda known: compile_access(known, target)))
        roles = {plan.name: made["iam.Role", plan.name] for plan in self.plan.roles}
        services: dict[str, Any] = {}
        for plan in self.plan.roles:  # where a service has several roles, the first is the one that it is known by
            services.setdefault(plan.service, roles[plan.name])
        self.role_names = _by_name({service: role.name for service, role in services.items()})
        self.role_arns = _by_name({service: role.arn for service, role in services.items()})
        self.policy_arns = _by_name({name: policy.arn for (kind, name), policy in made.items() if kind == "iam.Policy"})
        self.bucket_names = _by_name(
            {plan.name: made["s3.Bucket", plan.name].id if plan.create else plan.bucket for plan in self.plan.buckets}
        )
        self.register_outputs(
            {
                "role_names": self.role_names,
                "role_arns": self.role_arns,
                "policy_arns": self.policy_arns,
                "bucket_names": self.bucket_names,
            }
        )


def _by_name(outputs: Mapping[str, Any]) -> pulumi.Output[Mapping[str, str]]:
    """All of `outputs` in one. (`Output.all` of nothing is a list.)"""
    return pulumi.Output.all(**outputs) if outputs else pulumi.Output.from_input({})

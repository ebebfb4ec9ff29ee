"""The Pulumi component that makes everything that a declaration asks for."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from collections.abc import Mapping
from importlib import import_module
from typing import Any

try:
    import pulumi
    import pulumi_aws as aws
except ImportError as missing:
    from bucketpass.errors import MissingExtra

    raise MissingExtra("pulumi", missing.name or "pulumi") from None

from bucketpass.aws.arn import partition_of_region
from bucketpass.compile import Target, compile_access
from bucketpass.compile.plan import Plan, key_placeholder
from bucketpass.model.access import Access
from bucketpass.provision.blueprint import Argument, Blueprint, Of, blueprints

__all__ = ["FederatedAccess"]


class FederatedAccess(pulumi.ComponentResource):
    """The identity providers, roles, policies, keys and buckets of a declaration.

    Outputs: `role_names` and `role_arns` by service, `policy_arns` by policy, `bucket_names` by bucket in the declaration.
    """

    role_names: pulumi.Output[Mapping[str, str]]
    role_arns: pulumi.Output[Mapping[str, str]]
    policy_arns: pulumi.Output[Mapping[str, str]]
    bucket_names: pulumi.Output[Mapping[str, str]]

    def __init__(self, name: str, *, access: Access, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bucketpass:index:FederatedAccess", name, None, opts)
        self.plan: Plan = compile_access(access, self._target())
        self._name = name
        self._made: dict[tuple[str, str], Any] = {}
        self._keys = [key.name for key in self.plan.keys]
        for blueprint in blueprints(self.plan):
            self._made[blueprint.key] = self._make(blueprint)
        roles = {plan.name: self._made["iam.Role", plan.name] for plan in self.plan.roles}
        services: dict[str, Any] = {}
        for plan in self.plan.roles:  # where a service has several roles, the first is the one that it is known by
            services.setdefault(plan.service, roles[plan.name])
        self.role_names = pulumi.Output.all(**{service: role.name for service, role in services.items()})
        self.role_arns = pulumi.Output.all(**{service: role.arn for service, role in services.items()})
        self.policy_arns = pulumi.Output.all(**{name: policy.arn for (kind, name), policy in self._made.items() if kind == "iam.Policy"})
        self.bucket_names = pulumi.Output.all(
            **{plan.name: self._made["s3.Bucket", plan.name].id if plan.create else plan.bucket for plan in self.plan.buckets}
        )
        self.register_outputs(
            {
                "role_names": self.role_names,
                "role_arns": self.role_arns,
                "policy_arns": self.policy_arns,
                "bucket_names": self.bucket_names,
            }
        )

    def _target(self) -> Target:
        """The account and Region of the provider that this component's resources get."""
        options = pulumi.InvokeOptions(parent=self)
        region = aws.get_region(opts=options).region
        account = aws.get_caller_identity(opts=options).account_id
        return Target(account=account, region=region, partition=partition_of_region(region).name)

    def _make(self, blueprint: Blueprint) -> Any:
        module, _, kind = blueprint.kind.partition(".")
        make = getattr(import_module(f"pulumi_aws.{module}"), kind)
        options = pulumi.ResourceOptions(parent=self, depends_on=[self._made[key] for key in blueprint.after if key in self._made])
        arguments = {name: self._resolved(argument) for name, argument in blueprint.arguments.items() if argument is not None}
        return make(f"{self._name}-{blueprint.name}", **arguments, opts=options)

    def _resolved(self, argument: Argument) -> Any:
        match argument:
            case Of(kind, name, output):
                return getattr(self._made[kind, name], output)
            case str():
                return self._with_keys(argument)
            case tuple():
                return [self._resolved(item) for item in argument]
            case Mapping():
                return {name: self._resolved(item) for name, item in argument.items()}
            case _:
                return argument

    def _with_keys(self, text: str) -> pulumi.Input[str]:
        """`text` with the ARNs of the keys that are made in the place of their placeholders."""
        held = [name for name in self._keys if key_placeholder(name) in text]
        if not held:
            return text

        def fill(arns: Mapping[str, str]) -> str:
            filled = text
            for name in held:
                filled = filled.replace(key_placeholder(name), arns[name])
            return filled

        return pulumi.Output.all(**{name: self._made["kms.Key", name].arn for name in held}).apply(fill)

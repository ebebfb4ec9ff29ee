"""A Pulumi component whose resources follow from a Plan."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import pulumi
import pulumi_aws as aws

from bucketpass.aws.arn import partition_of_region
from bucketpass.compile import Target
from bucketpass.compile.plan import Plan, key_placeholder
from bucketpass.errors import ProvisionError
from bucketpass.provision.blueprint import Argument, Blueprint, Of, blueprints

__all__ = ["Blueprinted"]

Blueprints = Mapping[tuple[str, str], Blueprint]


class Blueprinted(pulumi.ComponentResource):
    """A component that makes the resources of a Plan, each named after the component and its own name in the plan.

    Where some values are only known once other resources are made, a Plan with values in their place says which resources
    there are, and the real Plan, an output, says what is in them.
    """

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None, *, root: str | None = None) -> None:
        """`root`: the name in the plan of what the component stands for, whose resources have the component's own name."""
        super().__init__(f"bucketpass:index:{kind}", name, None, opts)
        self._name = name
        self._root = root
        self._made: dict[tuple[str, str], Any] = {}

    def _target(self) -> Target:
        """The account and Region of the provider that this component's resources get, and how the endpoint speaks.

        Configuration: `bucketpass:dialect`, and `bucketpass:waivers` with the names of the weaknesses that are accepted (JSON).
        """
        options = pulumi.InvokeOptions(parent=self)
        region = aws.get_region(opts=options).region
        caller = aws.get_caller_identity(opts=options)
        config = pulumi.Config("bucketpass")
        return Target(
            account=caller.account_id,
            region=region,
            partition=partition_of_region(region).name,
            # A preview may be made by a principal that only reads; whoever makes the resources must not lock itself out.
            deployer=None if pulumi.runtime.is_dry_run() else caller.arn or None,
            dialect=config.get("dialect") or "aws",
            waivers=tuple(config.get_object("waivers") or ()),
        )

    def _make(self, plan: Plan, later: pulumi.Output[Plan] | None = None) -> Mapping[tuple[str, str], Any]:
        """The resources by kind and name, all registered. With `later`, their documents are those of that plan."""
        for remark in plan.remarks:
            pulumi.log.warn(str(remark), self)
        order = blueprints(plan)
        known = None if later is None else later.apply(_checked(order))
        for blueprint in order:
            self._made[blueprint.key] = self._resource(blueprint, [key.name for key in plan.keys], known)
        return self._made

    def _resource(self, blueprint: Blueprint, keys: list[str], later: pulumi.Output[Blueprints] | None) -> Any:
        module, _, kind = blueprint.kind.partition(".")
        make = getattr(import_module(f"pulumi_aws.{module}"), kind)
        options = pulumi.ResourceOptions(
            parent=self,
            depends_on=[self._made[key] for key in blueprint.after if key in self._made],
            deleted_with=self._made.get(blueprint.gone_with) if blueprint.gone_with else None,
        )
        arguments = {
            name: self._resolved(argument, keys)
            if later is None or (blueprint.kind, name) not in LATER
            else later.apply(self._taken(blueprint.key, name, keys))
            for name, argument in blueprint.arguments.items()
            if argument is not None
        }
        name = self._name if blueprint.name == self._root else f"{self._name}-{blueprint.name}"
        return make(name, **arguments, opts=options)

    def _taken(self, key: tuple[str, str], name: str, keys: list[str]) -> Callable[[Blueprints], Any]:
        return lambda found: self._resolved(found[key].arguments[name], keys)

    def _resolved(self, argument: Argument, keys: list[str]) -> Any:
        match argument:
            case Of(kind, name, output):
                return getattr(self._made[kind, name], output)
            case str():
                return self._with_keys(argument, keys)
            case tuple():
                return [self._resolved(item, keys) for item in argument]
            case Mapping():
                return {name: self._resolved(item, keys) for name, item in argument.items()}
            case _:
                return argument

    def _with_keys(self, text: str, keys: list[str]) -> pulumi.Input[str]:
        """`text` with the ARNs of the keys that are made in the place of their placeholders."""
        held = [name for name in keys if key_placeholder(name) in text]
        if not held:
            return text

        def fill(arns: Mapping[str, str]) -> str:
            filled = text
            for name in held:
                filled = filled.replace(key_placeholder(name), arns[name])
            return filled

        return pulumi.Output.all(**{name: self._made["kms.Key", name].arn for name in held}).apply(fill)


# What follows from issuers' URLs, audiences and subjects, from buckets' names and keys: what a later plan may know better.
LATER = frozenset(
    {
        ("iam.OpenIdConnectProvider", "url"),
        ("iam.OpenIdConnectProvider", "client_id_lists"),
        ("iam.Role", "assume_role_policy"),
        ("iam.Policy", "policy"),
        ("iam.RolePolicy", "policy"),
        ("s3.BucketPolicy", "policy"),
        ("s3.BucketServerSideEncryptionConfiguration", "rules"),
        ("kms.Key", "policy"),
    }
)


def _checked(expected: tuple[Blueprint, ...]) -> Callable[[Plan], Blueprints]:
    """Gives the blueprints of the later plan by kind and name. Raises `ProvisionError` where it has others than were expected."""
    names = {blueprint.key for blueprint in expected}

    def check(plan: Plan) -> Blueprints:
        found = {blueprint.key: blueprint for blueprint in blueprints(plan)}
        strange = sorted(names ^ found.keys())
        if strange:
            raise ProvisionError(
                f"values that are known now ask for other resources than were planned: {', '.join('.'.join(key) for key in strange)}",
                remedy="split the service, so that its policies are well below AWS's sizes",
            )
        return found

    return check

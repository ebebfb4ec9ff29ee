"""A blueprint registered with the embedded engine as the Pulumi component would register it, without Pulumi and its SDK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from bucketpass.compile.plan import key_placeholder
from bucketpass.emit.blueprint import Argument, Blueprint, BlueprintResource, Of
from bucketpass.provision.embedded.deployment import Registered
from bucketpass.provision.embedded.goal import Goal
from bucketpass.provision.embedded.values import Properties, Value

__all__ = ["register_blueprint"]


class Registrar(Protocol):
    """What takes resources: a `StackDeployment`."""

    def register(self, goal: Goal) -> Registered:
        """What became of a resource."""
        ...

    def finish(self) -> None:
        """All resources were registered."""
        ...


FREE_NAMES = frozenset({"tags"})  # arguments whose members' names are the caller's own


def register_blueprint(blueprint: Blueprint, deployment: Registrar) -> None:
    """Register each resource, those that it needs before it; end at the first that is refused."""
    made: dict[tuple[str, str], Registered] = {}
    for resource in blueprint.resources:
        made[resource.key] = done = deployment.register(_goal(resource, made, blueprint))
        if not done.ok:
            return
    deployment.finish()


def _goal(resource: BlueprintResource, made: Mapping[tuple[str, str], Registered], blueprint: Blueprint) -> Goal:
    keys = {
        key_placeholder(key.name): str(made["kms.Key", key.name].outputs["arn"])
        for key in blueprint.plan.keys
        if ("kms.Key", key.name) in made
    }
    inputs = {
        _camel_case(name): _value(argument, made, keys, named=name not in FREE_NAMES)
        for name, argument in resource.arguments.items()
        if argument is not None
    }
    module, _, kind = resource.kind.partition(".")
    token = f"aws:{module}/{kind[0].lower()}{kind[1:]}:{kind}"
    needed = tuple(made[key].urn for key in resource.after if key in made)
    return Goal(token, resource.name, custom=True, inputs=inputs, dependencies=needed)


def _value(argument: Argument, made: Mapping[tuple[str, str], Registered], keys: Mapping[str, str], *, named: bool) -> Value:
    match argument:
        case Of(kind, name, output):
            return _output(made[kind, name], output)
        case str():
            for placeholder, arn in keys.items():
                argument = argument.replace(placeholder, arn)
            return argument
        case tuple():
            return [_value(item, made, keys, named=named) for item in argument]
        case Mapping():
            return {_camel_case(name) if named else name: _value(item, made, keys, named=named) for name, item in argument.items()}
        case _:
            return argument


def _output(resource: Registered, name: str) -> Value:
    outputs: Properties = resource.outputs
    return resource.id if name == "id" else outputs[_camel_case(name)]


def _camel_case(name: str) -> str:
    """Pulumi's own name of a property, from that of its Python SDK."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)

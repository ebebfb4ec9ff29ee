"""A blueprint registered with the embedded engine as the Pulumi component would register it, without Pulumi and its SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from bucketpass.compile.plan import key_placeholder
from bucketpass.emit.blueprint import Blueprint
from bucketpass.emit.resource import Argument, BlueprintResource, Of
from bucketpass.policy.unknown_parts import unknown_part
from bucketpass.provision.embedded.deployment import Registered
from bucketpass.provision.embedded.goal import Goal, ResourceOptions
from bucketpass.provision.embedded.values import UNKNOWN, Value

__all__ = ["Key", "Registrar", "output_of", "register_blueprint"]

PARALLEL = 16
FREE_NAMES = frozenset({"tags"})  # arguments whose members' names are the caller's own
Key = tuple[str, str]


class Registrar(Protocol):
    """What takes resources: a `StackDeployment`."""

    def register(self, goal: Goal) -> Registered:
        """What became of a resource."""
        ...

    def finish(self) -> None:
        """All resources were registered."""
        ...


def register_blueprint(blueprint: Blueprint, deployment: Registrar, *, parent: str = "", prefix: str = "") -> dict[Key, Registered]:
    """Register the resources, each after those that it needs, and return what became of each.

    What needs one that was refused is registered with unknown values, so that a deployment reports it as not made.
    parent: the URN of the component that they belong to. prefix: what their names begin with.
    """
    made: dict[Key, Future[Registered]] = {}

    def take(resource: BlueprintResource, earlier: Mapping[Key, Future[Registered]]) -> Registered:
        done = {key: future.result() for key, future in earlier.items()}
        return deployment.register(_goal(resource, done, blueprint, parent, prefix))

    with ThreadPoolExecutor(PARALLEL) as pool:
        for resource in blueprint.resources:
            keys = {*_needed(resource, blueprint), *((resource.deleted_with,) if resource.deleted_with else ())}
            # Each waits for earlier ones alone, so that one of those that are at work never waits.
            made[resource.key] = pool.submit(take, resource, {key: made[key] for key in keys if key in made})
    results = {key: future.result() for key, future in made.items()}
    deployment.finish()
    return results


def _needed(resource: BlueprintResource, blueprint: Blueprint) -> set[Key]:
    return {*resource.after, *(key for argument in resource.arguments.values() for key in _references(argument, blueprint))}


def _references(argument: Argument, blueprint: Blueprint) -> Iterator[Key]:
    """The resources whose outputs are in the argument."""
    match argument:
        case Of(kind, name):
            yield kind, name
        case str():
            yield from (("kms.Key", key.name) for key in blueprint.plan.keys if key_placeholder(key.name) in argument)
        case tuple():
            for item in argument:
                yield from _references(item, blueprint)
        case Mapping():
            for item in argument.values():
                yield from _references(item, blueprint)


def _goal(resource: BlueprintResource, made: Mapping[Key, Registered], blueprint: Blueprint, parent: str, prefix: str) -> Goal:
    def urns(keys: set[Key]) -> tuple[str, ...]:
        return tuple(sorted(made[key].urn for key in keys if key in made))

    given = {name: argument for name, argument in resource.arguments.items() if argument is not None}
    sources = {_camel_case(name): urns(set(_references(argument, blueprint))) for name, argument in given.items()}
    module, _, kind = resource.kind.partition(".")
    above = made.get(resource.deleted_with) if resource.deleted_with else None
    return Goal(
        f"aws:{module}/{kind[0].lower()}{kind[1:]}:{kind}",
        f"{prefix}{resource.name}",
        custom=True,
        parent=parent,
        inputs={_camel_case(name): _value(argument, made, named=name not in FREE_NAMES) for name, argument in given.items()},
        dependencies=urns(_needed(resource, blueprint)),
        property_dependencies={name: found for name, found in sources.items() if found},
        options=ResourceOptions(deleted_with=above.urn if above is not None else "", ignore_changes=resource.fixed),
    )


def _value(argument: Argument, made: Mapping[Key, Registered], *, named: bool) -> Value:
    match argument:
        case Of(kind, name, output):
            return output_of(made[kind, name], output)
        case str():
            return _filled(argument, made)
        case tuple():
            return [_value(item, made, named=named) for item in argument]
        case Mapping():
            return {
                _camel_case(name) if named else name: _value(item, made, named=named and name not in FREE_NAMES)
                for name, item in argument.items()
            }
        case _:
            return argument


def _filled(text: str, made: Mapping[Key, Registered]) -> Value:
    """The text with the ARNs of the keys that are made in the place of their placeholders; a preview of a document has words for them."""
    for (kind, name), key in made.items():
        if kind == "kms.Key" and key_placeholder(name) in text:
            arn = output_of(key, "arn")
            if not isinstance(arn, str):
                if not (key.ok and text.startswith("{")):
                    return UNKNOWN
                arn = unknown_part("key_arn", name)
            text = text.replace(key_placeholder(name), arn)
    return text


def output_of(resource: Registered, name: str) -> Value:
    """An output; unknown in a preview, and of a resource that was refused."""
    if not resource.ok:
        return UNKNOWN
    return resource.id or UNKNOWN if name == "id" else resource.outputs.get(_camel_case(name), UNKNOWN)


def _camel_case(name: str) -> str:
    """Pulumi's own name of a property, from that of its Python SDK."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name.removesuffix("_"))

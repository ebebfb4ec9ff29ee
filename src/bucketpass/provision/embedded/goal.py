"""What a program asks for: one resource as it should be, and the options that it gave with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bucketpass.provision.embedded.state import ResourceState
from bucketpass.provision.embedded.values import Properties

__all__ = ["Goal", "ResourceOptions", "goal_state"]


@dataclass(frozen=True, slots=True)
class ResourceOptions:
    """Pulumi's resource options, as far as an engine acts on them. `aliases` are URNs that the resource had before."""

    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    deleted_with: str = ""
    import_id: str = ""
    aliases: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """One resource that a program registers. `read_id`: it exists already and is only read (`.get()`).

    position: file and line of the program, where it says them.
    """

    type: str
    name: str
    custom: bool
    parent: str = ""
    provider: str = ""
    inputs: Properties = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: ResourceOptions = ResourceOptions()
    read_id: str = ""
    position: str = ""


def goal_state(urn: str, goal: Goal) -> ResourceState:
    """The state of a resource that is as `goal` says, before it has an ID and outputs."""
    options = goal.options
    return ResourceState(
        urn=urn,
        type=goal.type,
        name=goal.name,
        custom=goal.custom,
        parent=goal.parent,
        provider=goal.provider,
        inputs=goal.inputs if goal.custom else {},
        dependencies=tuple(sorted(set(goal.dependencies))),
        property_dependencies=dict(goal.property_dependencies),
        protect=options.protect,
        retain_on_delete=options.retain_on_delete,
        deleted_with=options.deleted_with,
        secret_outputs=options.additional_secret_outputs,
    )

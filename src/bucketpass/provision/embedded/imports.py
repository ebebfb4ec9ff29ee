"""Existing resources become the stack's own, as `pulumi import --file` has it: they are recorded as they are, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bucketpass.errors import InvalidInput, Place, ProvisionError
from bucketpass.provision.embedded.cloud import Places
from bucketpass.provision.embedded.events import Listener, Message
from bucketpass.provision.embedded.found import as_found
from bucketpass.provision.embedded.naming import StackName
from bucketpass.provision.embedded.state import ResourceState, StackState

__all__ = ["ImportedResource", "import_resources", "import_values", "read_imports"]

ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ROOT = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class ImportedResource:
    """An entry of the file. parent: the name of the component above it, and its type; empty without one."""

    type: str
    name: str
    id: str
    parent: tuple[str, str] = ("", "")


def read_imports(file: Path) -> tuple[ImportedResource, ...]:
    """Return the resources of the file, which has the form of `pulumi import --file`. Raises `InvalidInput`."""
    try:
        listed = json.loads(file.read_text())["resources"]
        components = {one["name"]: (one["type"], one.get("logicalName", one["name"])) for one in listed if one.get("component")}
        return tuple(
            ImportedResource(one["type"], one["name"], one["id"], components[one["parent"]] if "parent" in one else ("", ""))
            for one in listed
            if not one.get("component")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"is not a file of imports: {error!r}", remedy="Name what `bucketpass import` or `review --fix` wrote.", place=Place(str(file))
        ) from None


def import_values(states: Iterable[ResourceState]) -> dict[str, list[dict[str, object]]]:
    """Return what a stack has as the values of a file for `pulumi import --file`.

    Raises `InvalidInput` for a resource with a provider of its own, which such a file cannot name before the provider exists.
    """
    by_urn = {one.urn: one for one in states}
    above = {urn: one for urn, one in by_urn.items() if not one.custom and one.type != ROOT}

    def parent(one: ResourceState) -> dict[str, object]:
        return {"parent": _unique(above[one.parent])} if one.parent in above else {}

    listed: list[dict[str, object]] = [
        {"type": one.type, "name": _unique(one), "logicalName": one.name, "component": True, **parent(one)} for one in above.values()
    ]
    for one in by_urn.values():
        if not one.custom or not one.type.startswith("aws:") or one.external:
            continue
        if one.provider:
            raise InvalidInput(f"`{one.name}` has a provider of its own, which has to exist first", remedy="Import it by itself.")
        # AWS's provider imports an attachment by what it attaches. [K]
        identifier = f"{one.inputs['role']}/{one.inputs['policyArn']}" if one.type == ATTACHMENT else one.id
        listed.append({"type": one.type, "name": one.name, "id": identifier, **parent(one)})
    return {"resources": listed}


def _unique(component: ResourceState) -> str:
    """What the file calls a component: a resource below it may have its name."""
    return f"{component.type.rpartition(':')[2]} {component.name}"


def import_resources(found: tuple[ImportedResource, ...], name: StackName, state: StackState, places: Places, listener: Listener) -> None:
    """Record the resources that the stack does not have yet. Raises `ProvisionError` for one that is not there.

    SECURITY: what others write too (a bucket's or key's policy) is not the stack's by being imported: its own parts are added and removed.
    """
    for one in found:
        kind = places.kind(one.type, "")
        above, parent = one.parent
        parent_urn = name.urn(name.root, above, parent) if above else name.root
        urn = name.urn(parent_urn, one.type, one.name)
        if kind.handler.shared is not None or urn in state.live:
            continue
        properties = kind.live(one.id, {})
        if properties is None:
            raise ProvisionError(f"there is no `{one.id}` of type `{one.type}` to import", remedy="Correct the file of imports.")
        # Protected, as by Pulumi: it is neither replaced, nor deleted because the program does not ask for it.
        # What no look at it can show, such as whether a deletion detaches policies, is as it would be by default.
        unseen = {rule.name: rule.default for rule in kind.rules if rule.default is not None}
        bare = ResourceState(urn, one.type, one.name, custom=True, id=one.id, inputs=unseen, parent=parent_urn, protect=True)
        state.keep(as_found(kind, bare, properties))
        listener(Message("info", f"imported `{one.id}` ({one.type}) as it is", urn))

"""Existing resources become the stack's own, as `pulumi import --file` has it: they are recorded as they are, and nothing is changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bucketpass.errors import InvalidInput, Place, ProvisionError
from bucketpass.provision.embedded.cloud import Places
from bucketpass.provision.embedded.events import Listener, Message
from bucketpass.provision.embedded.found import as_found
from bucketpass.provision.embedded.naming import StackName
from bucketpass.provision.embedded.state import ResourceState, StackState

__all__ = ["ImportedResource", "import_resources", "read_imports"]


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
        components = {one["name"]: one["type"] for one in listed if one.get("component")}
        return tuple(
            ImportedResource(
                one["type"], one["name"], one["id"], (components[one["parent"]], one["parent"]) if "parent" in one else ("", "")
            )
            for one in listed
            if not one.get("component")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"is not a file of imports: {error!r}", remedy="Name what `bucketpass import` or `review --fix` wrote.", place=Place(str(file))
        ) from None


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
        unseen = {rule.name: rule.default for rule in kind.rules if rule.default is not None and rule.name not in properties}
        bare = ResourceState(urn, one.type, one.name, custom=True, id=one.id, inputs=unseen, parent=parent_urn, protect=True)
        state.keep(as_found(kind, bare, properties))
        listener(Message("info", f"imported `{one.id}` ({one.type}) as it is", urn))

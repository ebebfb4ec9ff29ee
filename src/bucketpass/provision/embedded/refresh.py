"""Refresh: the state is updated to the resources as they are, and drift is reported apart from the program's changes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from bucketpass.provision.embedded.cloud import Places, ResourceType
from bucketpass.provision.embedded.diff import PropertyChange, compare
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.events import Phase, StepOperation
from bucketpass.provision.embedded.failure import explain
from bucketpass.provision.embedded.found import as_found
from bucketpass.provision.embedded.naming import PROVIDER_PREFIX, REFERENCE_TYPE
from bucketpass.provision.embedded.obstacles import ATTACHMENT, BUCKETS, INLINE, PROVIDER, ROLE, inline_policies
from bucketpass.provision.embedded.progress import Progress
from bucketpass.provision.embedded.state import ResourceState, StackState
from bucketpass.provision.embedded.values import Properties, items, table, texts

__all__ = ["refresh"]

PARALLEL_READS = 8
GONE = "it is gone from the endpoint"
BY_OTHERS = "others attached it: `up` leaves it there; detach it, or declare what the service needs"
BY_ACL = "others granted it by ACL: `up` leaves it there; `aws s3api put-bucket-acl --acl private` takes it back"
UNDECLARED = "others changed it and the program does not give it: `up` leaves it as it is"
OF_NOBODY = (
    "it names the unique ID of a role or user that was deleted: a namesake made later is another principal, until `up` names it anew"
)
CANNOT_LOOK = "; say --no-refresh to trust the state"


def refresh(state: StackState, places: Places, progress: Progress) -> None:
    """Read every resource of the stack, update its properties in the state, and remove deleted resources from the state.

    Each property that differs is reported. The next `up` restores it, since the program has not changed. Policies that others
    attached to a role are reported too, and stay attached.
    """
    managed = [
        resource for resource in state.live.values() if resource.custom and not resource.type.startswith((PROVIDER_PREFIX, REFERENCE_TYPE))
    ]
    look = _Look(state, places, progress, managed)
    with ThreadPoolExecutor(PARALLEL_READS) as pool:
        # A role's answer holds its attachments as well, so that they are not asked for one by one.
        list(pool.map(look, [resource for resource in managed if resource.type == ROLE]))
        list(pool.map(look, [resource for resource in managed if resource.type != ROLE]))


class _Look:
    """Looks at one resource of the stack after the other."""

    def __init__(self, state: StackState, places: Places, progress: Progress, managed: list[ResourceState]) -> None:
        self._state = state
        self._places = places
        self._progress = progress
        self._attached: dict[str, list[str]] = {}
        self._declared: dict[tuple[str, object], set[str]] = defaultdict(set)
        self._with_ownership = {resource.id for resource in managed if resource.type == OWNERSHIP}
        self._with_acl = {resource.id for resource in managed if resource.type in BUCKETS and resource.inputs.get("acl") is not None}
        for resource in managed:
            if resource.type in PART:
                self._declared[resource.type, resource.inputs.get("role")].add(str(resource.inputs.get(PART[resource.type])))

    def __call__(self, resource: ResourceState) -> None:
        try:
            kind = self._places.kind(resource.type, resource.provider)
            found = self._found(kind, resource)
            foreign = self._foreign(kind, resource, found) if resource.type == ROLE and found is not None else ()
            granted = self._granted(kind, resource, found)
        except Exception as error:
            self._progress.report(resource, StepOperation.REFRESH, Phase.FAILED, reason=explain(error) + CANNOT_LOOK)
            return
        if found is None:
            self._state.forget(resource)
            self._progress.report(resource, StepOperation.REFRESH, Phase.DONE, reason=GONE)
            return
        seen = as_found(kind, resource, found)
        changes = compare(resource.inputs, seen.inputs, kind.rules)
        undeclared = (*_undeclared(resource, found), *granted)
        if changes or seen.outputs != resource.outputs:
            self._state.keep(seen)
        if changes or foreign or undeclared:
            reason = BY_OTHERS if foreign else BY_ACL if granted else UNDECLARED if undeclared else _why(changes)
            self._progress.report(resource, StepOperation.REFRESH, Phase.DONE, (*changes, *foreign, *undeclared), reason=reason)

    def _found(self, kind: ResourceType, resource: ResourceState) -> Properties | None:
        role, _, arn = resource.id.partition("/")
        if resource.type == ATTACHMENT and role in self._attached:
            return {"role": role, "policyArn": arn} if arn in self._attached[role] else None
        found = kind.read(resource.id, resource.outputs)
        if resource.type == ROLE and found is not None:
            self._attached[resource.id] = texts(found, "managedPolicyArns")
        return found

    def _foreign(self, kind: ResourceType, role: ResourceState, found: Properties) -> tuple[PropertyChange, ...]:
        """What others attached to the role."""
        own = self._declared[ATTACHMENT, role.id] | set(texts(role.inputs, "managedPolicyArns"))
        attached = [arn for arn in texts(found, "managedPolicyArns") if arn not in own]
        given = {str(one.get("name")) for one in items(role.inputs, "inlinePolicies") if isinstance(one, Mapping)}
        named = self._declared[INLINE, role.id] | given
        # Where the program gives them with the role, it has no others: then a further one is a change of that property.
        inline = [] if given else [name for name in inline_policies(kind.clients_of(role), role.id) if name not in named]
        return (
            *(PropertyChange("managedPolicyArns", None, arn) for arn in attached),
            *(PropertyChange("inlinePolicies", None, name) for name in inline),
        )

    def _granted(self, kind: ResourceType, resource: ResourceState, found: Properties | None) -> tuple[PropertyChange, ...]:
        """What others granted by the ACL of a bucket, where ACLs count: not under BucketOwnerEnforced."""
        if found is None or resource.id in self._with_acl:
            return ()
        if resource.type in BUCKETS and resource.id not in self._with_ownership:
            return _acl_grants(kind.clients_of(resource), resource.id)
        if resource.type == OWNERSHIP and table(found, "rule").get("objectOwnership") != ENFORCED:
            return _acl_grants(kind.clients_of(resource), resource.id)
        return ()


def _acl_grants(aws: RegionClients, bucket: str) -> tuple[PropertyChange, ...]:
    """The grants of a bucket's ACL to others than its owner."""
    acl = aws.s3.get_bucket_acl(Bucket=bucket)
    granted = [(grant["Permission"], grant["Grantee"]) for grant in acl["Grants"] if grant["Grantee"].get("ID") != acl["Owner"]["ID"]]
    return tuple(PropertyChange("acl", None, f"{permission} to {to.get('URI') or to.get('ID')}") for permission, to in granted)


def _undeclared(resource: ResourceState, found: Properties) -> tuple[PropertyChange, ...]:
    """What others changed of a property that AWS fills in where the program does not give it."""
    names = [name for name in WATCHED.get(resource.type, ()) if name not in resource.inputs and name in resource.outputs]
    seen = [(name, resource.outputs[name], found.get(name)) for name in names]
    return tuple(PropertyChange(name, before, after) for name, before, after in seen if before != after)


def _why(changes: Sequence[PropertyChange]) -> str:
    """What a change that a policy shows by itself comes from."""
    return OF_NOBODY if any(_UNIQUE_ID.fullmatch(str(change.new)) for change in changes if ".Principal" in change.path) else ""


# AWS shows it in a stored policy in place of the ARN of a principal that does not exist any more.
_UNIQUE_ID = re.compile(r"(?:AROA|AIDA)[A-Z0-9]+")
OWNERSHIP, ENFORCED = "aws:s3/bucketOwnershipControls:BucketOwnershipControls", "BucketOwnerEnforced"
# What AWS fills in and nothing but a person changes: it decides who is let in.
WATCHED = {PROVIDER: ("thumbprintLists",)}
# The parts of a role: type, and the property by which the role lists them.
PART = {ATTACHMENT: "policyArn", INLINE: "name"}

"""What is in the way of a deletion: data, and what others attached. Looked for before anything is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bucketpass.findings.text import counted
from bucketpass.provision.embedded.cloud import ResourceType
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import error_code
from bucketpass.provision.embedded.resources.iam import attached_policies, listed, policy_text, role_profiles
from bucketpass.provision.embedded.state import ResourceState
from bucketpass.provision.embedded.values import Properties, flag, items, maybe_number, texts

__all__ = ["Consent", "Prospect", "extra_inputs", "look"]

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
OBJECTS = ("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2")
ROLE, POLICY, ATTACHMENT, INLINE = (
    "aws:iam/role:Role",
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/rolePolicy:RolePolicy",
)
PROFILE = "aws:iam/instanceProfile:InstanceProfile"
USER_ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
EXCLUSIVE_ATTACHMENTS = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
PROVIDER, KEY, ALIAS = "aws:iam/openIdConnectProvider:OpenIdConnectProvider", "aws:kms/key:Key", "aws:kms/alias:Alias"
# `up` has no such option: what it leaves out may be in use.
OR_DETACH = "or say `down --detach-foreign`"
GONE = frozenset({"NoSuchEntity", "NoSuchBucket", "404", "NotFoundException"})


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to lose. buckets: names of buckets that are emptied. detach: policies of others are detached, and what others
    have of providers and keys ends with these.
    """

    buckets: frozenset[str] = frozenset()
    detach: bool = False


@dataclass(frozen=True, slots=True)
class Prospect:
    """What comes with the end of a resource. note: what a person should know. obstacle: why it cannot be deleted; empty: it can."""

    note: str = ""
    obstacle: str = ""


def look(kind: ResourceType, state: ResourceState, stack: Sequence[ResourceState], consent: Consent) -> Prospect:
    """Return what is in the way of deleting `state`. stack: all resources of the stack. Raise what the endpoint answers."""
    try:
        if kind.shares(state.inputs):
            return _shared(kind, state)
        if state.type in LOOKS:
            clients = kind.clients_of(state)
            return LOOKS[state.type](clients, state, stack, consent)
    except Exception as error:
        if error_code(error) not in GONE:
            raise
    return Prospect()


def extra_inputs(state: ResourceState, consent: Consent) -> Properties:
    """Return the inputs by which the resource's deletion does what was agreed to."""
    if state.type in BUCKETS and state.id in consent.buckets:
        return {"forceDestroy": True}
    return {"forceDetachPolicies": True} if state.type in {ROLE, POLICY} and consent.detach else {}


def _shared(kind: ResourceType, state: ResourceState) -> Prospect:
    part, left = kind.foreign_parts(state)
    stay = f"{counted(len(left), part)} of others {'stays as it is' if len(left) == 1 else 'stay as they are'}"
    return Prospect(note=f"only this stack's {part}s are removed; {stay}" if part else "")


def _bucket(aws: RegionClients, state: ResourceState, stack: Sequence[ResourceState], consent: Consent) -> Prospect:
    own = {one.id.partition("/")[2] for one in stack if one.type in OBJECTS and one.id.startswith(f"{state.id}/")}
    pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=state.id, PaginationConfig={"PageSize": 1 + len(own)})
    keys = (one["Key"] for page in pages for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())))
    if all(key in own for key in keys):
        return Prospect()
    if flag(state.inputs, "forceDestroy"):
        return Prospect(note="all its objects and their versions are deleted, since the program says forceDestroy")
    if state.id in consent.buckets:
        return Prospect(note="all its objects and their versions are deleted, as --force says")
    return Prospect(
        obstacle=f"bucket `{state.id}` has objects. Empty it, or say `--force {state.id}`, which deletes them and their versions."
    )


def _role(aws: RegionClients, state: ResourceState, stack: Sequence[ResourceState], consent: Consent) -> Prospect:
    own = {str(one.inputs.get("policyArn")) for one in stack if one.type == ATTACHMENT and one.inputs.get("role") == state.id}
    own |= set(texts(state.inputs, "managedPolicyArns"))
    named = {f"{one.inputs.get('name')}" for one in stack if one.type == INLINE and one.inputs.get("role") == state.id}
    own |= {arn for one in stack if one.type == EXCLUSIVE_ATTACHMENTS and one.id == state.id for arn in texts(one.inputs, "policyArns")}
    found = [arn for arn in attached_policies(aws, state.id) if arn not in own]
    named |= {str(one.get("name")) for one in items(state.inputs, "inlinePolicies") if isinstance(one, Mapping)}
    inline = [name for name in inline_policies(aws, state.id) if name not in named]
    held = {one.id for one in stack if one.type == PROFILE and one.inputs.get("role") == state.id}
    profiles = [name for name in role_profiles(aws, state.id) if name not in held]
    words = (
        (f"`{arn}`" for arn in found),
        (f"the inline policy `{name}`" for name in inline),
        (f"the instance profile `{name}`" for name in profiles),
    )
    return _attached("role", state, [one for kind in words for one in kind], consent)


def _policy(aws: RegionClients, state: ResourceState, stack: Sequence[ResourceState], consent: Consent) -> Prospect:
    own = {
        (kind, str(one.inputs.get(kind)))
        for kind, token in (("role", ATTACHMENT), ("user", USER_ATTACHMENT))
        for one in stack
        if one.type == token and one.inputs.get("policyArn") == state.id
    }
    own |= {("role", one.id) for one in stack if one.type == ROLE and state.id in texts(one.inputs, "managedPolicyArns")}
    own |= {("role", one.id) for one in stack if one.type == EXCLUSIVE_ATTACHMENTS and state.id in texts(one.inputs, "policyArns")}
    users = [f"{kind} `{name}`" for kind, name in attached_entities(aws, state.id) if (kind, name) not in own]
    return _attached("policy", state, users, consent)


def _attached(what: str, state: ResourceState, found: Sequence[str], consent: Consent) -> Prospect:
    if not found:
        return Prospect()
    listed = ", ".join(found)
    if consent.detach or flag(state.inputs, "forceDetachPolicies"):
        return Prospect(note=f"what others attached is detached, inline policies are deleted, instance profiles lose the role: {listed}")
    return Prospect(obstacle=f"{what} `{state.name}` has attachments that others made: {listed}. Detach them, {OR_DETACH}.")


def _provider(aws: RegionClients, state: ResourceState, stack: Sequence[ResourceState], consent: Consent) -> Prospect:
    own = {one.id for one in stack if one.type == ROLE}
    # The quotes keep a provider apart from one whose path goes on.
    trusting = [
        f"`{role['RoleName']}`"
        for role in listed(aws, "list_roles", "Roles")
        if role["RoleName"] not in own and f'"{state.id}"' in policy_text(role.get("AssumeRolePolicyDocument", {}))
    ]
    if not trusting:
        return Prospect()
    roles = f"roles that others made: {', '.join(trusting)}"
    if consent.detach:
        return Prospect(note=f"no token of it can assume these {roles}")
    return Prospect(obstacle=f"provider `{state.id}` is trusted by {roles}. Delete these first, {OR_DETACH}.")


def _key(aws: RegionClients, state: ResourceState, stack: Sequence[ResourceState], consent: Consent) -> Prospect:
    own = {one.id for one in stack if one.type == ALIAS}
    pages = aws.kms.get_paginator("list_aliases").paginate(KeyId=state.id)
    found = [f"`{alias['AliasName']}`" for page in pages for alias in page["Aliases"] if alias["AliasName"] not in own]
    days = maybe_number(state.inputs, "deletionWindowInDays") or 30
    note = (
        f"nothing can use it from now on, AWS deletes it in {days} days; `aws kms cancel-key-deletion --key-id {state.id}` takes that back"
    )
    if not found:
        return Prospect(note)
    if consent.detach:
        return Prospect(f"{note}; aliases of others go with it: {', '.join(found)}")
    return Prospect(obstacle=f"key `{state.id}` has aliases that others made: {', '.join(found)}. Point them elsewhere, {OR_DETACH}.")


def inline_policies(aws: RegionClients, role: str) -> Iterator[str]:
    """Yield the names of the role's inline policies."""
    for page in aws.iam.get_paginator("list_role_policies").paginate(RoleName=role):
        yield from page["PolicyNames"]


def attached_entities(aws: RegionClients, policy: str) -> Iterator[tuple[str, str]]:
    """Yield kind (`role`, `user`, `group`) and name of what the policy is attached to."""
    for page in aws.iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=policy):
        yield from (("role", one["RoleName"]) for one in page.get("PolicyRoles", ()))
        yield from (("user", one["UserName"]) for one in page.get("PolicyUsers", ()))
        yield from (("group", one["GroupName"]) for one in page.get("PolicyGroups", ()))


Look = Callable[[RegionClients, ResourceState, Sequence[ResourceState], Consent], Prospect]
LOOKS: Mapping[str, Look] = {**dict.fromkeys(BUCKETS, _bucket), ROLE: _role, POLICY: _policy, PROVIDER: _provider, KEY: _key}

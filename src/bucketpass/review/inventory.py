"""Resources as what is deployed: roles with all their policies, buckets with their settings, providers; each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy, PublicAccessBlock
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.errors import Place, PolicyError
from bucketpass.findings import Finding
from bucketpass.policy import PolicyDocument, parse_policy, policy_json
from bucketpass.policy.unknown_parts import has_unknown_parts
from bucketpass.review.resources import ReviewedResource

__all__ = ["Inventory", "ReviewedBucket", "ReviewedPolicy", "ReviewedRole", "inventory_of", "with_managed"]

ENCRYPTION = "s3.BucketServerSideEncryptionConfiguration"
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@dataclass(frozen=True, slots=True)
class ReviewedPolicy:
    """A policy of a role. `arn`: None for an inline one."""

    named: NamedPolicy
    place: Place
    text: str
    arn: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewedRole:
    """A role. `trust`: None if it is not known or cannot be read. unread, boundary: as of `DeployedRole`."""

    name: str
    arn: str
    place: Place
    trust: NamedPolicy | None
    trust_text: str
    policies: tuple[ReviewedPolicy, ...]
    resource: ReviewedResource
    unread: tuple[str, ...] = ()
    boundary: tuple[NamedPolicy, ...] | str | None = None

    def deployed(self) -> DeployedRole | None:
        """Return the role as the prover takes it; None if its trust policy is not known."""
        return None if self.trust is None else DeployedRole(self.arn, self.trust, self.named_policies)

    def with_boundary(self) -> DeployedRole:
        """Return the role with all that limits it, for decisions on its requests. Nobody assumes one whose trust policy is not known."""
        trust = self.trust or NamedPolicy("a trust policy that is not known", PolicyDocument(()))
        return DeployedRole(self.arn, trust, self.named_policies, self.boundary, unread=self.unread)

    @property
    def named_policies(self) -> tuple[NamedPolicy, ...]:
        """The policies by their names."""
        return tuple(policy.named for policy in self.policies)


@dataclass(frozen=True, slots=True)
class ReviewedBucket:
    """A bucket. `policy`: None: it has none; `known`: whether that, or what it says, is known. key: the ARN of its default KMS key.

    replaces: the properties whose change replaces the bucket that exists.
    """

    name: str
    place: Place
    acl: str
    policy: NamedPolicy | None
    policy_text: str | None
    known: bool
    public_access: PublicAccessBlock | None
    key: str | None = None
    bucket_key: bool = False
    replaces: tuple[str, ...] = ()

    def deployed(self, target: Target) -> DeployedBucket:
        """Return the bucket as the prover takes it."""
        arn = f"arn:{target.partition}:s3:::{self.name}"
        return DeployedBucket(self.name, arn, target.account, self.policy, self.known, self.public_access)


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that was read. whole: what it does not have is not there. findings: what could not be read."""

    target: Target
    providers: tuple[TrustedProvider, ...] = ()
    roles: tuple[ReviewedRole, ...] = ()
    buckets: tuple[ReviewedBucket, ...] = ()
    findings: tuple[Finding, ...] = ()
    whole: bool = True

    def deployment(self) -> Deployment:
        """Return the same as what is deployed. Of policies that could not be read, `unread` and `known` say so."""
        return Deployment(
            self.target,
            self.providers,
            tuple(role.with_boundary() for role in self.roles),
            tuple(bucket.deployed(self.target) for bucket in self.buckets),
        )


def with_managed(inventory: Inventory, managed: Mapping[str, NamedPolicy]) -> Inventory:
    """Return the inventory in which these managed policies, by ARN, are read where roles have them attached or as their boundary."""

    def of_role(role: ReviewedRole) -> ReviewedRole:
        read = ((arn, managed[arn]) for arn in role.unread if arn in managed)
        policies = (ReviewedPolicy(named, role.place, policy_json(named.document), arn) for arn, named in read)
        unread = tuple(arn for arn in role.unread if arn not in managed)
        boundary = (managed[role.boundary],) if isinstance(role.boundary, str) and role.boundary in managed else role.boundary
        return replace(role, policies=(*role.policies, *policies), unread=unread, boundary=boundary)

    return replace(inventory, roles=tuple(map(of_role, inventory.roles)))


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    target: Target
    findings: list[Finding] = field(default_factory=list)

    def policy(self, resource: ReviewedResource, name: str, title: str) -> NamedPolicy | None:
        """The policy in a property, if it can be read; what cannot be is a finding."""
        text = resource.document(name)
        if name in resource.unknown:
            message = f"{title} is only known once other resources are made"
            self.findings.append(Finding("not-reviewed", message, place=resource.place))
        if text is None:
            return None
        try:
            return NamedPolicy(title, parse_policy(text))
        except PolicyError as error:
            for found in error.diagnostics():
                self.findings.append(Finding("policy", f"{title}: {found.message}", found.remedy, resource.place))
            return None

    def iam(self, kind: str, resource: ReviewedResource, name: str) -> str:
        """The ARN of a role or policy."""
        return resource.text("arn") or f"arn:{self.target.partition}:iam::{self.target.account}:{kind}{resource.text('path') or '/'}{name}"


def inventory_of(resources: Iterable[ReviewedResource], target: Target, *, whole: bool = True) -> Inventory:
    """Return what the resources come to together. whole: there are no others."""
    by_type: dict[str, list[ReviewedResource]] = {}
    for resource in map(_with_unknown_parts, resources):
        by_type.setdefault(resource.type, []).append(resource)
    reading = _Reading(target)
    return Inventory(
        target,
        tuple(_provider(one, target) for one in by_type.get("iam.OpenIdConnectProvider", ()) if one.text("url")),
        _roles(by_type, reading),
        _buckets(by_type, reading),
        tuple(reading.findings),
        whole,
    )


def _with_unknown_parts(resource: ReviewedResource) -> ReviewedResource:
    """The resource; a document that has words for what is not known yet counts as not known."""
    shown = {name for name, value in resource.properties.items() if isinstance(value, str) and has_unknown_parts(value)}
    if not shown:
        return resource
    properties = {name: value for name, value in resource.properties.items() if name not in shown}
    return replace(resource, properties=properties, unknown=resource.unknown | shown)


def _provider(resource: ReviewedResource, target: Target) -> TrustedProvider:
    host = resource.text("url").removeprefix("https://")
    clients = resource.properties.get("clientIdLists") or ()
    arn = resource.text("arn") or f"arn:{target.partition}:iam::{target.account}:oidc-provider/{host}"
    return TrustedProvider(arn, f"https://{host}", tuple(map(str, clients)))


def _roles(by_type: Mapping[str, list[ReviewedResource]], reading: _Reading) -> tuple[ReviewedRole, ...]:
    managed: dict[str, ReviewedPolicy] = {}
    for one in by_type.get("iam.Policy", ()):
        name = one.text("name") or one.name
        policy = reading.policy(one, "policy", f"policy {name}")
        if policy is not None:
            arn = reading.iam("policy", one, name)
            managed[arn] = ReviewedPolicy(policy, one.place, one.document("policy") or "", arn)
    parts: dict[str, list[ReviewedPolicy]] = {}
    unread: dict[str, list[str]] = {}
    for one in by_type.get("iam.RolePolicy", ()):
        role, name = one.text("role"), one.text("name") or one.name
        policy = reading.policy(one, "policy", f"inline policy {name} of {role}")
        if policy is not None:
            parts.setdefault(role, []).append(ReviewedPolicy(policy, one.place, one.document("policy") or ""))
        else:
            unread.setdefault(role, []).append(name)
    for one in by_type.get("iam.RolePolicyAttachment", ()):
        if one.text("policyArn") in managed:
            parts.setdefault(one.text("role"), []).append(managed[one.text("policyArn")])
        else:
            unread.setdefault(one.text("role"), []).append(one.text("policyArn"))
    found = []
    for one in by_type.get("iam.Role", ()):
        name = one.text("name") or one.name
        listed = one.properties.get("managedPolicyArns") or ()
        attached = [managed[arn] for arn in listed if arn in managed]
        arn = reading.iam("role", one, name)
        policies = (*attached, *parts.get(name, ()), *(parts.get(arn, ()) if arn != name else ()))
        trust = reading.policy(one, "assumeRolePolicy", f"trust policy of {name}")
        missing = (*(str(other) for other in listed if other not in managed), *unread.get(name, ()), *unread.get(arn, ()))
        limit = one.text("permissionsBoundary")
        boundary = (managed[limit].named,) if limit in managed else limit or None
        found.append(ReviewedRole(name, arn, one.place, trust, one.document("assumeRolePolicy") or "", policies, one, missing, boundary))
    return tuple(found)


def _buckets(by_type: Mapping[str, list[ReviewedResource]], reading: _Reading) -> tuple[ReviewedBucket, ...]:
    policies = {one.text("bucket"): one for one in by_type.get("s3.BucketPolicy", ())}
    blocks = {one.text("bucket"): one for one in by_type.get("s3.BucketPublicAccessBlock", ())}
    acls = {one.text("bucket"): one.text("acl") for one in by_type.get("s3.BucketAcl", ())}
    encryptions = {one.text("bucket"): one.properties.get("rules") for one in by_type.get(ENCRYPTION, ())}
    found = []
    for one in by_type.get("s3.Bucket", ()):
        name = one.text("bucket") or one.text("id") or one.name
        its = policies.get(name)
        policy = None if its is None else reading.policy(its, "policy", f"bucket policy of {name}")
        block = blocks.get(name)
        found.append(
            ReviewedBucket(
                name,
                one.place,
                one.text("acl") or acls.get(name, ""),
                policy,
                None if its is None else its.document("policy"),
                its is None or policy is not None,
                None if block is None else _block(block),
                *_key(encryptions.get(name)),
                one.replaces,
            )
        )
    return tuple(found)


def _key(rules: object) -> tuple[str | None, bool]:
    """The key of the rules of a bucket's encryption, and whether there is a bucket key."""
    rule = rules[0] if isinstance(rules, Sequence) and rules and isinstance(rules[0], Mapping) else {}
    default = rule.get("applyServerSideEncryptionByDefault")
    key = default.get("kmsMasterKeyId") if isinstance(default, Mapping) else None
    return (key if isinstance(key, str) else None), rule.get("bucketKeyEnabled") is True


def _block(resource: ReviewedResource) -> PublicAccessBlock:
    blocked = [resource.properties.get(name) is True for name in BLOCKS]
    return PublicAccessBlock(
        block_public_acls=blocked[0], block_public_policy=blocked[1], ignore_public_acls=blocked[2], restrict_public_buckets=blocked[3]
    )

"""All findings of an inventory at once: by their signs, and by the prover with an example."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.decide import NamedPolicy
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.deployment.resources import Deployment
from bucketpass.errors import Place, Severity
from bucketpass.findings import Finding
from bucketpass.policy import Condition, Statement
from bucketpass.policy.idle import idle_actions
from bucketpass.prove.faults import PolicyFault, audiences_not_listed, faults
from bucketpass.prove.question import Verdict
from bucketpass.prove.report import example_lines
from bucketpass.review.inventory import Inventory, ReviewedBucket, ReviewedRole
from bucketpass.review.signs import (
    bucket_is_beyond_doubt,
    buckets_named,
    demands_tls,
    is_placeholder,
    keys_with_scheme,
    lists,
    object_buckets,
    role_is_beyond_doubt,
    subject_is_demanded,
    trusted_providers,
    web_identity_statements,
)

__all__ = ["PROOF_SECONDS", "review"]

PROOF_SECONDS = 20.0
# Of these the signs say all, with the place; the prover finds them too, and says them once more.
BY_SIGNS = frozenset({"provider-not-found", "scheme-in-key", "unknown-action", "action-without-resource", "missing-client-id"})
ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def review(inventory: Inventory, *, seconds: float = PROOF_SECONDS) -> tuple[Finding, ...]:
    """Return all findings, errors first. seconds: for examples and proofs; what they did not suffice for is a finding itself."""
    proofs = _Proofs(inventory, time.monotonic() + seconds)
    found = [*inventory.findings, *_providers(inventory)]
    found += [_replaced(bucket) for bucket in inventory.buckets if bucket.replaces]
    for role in inventory.roles:
        found += _role(role, inventory, proofs)
    for bucket in inventory.buckets:
        found += _bucket(bucket, inventory, proofs)
    found += proofs.left_out()
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: (ORDER.index(finding.severity), str(finding.place))))


def _providers(inventory: Inventory) -> Iterator[Finding]:
    trusting = [role for role in inventory.roles if role.trust is not None and trusted_providers(role.trust)]
    if inventory.whole and trusting and not inventory.providers:
        needed = {arn for role in trusting if role.trust is not None for arn in trusted_providers(role.trust)}
        if not needed <= BUILT_IN_PROVIDERS:
            yield Finding("no-oidc-provider", "roles trust OIDC tokens, and no IAM OIDC provider is made", place=trusting[0].place)


def _role(role: ReviewedRole, inventory: Inventory, proofs: _Proofs) -> Iterator[Finding]:
    for policy in role.policies:
        # What AWS writes in its own is for nobody else to correct.
        if ":iam::aws:" not in (policy.arn or ""):
            yield from idle_actions(policy.named.document, policy.named.name, policy.place)
    for arn in role.unread:
        if ":policy/" in arn:
            message = f"role `{role.name}` has the managed policy `{arn}`, whose document is not known"
            yield Finding("not-reviewed", message, place=role.place)
    if role.trust is None:
        return
    yield from idle_actions(role.trust.document, role.trust.name, role.place)
    yield from audiences_not_listed(_corrected(role.trust, inventory), inventory.providers, role.place)
    known = {provider.arn for provider in inventory.providers} | BUILT_IN_PROVIDERS
    for arn in trusted_providers(role.trust):
        if is_placeholder(arn, inventory.target.account):
            message = f"the trust policy of `{role.name}` names `{arn}`, which looks like a placeholder"
            yield Finding("provider-placeholder", message, place=role.place)
        elif arn not in known and inventory.whole:
            message = f"the trust policy of `{role.name}` names `{arn}`, which is not a provider that is made or exists here"
            yield Finding("provider-not-found", message, place=role.place)
    for key in keys_with_scheme(role.trust):
        message = f"the trust policy of `{role.name}` has a condition on `{key}`"
        details = (f"a token sets `{key.partition('://')[2]}`: no token matches the condition, so that nobody gets in",)
        yield Finding("scheme-in-key", message, f"Write the key as `{key.partition('://')[2]}`.", role.place, details)
    yield from _permissions(role, inventory)
    examples = [] if role_is_beyond_doubt(role, inventory) else list(proofs.of_role(role))
    yield from examples
    proved = {finding.code for finding in examples}
    if "trust-without-subject" not in proved and not all(map(subject_is_demanded, web_identity_statements(role.trust))):
        yield Finding("trust-without-subject", f"a statement of the trust policy of `{role.name}` names no subject", place=role.place)


def _permissions(role: ReviewedRole, inventory: Inventory) -> Iterator[Finding]:
    place = role.policies[0].place if role.policies else role.place
    made = {bucket.name for bucket in inventory.buckets}
    for bucket in buckets_named(role) if inventory.whole and made else ():
        if bucket not in made:
            message = f"the policies of `{role.name}` name the bucket `{bucket}`, and those that are made are {_named(sorted(made))}"
            yield Finding("policy-for-other-bucket", message, place=place)
    for bucket in object_buckets(role):
        if not lists(role, bucket):
            message = f"`{role.name}` may read objects of `{bucket}` and not list it: a key that is not there is answered with 403, not 404"
            yield Finding("objects-without-list", message, f"Allow s3:ListBucket on `arn:aws:s3:::{bucket}`.", place)


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _replaced(bucket: ReviewedBucket) -> Finding:
    for_what = " and ".join(f"`{name}`" for name in bucket.replaces)
    message = f"bucket `{bucket.name}` is deleted and another one made, for {for_what} is another than it was made with"
    return Finding("bucket-replaced", message, place=bucket.place)


def _bucket(bucket: ReviewedBucket, inventory: Inventory, proofs: _Proofs) -> Iterator[Finding]:
    if bucket.acl:
        yield Finding("obsolete-acl", f"bucket `{bucket.name}` has the ACL `{bucket.acl}`", place=bucket.place)
    if bucket.public_access is None:
        yield Finding("no-public-access-block", f"bucket `{bucket.name}` has no public access block", place=bucket.place)
    if not bucket.known:
        return
    if bucket.policy is None:
        yield Finding("no-bucket-policy", f"bucket `{bucket.name}` has no policy", place=bucket.place)
    if bucket.policy is not None:
        yield from idle_actions(bucket.policy.document, bucket.policy.name, bucket.place)
    examples = [] if bucket_is_beyond_doubt(bucket, inventory.target.account) else list(proofs.of_bucket(bucket))
    yield from examples
    if not demands_tls(bucket.policy, bucket.name) and "plain-http" not in {finding.code for finding in examples}:
        yield Finding("plain-http", f"no statement denies requests to bucket `{bucket.name}` without TLS", place=bucket.place)


@dataclass(slots=True)
class _Proofs:
    """Puts roles and buckets to the prover as long as there is time. Keys are read without their scheme, and providers as if made."""

    inventory: Inventory
    until: float
    skipped: int = 0

    def of_role(self, role: ReviewedRole) -> Iterator[Finding]:
        """Yield what the prover finds of a role, with examples."""
        deployed = role.deployed()
        if deployed is None or role.trust is None:
            return
        trust = _corrected(role.trust, self.inventory)
        known = {provider.arn for provider in self.inventory.providers}
        missing = [arn for arn in trusted_providers(trust) if ":oidc-provider/" in arn and arn not in known]
        providers = (*self.inventory.providers, *(_provider_of(arn, trust) for arn in missing))
        buckets = tuple(bucket.deployed(self.inventory.target) for bucket in self.inventory.buckets[:1])
        roles = (replace(deployed, trust=trust),)
        yield from self._found(Deployment(self.inventory.target, providers, roles, buckets), role.name, role.place, role.trust != trust)

    def of_bucket(self, bucket: ReviewedBucket) -> Iterator[Finding]:
        """Yield what the prover finds of a bucket, with examples."""
        deployment = Deployment(self.inventory.target, self.inventory.providers, (), (bucket.deployed(self.inventory.target),))
        yield from self._found(deployment, bucket.name, bucket.place, corrected=False)

    def left_out(self) -> Iterator[Finding]:
        """Yield a finding if there was not time for all."""
        if self.skipped:
            yield Finding("not-reviewed", f"{self.skipped} roles and buckets were looked at by their signs only, for want of time")

    def _found(self, deployment: Deployment, name: str, place: Place, corrected: bool) -> Iterator[Finding]:
        left = self.until - time.monotonic()
        if left <= 0:
            self.skipped += 1
            return
        for fault in faults(deployment, seconds=min(left, 5.0)):
            if (
                fault.finding.place.path == name
                and fault.finding.code not in BY_SIGNS
                and not (corrected and fault.finding.code == "trust-admits-nobody")
            ):
                yield _finding(fault, name, place, corrected=corrected)


def _finding(fault: PolicyFault, name: str, place: Place, *, corrected: bool) -> Finding:
    example = fault.answer.counterexample
    shown = () if example is None else (f"{example.description}, for example:", *(f"  {text}" for text in example_lines(example)))
    reasons = tuple(f"not known: {reason}" for reason in fault.answer.reasons) if fault.answer.verdict is Verdict.UNKNOWN else ()
    # As it stands nobody gets in; what the trust policy would let in then is said at once.
    message = f"`{name}`: {'once its keys and provider are corrected, ' if corrected else ''}{fault.finding.message}"
    return replace(fault.finding, message=message, place=place, details=(*shown, *reasons))


def _corrected(trust: NamedPolicy, inventory: Inventory) -> NamedPolicy:
    """The trust policy as it is meant: keys without their scheme, and in place of a provider that is not there that of the keys."""
    statements = tuple(_without_schemes(statement) for statement in trust.document.statements)
    known = {provider.arn for provider in inventory.providers} | BUILT_IN_PROVIDERS
    hosts = {line.key.rpartition(":")[0] for one in statements for line in one.conditions if line.key.lower().endswith((":aud", ":sub"))}
    if len(hosts) == 1:
        target = inventory.target
        meant = f"arn:{target.partition}:iam::{target.account}:oidc-provider/{hosts.pop()}"
        statements = tuple(_with_provider(statement, meant, known) for statement in statements)
    return NamedPolicy(trust.name, replace(trust.document, statements=statements))


def _with_provider(statement: Statement, meant: str, known: set[str] | frozenset[str]) -> Statement:
    principal = statement.principal
    if principal is None or not principal.federated or set(principal.federated) <= known:
        return statement
    return replace(statement, principal=replace(principal, federated=(meant,)))


def _without_schemes(statement: Statement) -> Statement:
    return replace(statement, conditions=tuple(_without_scheme(line) for line in statement.conditions))


def _without_scheme(line: Condition) -> Condition:
    return replace(line, key=line.key.partition("://")[2]) if "://" in line.key else line


def _provider_of(arn: str, trust: NamedPolicy) -> TrustedProvider:
    """The provider of an ARN, as if it were made for the audiences that the trust policy names."""
    host = arn.partition(":oidc-provider/")[2]
    lines = [line for one in web_identity_statements(trust) for line in one.conditions]
    return TrustedProvider(
        arn, f"https://{host}", tuple(value for line in lines if line.key.lower().endswith(":aud") for value in line.values)
    )

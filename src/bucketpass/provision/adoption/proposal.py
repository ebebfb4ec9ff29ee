"""From what was found to a declaration, with the remarks and Pulumi's import IDs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bucketpass.aws.actions import ACTIONS
from bucketpass.compile import Target, compile_access
from bucketpass.compile.actions import actions_of
from bucketpass.errors import BucketpassError, PolicyError, ProvisionError
from bucketpass.issuers import issuer_url, provider_path
from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service, Session, access_text
from bucketpass.model.bucket import OTHERS
from bucketpass.model.bucket_rules import NO_POLICY
from bucketpass.model.grant_rules import READS
from bucketpass.model.own_folder import own_tags
from bucketpass.policy import Effect, Statement, parse_policy
from bucketpass.provision.adoption.found import Account, FoundBucket
from bucketpass.provision.adoption.imports import Import, import_file, imports
from bucketpass.provision.adoption.remark import Remark
from bucketpass.provision.adoption.roles import FoundService, read_role, statements_of
from bucketpass.provision.adoption.trusts import FoundIdentity, as_generic

__all__ = ["AdoptionProposal", "proposal", "propose"]

CLOSED = (
    "it refuses all principals but those that one of its statements lists, which stays as it is (the declaration has no `exclusive`): "
    "a further service has to be added there as well"
)
STAYS = "it stays as it is beside the declared policy; remove it once the service works without"
CONTEXT = "kms:encryptioncontext:aws:s3:arn"
COMPONENT = "access"  # as the program that stands for an access.yaml alone names its component


@dataclass(frozen=True, slots=True)
class AdoptionProposal:
    """A declaration of what the account has.

    imports: for `pulumi import --file`, as JSON values, below the component of the name `component`; None where nothing exists.
    """

    text: str
    access: Access
    imports: Mapping[str, object] | None
    remarks: tuple[Remark, ...]
    component: str = COMPONENT


def propose(account: Account, region: str) -> AdoptionProposal:
    """The declaration of all that can be declared of an account, and remarks about all the rest.

    Raises `ProvisionError` where no role could be declared.
    """
    return proposal(account, region, account)


def proposal(account: Account, region: str, existing: Account | None, notes: Iterable[Remark] = ()) -> AdoptionProposal:
    """The declaration of all that can be declared, and remarks about all the rest, after `notes`.

    existing: what is there, and is imported; None: nothing is, and the declaration makes the buckets too.
    Raises `ProvisionError` where no role could be declared.
    """
    remarks = [*notes]
    remarks += [Remark(place, f"it could not be read ({why}); it is left out") for place, why in account.unread]
    providers = {provider.arn: provider for provider in account.providers}
    services: dict[str, FoundService] = {}
    prefix = _common_prefix([role.name for role in account.roles])
    for role in account.roles:
        service, notes = read_role(role, providers, Target(account.id, region))
        remarks += notes
        if service is not None:
            services[_free(role.name.removeprefix(prefix), services)] = service
    services = _one_kind_of_issuer(services)
    access, notes = _checked(services, account, region, prefix, is_made=existing is not None)
    remarks += notes
    if not access.services:
        why = f": {remarks[0]}" if remarks else ""
        raise ProvisionError(f"no role of the account could be declared{why}", remedy="see `bucketpass init` for a fresh start")
    imported: Mapping[str, object] | None = None
    if existing is not None:
        taken = imports(compile_access(access, Target(account.id, region)), existing, COMPONENT)
        declared = set(map(access.role_name, access.services))
        remarks += (Remark(place, STAYS) for place in _staying(existing, declared, taken))
        imported = import_file(taken, COMPONENT)
    return AdoptionProposal(access_text(access), access, imported, tuple(remarks))


def _one_kind_of_issuer(services: Mapping[str, FoundService]) -> dict[str, FoundService]:
    """The services; the identities of a URL with issuers of several presets are all of a generic one, where that says the same."""
    presets: dict[str, set[str]] = {}
    for identity in (identity for service in services.values() for identity in service.identities):
        presets.setdefault(issuer_url(identity.issuer), set()).add(identity.issuer.preset)
    return {
        name: replace(
            service,
            identities=[as_generic(one) if len(presets[issuer_url(one.issuer)]) > 1 else one for one in service.identities],
        )
        for name, service in services.items()
    }


def _common_prefix(names: Sequence[str]) -> str:
    """What most of several roles' names begin with, as `name:` of a declaration has it; nothing where there is none."""
    starts = Counter(name[: dash.end()] for name in names for dash in re.finditer("-(?=[A-Za-z0-9])", name))
    shared = [start for start, number in starts.items() if number > 1 and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,30}-", start)]
    return max(shared, key=lambda start: (starts[start], len(start)), default="")


def _staying(account: Account, declared: Iterable[str], taken: Iterable[Import]) -> Iterator[str]:
    """The policies of declared roles that Pulumi does not take over."""
    ids = {one.id for one in taken}
    for role in account.roles:
        for policy in role.policies if role.name in declared else ():
            if (policy.arn or f"{role.name}:{policy.name}") not in ids:
                yield f"role {role.name}, policy {policy.name}"


def _free(name: str, taken: Iterable[str]) -> str:
    """`name` as a name of the declaration, with a number where it is taken."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip("._-") or "service"
    numbered = (word if number == 1 else f"{word}-{number}" for number in range(1, 10_000))
    return next(candidate for candidate in numbered if candidate not in taken)


def _checked(
    services: Mapping[str, FoundService], account: Account, region: str, prefix: str, *, is_made: bool
) -> tuple[Access, list[Remark]]:
    """The declaration of the services that hold good by themselves, and why others do not."""
    names, issuers, remarks = _issuers(services, account)
    buckets, notes = (_buckets if is_made else _new_buckets)(services, account)
    remarks += notes
    called = prefix[:-1] or Access({}, {}, {}).name
    good: dict[str, Service] = {}
    for name, service in services.items():
        declared = _service(service, names)
        declared = replace(declared, name=None) if prefix and prefix + name == declared.name else declared
        try:
            compile_access(Access(issuers, buckets, {name: declared}, name=called), Target(account.id, region))
        except BucketpassError as error:
            words = "; ".join(diagnostic.message for diagnostic in error.diagnostics())
            remarks.append(Remark(f"role {service.role.name}", f"it cannot be declared ({words}); the role is left out"))
        else:
            good[name] = declared
    used = {identity.issuer for service in good.values() for identity in service.identity}
    needed = {grant.bucket for service in good.values() for grant in service.grants}
    return Access(
        {name: issuer for name, issuer in issuers.items() if name in used},
        {name: bucket for name, bucket in buckets.items() if name in needed},
        good,
        name=called,
    ), remarks


def _issuers(services: Mapping[str, FoundService], account: Account) -> tuple[dict[Issuer, str], dict[str, Issuer], list[Remark]]:
    """The issuers' names, and what is declared of them. A provider that knows more clients than are declared stays as it is."""
    names: dict[Issuer, str] = {}
    clients: dict[str, set[str]] = {}
    for identity in (identity for service in services.values() for identity in service.identities):
        if identity.issuer not in names:
            names[identity.issuer] = _free(identity.issuer.preset, names.values())
        clients.setdefault(provider_path(issuer_url(identity.issuer)), set()).update(identity.clients)
    remarks = []
    existing = set()
    for provider in account.providers:
        path = provider.url.removeprefix("https://")
        further = sorted(set(provider.client_ids) - clients.get(path, set()))
        if path not in clients:
            remarks.append(Remark(provider.arn, "no declared role trusts it; it is left out"))
        elif further:
            existing.add(path)
            remarks.append(Remark(provider.arn, f"no declared role needs its client IDs {', '.join(further)}; it stays as it is"))
    declared = {
        name: replace(issuer, provider="existing" if provider_path(issuer_url(issuer)) in existing else "create")
        for issuer, name in names.items()
    }
    return names, declared, remarks


def _buckets(services: Mapping[str, FoundService], account: Account) -> tuple[dict[str, Bucket], list[Remark]]:
    """The buckets that are granted, as they are: nothing of them is made or changed but what the policy needs more."""
    there = {bucket.name: bucket for bucket in account.buckets}
    granted = dict.fromkeys(grant.bucket for service in services.values() for grant in service.grants)
    remarks = [
        Remark(f"bucket {name}", "it is not in this account; its own policy must let the roles in") for name in granted if name not in there
    ]
    declared = {}
    for name in granted:
        found = there.get(name)
        if found is None and not any(_changes(grant) for service in services.values() for grant in service.grants if grant.bucket == name):
            declared[name] = Bucket(account=OTHERS)
            continue
        policy, notes = _policy(found) if found is not None else (None, [])
        remarks += notes
        key = found.key if found is not None and (found.key or "").startswith("arn:") else None
        if found is not None and found.key and key is None:
            remarks.append(
                Remark(f"bucket {name}", f"its key is `{found.key}`, which is not an ARN; name the key's ARN as `encryption: {{key: ...}}`")
            )
        with_bucket_key = key is None or found is None or found.bucket_key
        context = _encryption_context(name, services.values()) if key is not None else None
        declared[name] = Bucket(encryption=key or "s3", create=False, policy=policy, bucket_key=with_bucket_key, encryption_context=context)
    return declared, remarks


def _changes(grant: Grant) -> bool:
    return any(ACTIONS[action].access not in READS for action in actions_of(grant))


def _encryption_context(bucket: str, services: Iterable[FoundService]) -> Literal["bucket", "object"] | None:
    """What the roles' policies have S3 name to KMS: the bucket or its objects; None for both, or where they do not say."""
    statements = (one for service in services for policy in service.role.policies for one in statements_of("", policy.document)[0])
    values = {value for one in statements for line in one.conditions if line.key.lower() == CONTEXT for value in line.values}
    resources = [value.partition(":::")[2] for value in values]
    of_objects = any(resource.startswith(f"{bucket}/") for resource in resources)
    if (bucket in resources) == of_objects:
        return None
    return "object" if of_objects else "bucket"


def _new_buckets(services: Mapping[str, FoundService], account: Account) -> tuple[dict[str, Bucket], list[Remark]]:
    """The buckets that are granted, to be made with a policy of their own."""
    granted = dict.fromkeys(grant.bucket for service in services.values() for grant in service.grants)
    known = {bucket.name: bucket for bucket in account.buckets if bucket.name in granted}
    words = "it is left out: the bucket gets the policy of the declaration"
    remarks = [Remark(f"policy of bucket {bucket.name}", words) for bucket in known.values() if bucket.policy is not None]
    keys = {name: (known[name].key or "") if name in known else "" for name in granted}
    return {name: Bucket(encryption=key if key.startswith("arn:") else "s3") for name, key in keys.items()}, remarks


def _policy(bucket: FoundBucket) -> tuple[str | None, list[Remark]]:
    """The bucket's policy as it is to be kept; None where it is left alone."""
    if bucket.policy is None:
        return NO_POLICY, []
    place = f"policy of bucket {bucket.name}"
    try:
        policy = parse_policy(bucket.policy)
    except PolicyError as error:
        return None, [Remark(place, f"it cannot be read ({error}); it is left alone")]
    return bucket.policy, [Remark(place, CLOSED)] if any(map(_closes, policy.statements)) else []


def _closes(statement: Statement) -> bool:
    """True if the statement refuses every principal that it does not list."""
    keys = {condition.key.lower() for condition in statement.conditions if "not" in condition.operator.lower()}
    listed = statement.not_principal is not None or "aws:principalarn" in keys
    return statement.effect is Effect.DENY and listed


def _service(service: FoundService, names: Mapping[Issuer, str]) -> Service:
    role = service.role
    # SECURITY: these are declared for the whole service, so that one identity's must not become another's.
    owners = {tag for grant in service.grants for tag in own_tags(grant.per)}
    tags = sorted(set.intersection(*(set(identity.tags) for identity in service.identities)) - owners)
    source = all(identity.source for identity in service.identities)
    return Service(
        identity=tuple(_identity(identity, names) for identity in service.identities),
        grants=tuple(service.grants),
        session=Session(role.max_session_seconds, tuple(tags), source),
        name=role.name,
        path=role.path,
        description=role.description or None,
        permissions_boundary=role.permissions_boundary,
        tags=dict(role.tags),
        trust=service.trust,
        policies=service.policies,
    )


def _identity(identity: FoundIdentity, names: Mapping[Issuer, str]) -> Identity:
    require = {claim: tuple(values) for claim, values in identity.require.items()}
    wildcard = "as the trust policy had it" if identity.wildcard else None
    return Identity(names[identity.issuer], dict(identity.claims), require, wildcard)

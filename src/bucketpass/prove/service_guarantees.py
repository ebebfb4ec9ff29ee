"""What is promised of a service: which tokens become it, who else, and which requests its sessions may make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.compile.further import further_trust
from bucketpass.compile.names import Names
from bucketpass.decide import NamedPolicy, PolicySet, PrincipalKind
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.decide.web_identity import provider_of
from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment, delegating
from bucketpass.findings.text import counted
from bucketpass.issuers import issuer_url, provider_path, trusted
from bucketpass.model import Access, Grant, Service
from bucketpass.model.own_folder import own_tags
from bucketpass.policy import Effect, PolicyDocument, PrincipalElement, Statement, parse_policy
from bucketpass.prove import access_points
from bucketpass.prove.access_points import answered, case_on, decide_there, direct, fitting
from bucketpass.prove.callers import EVERYTHING, KEY_ACTIONS, S3_ACTIONS, anonymous, undeclared_principals
from bucketpass.prove.declared import excluded, granted, granted_keys
from bucketpass.prove.declared_tokens import admitted
from bucketpass.prove.evaluation import allowed, documents_of
from bucketpass.prove.narrow import EMPTY, about_bucket, about_keys, for_role, on_bucket, only, patterns_of
from bucketpass.prove.question import Asked, Case, Guarantee, GuaranteePart
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.scope import (
    actions_over,
    applicable_policies,
    asked_of_owners,
    keys_of,
    layers_of,
    names_of,
    not_given,
    not_modelled,
    of_bucket,
    policies,
    principals_over,
    session,
    sessions_over,
    unread_of,
    with_organization_policies,
    with_token,
)
from bucketpass.prove.theory.formula import FALSE, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.vocabulary import Vocabulary
from bucketpass.prove.web_identity import (
    admits,
    claims_of,
    decide_token,
    federated_request,
    providers_of,
    takes_audience,
    token_request,
)

__all__ = ["bucket_part", "callers", "callers_of", "requests", "tokens"]

WAYS = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
FOR_EVERYBODY = NamedPolicy(
    "everything for everybody",
    PolicyDocument((Statement(Effect.ALLOW, actions=("*",), resources=("*",), principal=PrincipalElement(everyone=True)),)),
)


def tokens(name: str, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if STS gives a session of the service's roles for exactly the tokens of its declared identities."""
    service, roles = access.services[name], deployment.roles_of(name)
    providers = providers_of(roles, deployment, _paths(service, access))

    def parts() -> Iterator[GuaranteePart]:
        # Of a declaration's grants, a token needs to know only by which tags they go.
        owners = tuple(Grant(bucket="", per=owner) for owner in dict.fromkeys(grant.per for grant in service.grants) if owner is not None)
        alone = only(access, {}, {name: Service(service.identity, owners, service.session)}, access.issuers)
        pinned = tuple(trusted(access.issuers[identity.issuer], identity) for identity in service.identity)
        audiences = {audience for one in pinned for audience in one.aud}
        slim = tuple(replace(role, policies=(), boundary=None) for role in roles)
        reduced = replace(deployment, providers=(), roles=slim, buckets=(), keys=())
        subjects = tuple(subject for one in pinned for subject in one.subjects)
        for provider in providers:
            # Declared tokens have declared audiences only.
            clients = tuple(client for client in provider.client_ids if client in audiences) or provider.client_ids
            inputs = (name, alone, reduced, replace(provider, client_ids=clients))
            yield GuaranteePart(_token_cases, inputs, (name, *subjects, *(role.arn for role in roles)), pinned)

    return Guarantee(
        f"tokens of {name}",
        f"a token gets a session of {names_of(roles)} if and only if it is one of the declared identities of {name}",
        lambda: (case for provider in providers for case in _token_cases(name, access, deployment, provider)),
        assumed=("tokens are verified by STS: issuer, signature and times; whatever client IDs the provider is given later",),
        unknown=tuple(_without_provider(service, access, deployment)),
        parts=parts,
        code="tokens",
        over=lambda: f"all tokens of {counted(len(providers), 'OIDC provider')}, with any claims",
    )


def _token_cases(name: str, access: Access, deployment: Deployment, provider: TrustedProvider) -> Iterator[Case]:
    service, roles, guardrails = access.services[name], deployment.roles_of(name), deployment.guardrails
    owners = [tag for grant in service.grants for tag in own_tags(grant.per)]
    request = token_request(provider, roles, owners, guardrails=guardrails)
    declared = admitted(service, access, provider, request)
    admitting = disjunction(*(admits(role, request, guardrails) for role in roles))
    takes = takes_audience(request, provider)
    ask = decide_token(roles, guardrails)
    more, less = conjunction(admitting, negation(declared)), conjunction(takes, declared, negation(admitting))
    token = partial(claims_of, provider)
    yield Case((Asked(request, True, ask),), more, "the role admits a token that is not declared", token)
    yield Case((Asked(request, False, ask),), less, "the role refuses a token that is declared", token)


def _without_provider(service: Service, access: Access, deployment: Deployment) -> Iterator[str]:
    """Say which identities have no provider: whatever their trust says, no token of theirs is taken."""
    known = {provider_of(provider.url) for provider in deployment.providers}
    absent = (path for path in _paths(service, access) if path not in known and path not in BUILT_IN_PROVIDERS)
    yield from (f"the OIDC provider of {path}, which is not in the account" for path in absent)


def _paths(service: Service, access: Access) -> tuple[str, ...]:
    """Return the providers of the service's identities, as condition keys name them."""
    return tuple(dict.fromkeys(provider_path(issuer_url(access.issuers[identity.issuer])) for identity in service.identity))


def callers(name: str, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if nobody can become one of the service's roles but with a provider's token or as `trust` says."""
    roles = deployment.roles_of(name)
    trusted_besides = further_trust(name, Names(access, deployment.target))
    declared = NamedPolicy("declared trust", PolicyDocument(tuple(traced.statement for traced in trusted_besides)))

    def parts() -> Iterator[GuaranteePart]:
        for role in roles:
            named = providers_of([role], deployment)
            alone = replace(deployment, providers=named, roles=(), buckets=(), keys=())
            yield GuaranteePart(callers_of, (replace(role, policies=(), boundary=None, service=None), alone), (role.arn, *_subjects(role)))

    return Guarantee(
        f"callers of {name}",
        f"nobody becomes {names_of(roles)} but with a token of a provider" + (", or as its `trust` says" if trusted_besides else ""),
        lambda: (case for role in roles for case in callers_of(role, deployment, declared)),
        assumed=("every other principal has every permission of its own",),
        unknown=not_modelled(
            deployment.target.partition, *(role.trust for role in roles), *chain.from_iterable(deployment.guardrails.rcps)
        ),
        parts=None if trusted_besides else parts,
        code="callers",
        over=lambda: principals_over(("sts:AssumeRole", *WAYS), roles[0].trust if roles else None, deployment.target.account, deployment),
    )


def _subjects(role: DeployedRole) -> Iterator[str]:
    """Return the subjects that the role's trust names."""
    for statement in role.trust.document.statements:
        yield from (value for line in statement.conditions if line.key.lower().endswith(":sub") for value in line.values)


def callers_of(role: DeployedRole, deployment: Deployment, declared: NamedPolicy = EMPTY) -> Iterator[Case]:
    """Yield the cases in which the role is assumed otherwise than with a token of a provider that its trust names, or as `declared` allows.

    AWS principals and services call AssumeRole, sessions of identity providers AssumeRoleWithSAML and AssumeRoleWithWebIdentity.
    """
    account = deployment.target.account
    layers = with_organization_policies(PolicySet(identity=(EVERYTHING,), resource=(role.trust,)), deployment, owner=account)
    vocabulary, where = Vocabulary.of(documents_of(layers)), Matches("resource", Glob.literal(role.arn))
    others = undeclared_principals(deployment, ("sts:AssumeRole",), vocabulary, resource_account=account, resources=where)
    nobody = anonymous(deployment, ("sts:AssumeRole",), vocabulary, resource_account=account, resources=where)
    known = [provider.arn for provider in providers_of([role], deployment)]
    tokens = federated_request(role, vocabulary, deployment, known)
    ways = (
        *((who, request) for who, request in others if request.principal.kind is not PrincipalKind.WEB_IDENTITY),
        ("a session of a provider that is not declared", tokens),
        ("an unsigned request", nobody),
    )
    for who, request in ways:
        binding = applicable_policies(layers, request, deployment)
        meant = allowed(request, replace(binding, resource=(declared,))) if declared.document.statements else FALSE
        can = conjunction(allowed(request, binding), negation(meant))
        yield Case.of(request, can, binding, expected=True, description=f"{who} can become {role.name}")


def requests(name: str, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if the sessions of the service may make exactly the S3 and KMS requests that its grants mean."""
    service, roles = access.services[name], deployment.roles_of(name)
    unknown = [
        f"the policy of the existing bucket {bucket.name}"
        for bucket in deployment.buckets
        if not bucket.known and any(grant.bucket == bucket.name for grant in service.grants)
    ]

    besides = ", or one of its `policies` allows it" if _documents(service, deployment) else ""

    def cases() -> Iterator[Case]:
        for role in roles:
            found = [elsewhere(role, service, access, deployment)]
            found += [on_a_bucket(role, service, bucket, access, deployment) for bucket in deployment.buckets]
            found += [on_a_key(role, service, key, access, deployment) for key in keys_of(service, deployment)]
            yield from with_token(chain.from_iterable(found), service, access)

    return Guarantee(
        f"requests of {name}",
        f"a session of {names_of(roles)} may make an S3 or KMS request if and only if a grant of {name} means it{besides}",
        cases,
        assumed=(
            *not_given(deployment.guardrails),
            *asked_of_owners(deployment),
            *(f"{policy.name} stays as it is" for policy in dict.fromkeys(deployment.managed.values())),
            "buckets and keys that are not declared do not name the roles in policies of their own",
            "actions of services other than S3 and KMS are not asked about",
        ),
        unknown=(
            *unknown,
            *(f"the permissions boundary {role.boundary}" for role in roles if isinstance(role.boundary, str)),
            *unread_of(roles),
        ),
        # SECURITY: parts know the service's grants alone, so that one with further policies is proved as a whole.
        parts=None if service.policies else lambda: (part for role in roles for part in _request_parts(role, service, access, deployment)),
        code="requests",
        over=lambda: sessions_over(
            roles,
            f"{actions_over(S3_ACTIONS)} of S3, {actions_over(KEY_ACTIONS)} of KMS, on {counted(len(deployment.buckets), 'bucket')},"
            f" {counted(len(keys_of(service, deployment)), 'key')} and whatever else there is,",
        ),
    )


def _request_parts(role: DeployedRole, service: Service, access: Access, deployment: Deployment) -> Iterator[GuaranteePart]:
    plain, patterns = Service((), service.grants, keys=service.keys), patterns_of(service)
    named = tuple(
        replace(bucket, policy=None, public_access=None, access_points={}, access_point_policies={}) for bucket in deployment.buckets
    )
    reduced = replace(deployment, providers=(), roles=(), keys=(), buckets=named)
    keys = keys_of(service, deployment)
    names = (role.arn, *(bucket.name for bucket in named), *patterns, *(key.arn for key in keys))
    slim = replace(role, trust=EMPTY, service=None)
    yield GuaranteePart(elsewhere, (slim, plain, only(access, access.buckets, {"": plain}), reduced), names, patterns)
    yield from (bucket_part(role, service, bucket, access, deployment) for bucket in deployment.buckets)
    for key in keys:
        own = replace(key, policy=for_role(key.policy, role, deployment.target.account) or key.policy)
        encrypted = tuple(bucket for bucket in named if bucket.key == key.arn or key.arn in service.keys)
        grants = tuple(grant for grant in service.grants if any(bucket.name == grant.bucket for bucket in encrypted))
        with_key = replace(plain, grants=grants)
        alone = only(access, {bucket.name: access.buckets[bucket.name] for bucket in encrypted}, {"": with_key})
        of_keys = replace(slim, policies=tuple(map(about_keys, role.policies)))
        inputs = (of_keys, with_key, own, alone, replace(reduced, keys=(own,), buckets=encrypted))
        yield GuaranteePart(on_a_key, inputs, names, patterns)


def bucket_part(role: DeployedRole, service: Service, bucket: DeployedBucket, access: Access, deployment: Deployment) -> GuaranteePart:
    """Return the part of `requests` that is about one bucket."""
    granted_there = on_bucket(service, bucket.name)
    there = replace(bucket, policy=for_role(bucket.policy, role, deployment.target.account))
    slim = replace(role, trust=EMPTY, service=None, policies=tuple(about_bucket(policy, bucket) for policy in role.policies))
    alone = only(access, {bucket.name: access.buckets[bucket.name]}, {"": granted_there})
    reduced = replace(deployment, providers=(), roles=(), buckets=(), keys=())
    patterns = patterns_of(granted_there)
    names = (role.arn, bucket.name, bucket.key or "", *patterns)
    return GuaranteePart(on_a_bucket, (slim, granted_there, there, alone, reduced), names, patterns)


def on_a_bucket(role: DeployedRole, service: Service, bucket: DeployedBucket, access: Access, deployment: Deployment) -> Iterator[Case]:
    """Yield what the role may do on the bucket and no grant means, and the other way round."""
    layers = layers_of(role, bucket, deployment)
    through = replace(layers, endpoint=deployment.guardrails.endpoint)
    request = session(role, through, access, deployment, S3_ACTIONS, where=of_bucket(bucket), account=bucket.account)
    declared = access.buckets[bucket.name]
    means = _with_further(service, request, granted(service, declared, bucket, request), layers, deployment)
    # An exclusion holds against the service's further policies, too.
    means = conjunction(means, negation(excluded(service, bucket, request)))
    more = conjunction(allowed(request, layers), negation(means))
    yield case_on(bucket, request, more, layers, description="is allowed, and no grant means it")
    # What a grant means is promised to direct requests, or to those through its access point.
    ways = [direct(request)]
    for name, point in bucket.access_points.items():
        its = replace(service, grants=tuple(grant for grant in service.grants if grant.access_point == name))
        ways.append(conjunction(access_points.through(request, point), granted(its, declared, bucket, request)))
    may = conjunction(allowed(request, through), answered(bucket, request, through))
    less = conjunction(means, disjunction(*ways), fitting(request), negation(may))
    yield Case((Asked(request, False, decide_there(bucket, through)),), less, "is refused, and a grant means it")


def on_a_key(role: DeployedRole, service: Service, key: DeployedKey, access: Access, deployment: Deployment) -> Iterator[Case]:
    """Yield what the role may do with the key and no grant means, and the other way round."""
    layers = layers_of(role, key, deployment)
    request = session(role, layers, access, deployment, KEY_ACTIONS, where=Matches("resource", Glob.literal(key.arn)), account=key.account)
    means = _with_further(service, request, granted_keys(service, access, deployment, request), layers, deployment)
    yield from _both_ways(request, means, layers, layers)


def elsewhere(role: DeployedRole, service: Service, access: Access, deployment: Deployment) -> Iterator[Case]:
    """Requests on what is not declared: their own policies are not known, and are taken not to name the role."""
    layers = layers_of(role, None, deployment)
    by_their_account = policies(delegating(deployment.target.account, deployment.target.partition))
    buckets = conjunction(*(negation(of_bucket(bucket)) for bucket in deployment.buckets))
    keys = conjunction(*(negation(Matches("resource", Glob.literal(key.arn))) for key in keys_of(service, deployment)))
    for actions, where, there in (
        (S3_ACTIONS, buckets, layers),
        (("s3:ListAllMyBuckets",), conjunction(), layers),
        (KEY_ACTIONS, keys, replace(layers, resource=by_their_account)),
    ):
        request = session(role, there, access, deployment, actions, where=where)
        more = conjunction(allowed(request, there), negation(_with_further(service, request, FALSE, there, deployment)))
        yield Case.of(request, more, there, expected=True, description="is allowed, and no grant covers it")


def _documents(service: Service, deployment: Deployment) -> tuple[NamedPolicy, ...]:
    """Return the policies that the service declares besides its grants, as far as they are known."""
    managed = tuple(deployment.managed[arn] for arn in service.policies if arn in deployment.managed)
    return managed + tuple(NamedPolicy("declared policy", parse_policy(text)) for text in service.policies if not text.startswith("arn:"))


def _with_further(service: Service, request: SymbolicRequest, means: Formula, layers: PolicySet, deployment: Deployment) -> Formula:
    """Return what the grants mean, and what the service's declared policies allow and deny besides."""
    documents = _documents(service, deployment)
    if not documents:
        return means
    either = disjunction(means, allowed(request, replace(layers, identity=documents)))
    denies = tuple(
        replace(
            one, document=replace(one.document, statements=tuple(line for line in one.document.statements if line.effect is Effect.DENY))
        )
        for one in documents
    )
    if not any(one.document.statements for one in denies):
        return either
    return conjunction(either, allowed(request, PolicySet(identity=denies, resource=(FOR_EVERYBODY,))))


def _both_ways(request: SymbolicRequest, means: Formula, anywhere: PolicySet, usual: PolicySet) -> Iterator[Case]:
    """More than is meant, from anywhere; or less, on the usual way."""
    may = allowed(request, anywhere)
    usually_may = may if usual == anywhere else allowed(request, usual)
    more, less = conjunction(may, negation(means)), conjunction(means, negation(usually_may))
    yield Case.of(request, more, anywhere, expected=True, description="is allowed, and no grant means it")
    yield Case.of(request, less, usual, expected=False, description="is refused, and a grant means it")

"""Policies that nobody declared to us: the faults that people make, looked for in all requests, each found one by its name.

The codes are those of the registry of findings (`bucketpass.findings`).

Sources: IAM User Guide, "Create a role for OpenID Connect federation" [A]; Amazon S3 User Guide, "Security best practices" [A];
GitHub's and AWS's own examples, in which the condition keys have no scheme [A].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from bucketpass.aws.actions import ACTIONS, AccessKind
from bucketpass.decide import NamedPolicy, PolicySet, PrincipalKind
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.decide.conditions import compile_condition
from bucketpass.decide.web_identity import provider_of
from bucketpass.deployment.resources import AccountGuardrails, DeployedBucket, DeployedRole, Deployment
from bucketpass.errors import Place
from bucketpass.findings import CODES, Finding
from bucketpass.policy import Condition, Effect
from bucketpass.policy.idle import idle_actions
from bucketpass.policy.operators import Family, parse_operator
from bucketpass.prove.access_points import case_on
from bucketpass.prove.callers import EVERYTHING, S3_ACTIONS, S3_LISTED, anonymous, service_session, undeclared_principals
from bucketpass.prove.conditions import holds
from bucketpass.prove.evaluation import allowed, documents_of
from bucketpass.prove.keys import Absent
from bucketpass.prove.outsiders import NEVER_NAMED, of_outsiders, who_makes
from bucketpass.prove.question import SECONDS, Answer, Asked, Case, Guarantee, SentRequest, Verdict, prove
from bucketpass.prove.scope import applicable_policies, layers_of, not_modelled, of_bucket, policies, unknown_of, with_organization_policies
from bucketpass.prove.service_guarantees import callers_of
from bucketpass.prove.theory.formula import TRUE, Matches, conjunction
from bucketpass.prove.theory.glob import STAR, Glob
from bucketpass.prove.theory.solver import Unsatisfiable, solve
from bucketpass.prove.vocabulary import Vocabulary
from bucketpass.prove.web_identity import admits, claims_of, decide_token, providers_of, takes_audience, token_request

__all__ = ["PolicyFault", "audiences_not_listed", "faults"]

_FOUND = Answer(Verdict.COUNTEREXAMPLE)  # of what shows without an example
_PERMISSIONS = tuple(name for name in S3_LISTED if ACTIONS[name].access is AccessKind.PERMISSIONS)


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """A finding, whose place's path is the role or bucket. `answer` has an example, or why it is not known whether there is one.

    replayed: what the sandbox answered to the requests of the example.
    """

    finding: Finding
    answer: Answer
    replayed: Sequence[SentRequest] = ()


def faults(deployment: Deployment, *, seconds: float = SECONDS) -> Iterator[PolicyFault]:
    """Yield the faults of the roles and buckets, and those that could be neither shown nor excluded."""
    partition, rcps = deployment.target.partition, tuple(chain.from_iterable(deployment.guardrails.rcps))
    for policy, where in _documents(deployment):
        yield from (PolicyFault(finding, _FOUND) for finding in idle_actions(policy.document, policy.name, Place(path=where)))
    for role in deployment.roles:
        yield from _trust_faults(role, deployment)
        yield from _looked_for(role.name, _role_checks(role, deployment), not_modelled(partition, role.trust, *rcps), seconds)
    for bucket in deployment.buckets:
        yield from _looked_for(bucket.name, _bucket_checks(bucket, deployment), unknown_of(bucket, deployment), seconds)


def _documents(deployment: Deployment) -> Iterator[tuple[NamedPolicy, str]]:
    """Each policy with the name of what has it."""
    yield from ((policy, role.name) for role in deployment.roles for policy in (role.trust, *role.policies))
    yield from ((bucket.policy, bucket.name) for bucket in deployment.buckets if bucket.policy is not None)
    yield from ((key.policy, key.arn) for key in deployment.keys)


# The finding's code, and the ways in which it shows.
_Check = tuple[str, Callable[[], Iterator[Case]]]


def _looked_for(where: str, checks: Iterator[_Check], unknown: tuple[str, ...], seconds: float) -> Iterator[PolicyFault]:
    for code, cases in checks:
        title = CODES[code].title
        # Where there is nothing that could have the fault, such as no bucket beside a role, it is not there.
        looked_for = Guarantee(f"{code} at {where}", title, cases, unknown=unknown, holds_without_cases=True)
        answer = prove(looked_for, seconds=seconds)
        if answer.verdict is not Verdict.PROVED:
            message = f"not decided whether {title}" if answer.verdict is Verdict.UNKNOWN else title
            yield PolicyFault(Finding(code, message, place=Place(path=where)), answer)


def _role_checks(role: DeployedRole, deployment: Deployment) -> Iterator[_Check]:
    guardrails = deployment.guardrails

    providers = providers_of([role], deployment)

    def tokens(*, of_audiences: bool) -> Iterator[Case]:
        """Tokens of outsiders; or of insiders, for an audience that no policy names."""
        for provider in providers:
            request = token_request(provider, [role], guardrails=guardrails)
            outside = of_outsiders(provider, request, [role.trust.document], of_audiences=of_audiences)
            who = who_makes(provider, [role.trust.document]) if not of_audiences else ""
            description = f"the token is admitted, and {who} can have it" if who else "the token is admitted"
            asked = (Asked(request, True, decide_token([role], guardrails)),)
            # A token for an audience that no policy names is one of another program; any other has to be one that STS takes.
            taken = TRUE if of_audiences else takes_audience(request, provider)
            broken = conjunction(admits(role, request, guardrails), outside, taken)
            yield Case(asked, broken, description, partial(claims_of, provider))

    layers = layers_of(role, None, deployment)
    vocabulary = Vocabulary.of(documents_of(layers))

    def reads_anywhere() -> Iterator[Case]:
        where = Matches("resource", Glob.of((f"arn:{deployment.target.partition}:s3:::{NEVER_NAMED}/", STAR)))
        request = service_session(role, deployment, ("s3:GetObject",), vocabulary, resources=where)
        yield Case.of(request, allowed(request, layers), layers, expected=True, description="the object is read")

    def changes_permissions() -> Iterator[Case]:
        anywhere = service_session(role, deployment, _PERMISSIONS, vocabulary)
        yield Case.of(anywhere, allowed(anywhere, layers), layers, expected=True, description="the request is allowed")
        for bucket in deployment.buckets:
            with_bucket = layers_of(role, bucket, deployment)
            bucket_vocabulary = Vocabulary.of(documents_of(with_bucket))
            request = service_session(
                role, deployment, _PERMISSIONS, bucket_vocabulary, resources=of_bucket(bucket), resource_account=bucket.account
            )
            yield Case.of(request, allowed(request, with_bucket), with_bucket, expected=True, description="the request is allowed")

    yield "trust-without-subject", lambda: tokens(of_audiences=False)
    yield "trust-without-audience", lambda: tokens(of_audiences=True)
    yield "trust-without-token", lambda: callers_of(role, deployment)
    yield "every-bucket", reads_anywhere
    yield "changes-permissions", changes_permissions


def _trust_faults(role: DeployedRole, deployment: Deployment) -> Iterator[PolicyFault]:
    """What can be seen of a trust without an example: nobody gets in, and the conditions that are to blame."""
    known = {provider.arn for provider in deployment.providers}
    named = {
        arn
        for statement in role.trust.document.statements
        if statement.principal is not None and statement.effect is Effect.ALLOW
        for arn in statement.principal.federated
    }
    place = Place(path=role.name)
    for arn in sorted(arn for arn in named - known if arn.startswith("arn:")):
        message = f"the trust policy names `{arn}`, which is not a provider of the account"
        yield PolicyFault(Finding("provider-not-found", message, place=place), _FOUND)
    for finding in audiences_not_listed(role.trust, deployment.providers, place):
        yield PolicyFault(finding, _FOUND)
    trusted = providers_of([role], deployment)
    for key in sorted(_keys_of_no_token(role, trusted, deployment.guardrails)):
        code = "scheme-in-key" if key.lower().startswith("https://") else "key-not-in-tokens"
        yield PolicyFault(Finding(code, f"the trust policy has a condition on `{key}`, which no token sets", place=place), _FOUND)
    if trusted and all(_admits_nobody(role, provider, deployment.guardrails) for provider in trusted):
        yield PolicyFault(Finding("trust-admits-nobody", "no token can assume the role", place=place), _FOUND)


def audiences_not_listed(trust: NamedPolicy, providers: Sequence[TrustedProvider], place: Place) -> Iterator[Finding]:
    """Yield each audience that the trust policy asks for and its provider does not have: STS refuses every token for it."""
    for statement in trust.document.statements:
        named = statement.principal.federated if statement.principal is not None and statement.effect is Effect.ALLOW else ()
        # One without client IDs stands for a provider that was not given, and takes any audience.
        for provider in (one for one in providers if one.arn in named and one.client_ids):
            key = f"{provider_of(provider.url)}:aud".lower()
            for line in statement.conditions:
                operator = parse_operator(line.operator)
                if line.key.lower() != key or operator is None or operator.base.family is not Family.STRING or operator.base.negated:
                    continue
                for value in line.values:
                    meets = compile_condition(replace(line, values=(value,)), variables=True, effect=Effect.ALLOW)
                    if not any(meets({key: client}) for client in provider.client_ids):
                        clients = ", ".join(f"`{client}`" for client in provider.client_ids)
                        message = f"{trust.name} asks for the audience `{value}`, and `{provider.arn}` has the client IDs {clients}"
                        remedy = f"Write an audience that the provider has, or add `{value}` to its client IDs."
                        yield Finding("missing-client-id", message, remedy, place)


def _keys_of_no_token(role: DeployedRole, providers: Sequence[TrustedProvider], guardrails: AccountGuardrails) -> set[str]:
    lines = [
        line
        for statement in role.trust.document.statements
        for line in statement.conditions
        if (operator := parse_operator(line.operator)) is not None and operator.base.family is not Family.NULL
    ]
    requests = [token_request(provider, [role], guardrails=guardrails) for provider in providers]
    return {line.key for line in lines if requests and all(isinstance(request.key(line.key), Absent) for request in requests)}


def _admits_nobody(role: DeployedRole, provider: TrustedProvider, guardrails: AccountGuardrails) -> bool:
    request = token_request(provider, [role], guardrails=guardrails)
    formula = conjunction(request.facts, admits(role, request, guardrails), takes_audience(request, provider))
    return isinstance(solve(formula, request.domains), Unsatisfiable)


def _bucket_checks(bucket: DeployedBucket, deployment: Deployment) -> Iterator[_Check]:
    everybody = with_organization_policies(
        PolicySet(identity=(EVERYTHING,), resource=policies(bucket.policy), public_access=bucket.public_access),
        deployment,
        owner=bucket.account,
    )
    tls = Condition("Bool", "aws:SecureTransport", ("false",))
    # An AWS service that acts for other accounts too is a confused deputy.
    for_others = Condition("StringNotEquals", "aws:SourceAccount", (bucket.account,))
    vocabulary, where = Vocabulary.of(documents_of(everybody), [tls, for_others]), of_bucket(bucket)

    def public() -> Iterator[Case]:
        request = anonymous(deployment, S3_ACTIONS, vocabulary, resource_account=bucket.account, resources=where)
        yield case_on(bucket, request, allowed(request, everybody), everybody, description="the request is allowed")

    def others() -> Iterator[Case]:
        for who, request in undeclared_principals(deployment, S3_ACTIONS, vocabulary, resource_account=bucket.account, resources=where):
            if request.principal.account not in (bucket.account, deployment.target.account):
                is_service = request.principal.kind is PrincipalKind.SERVICE
                meant = holds(for_others, request, variables=False, effect=Effect.DENY) if is_service else TRUE
                binding = applicable_policies(everybody, request, deployment)
                broken = conjunction(allowed(request, binding), meant)
                yield case_on(bucket, request, broken, binding, description=f"{who} reaches the bucket")

    def plain_http() -> Iterator[Case]:
        role = DeployedRole(f"arn:{deployment.target.partition}:iam::{bucket.account}:role/{NEVER_NAMED}", EVERYTHING, (EVERYTHING,))
        layers = layers_of(role, bucket, deployment)
        request = service_session(role, deployment, S3_ACTIONS, vocabulary, resources=where, resource_account=bucket.account)
        without_tls = holds(tls, request, variables=False, effect=Effect.DENY)
        yield case_on(bucket, request, conjunction(allowed(request, layers), without_tls), layers, description="the request is allowed")

    yield "public-bucket", public
    yield "other-accounts", others
    yield "plain-http", plain_http

"""AssumeRoleWithWebIdentity over tokens that are not known yet: which keys a token can bring, and when STS gives a session.

The rules are those of `decide.web_identity` and `decide.assume_role`: a key is `<issuer without https://>:<claim>`, and only
claims that AWS reads are keys; the audience has to be one of the provider's client IDs; session tags and a source identity
need actions of their own in the trust policy.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from itertools import chain

from bucketpass.aws.arn import parse_arn
from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS, STANDARD_CLAIMS, provider_claims
from bucketpass.decide import AuthorizationRequest, ContextValue, Decision, PrincipalKind
from bucketpass.decide.assume_role import TrustedProvider, decide_trust, trust_policies
from bucketpass.decide.web_identity import OPERATION, SOURCE_IDENTITY_CLAIM, TAGS_CLAIM, provider_of
from bucketpass.deployment.resources import NO_GUARDRAILS, AccountGuardrails, DeployedRole, Deployment
from bucketpass.policy import Condition, Effect, PolicyDocument
from bucketpass.prove.evaluation import allowed
from bucketpass.prove.keys import Absent, FreeList, FreeText, FreeTextOrList, KeyState, TextValue, present, text_matches
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE, Flag, Formula, Matches, Some, conjunction, disjunction, implication, negation
from bucketpass.prove.theory.glob import EVERYTHING, Glob, Units
from bucketpass.prove.vocabulary import Vocabulary
from bucketpass.requests.callers import web_identity
from bucketpass.requests.context import request_key
from bucketpass.requests.request import RequestedSession
from bucketpass.requests.sts import session_actions

__all__ = [
    "REQUEST_TAG",
    "SOURCE",
    "TAG_KEYS",
    "admits",
    "claims_of",
    "decide_token",
    "federated_in",
    "federated_request",
    "providers_of",
    "session_tags_of",
    "takes_audience",
    "token_request",
]

ASSUME, SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
TAG, NAME = "sts:TagSession", "sts:SetSourceIdentity"
TAG_KEYS, SOURCE, REQUEST_TAG = "aws:tagkeys", "sts:sourceidentity", "aws:requesttag/"
_ALWAYS = ("sts:rolesessionname", "sts:roleauthorizedbyidp")
# What is known of the caller with a token, and not with an assertion or with the token of a provider that is not known.
_OF_CALLER = frozenset({"aws:principalaccount", "aws:principaltype", "aws:userid"})


def token_request(
    provider: TrustedProvider, roles: Iterable[DeployedRole], tag_keys: Iterable[str] = (), *, guardrails: AccountGuardrails = NO_GUARDRAILS
) -> SymbolicRequest:
    """All tokens of a provider, with any claims, that ask for one of `roles`.

    `tag_keys`: session tags that the guarantee uses, in addition to those of the trust policies.
    """
    asked_for = tuple(roles)
    path = provider_of(provider.url)
    read = {f"{path}:{claim}".lower() for claim in (*STANDARD_CLAIMS, *provider_claims(path))}
    speaks_of = (*read, TAG_KEYS, SOURCE, *_ALWAYS, *(f"{REQUEST_TAG}{key}" for key in tag_keys))
    documents = [policy.document for policy in (*(role.trust for role in asked_for), *chain.from_iterable(guardrails.rcps))]
    vocabulary = Vocabulary.of(documents, [Condition("Null", key, ("true",)) for key in speaks_of])
    fixed: dict[str, ContextValue | TextValue | None] = {key: None for key in vocabulary.conditions if _is_claim(key) and key not in read}
    fixed |= {"aws:SecureTransport": "true"} | _of_role(asked_for[0], guardrails, vocabulary)
    caller = web_identity(provider.arn, parse_arn(asked_for[0].arn).account)
    fixed |= {"aws:PrincipalAccount": caller.account, "aws:PrincipalType": caller.type, "aws:userid": caller.user_id}
    request = SymbolicRequest.of(
        SymbolicPrincipal(PrincipalKind.WEB_IDENTITY, provider.arn),
        (ASSUME,),
        vocabulary,
        fixed,
        resources=Matches("resource", Glob.literal(asked_for[0].arn)),
    )
    request = replace(request, keys={**request.keys, **_audiences(path, request)})
    return replace(request, facts=conjunction(request.facts, *_token_facts(request)))


def _audiences(path: str, request: SymbolicRequest) -> dict[str, KeyState]:
    """Return the state of `oaud`: a token with azp may be for one audience, or for several."""
    key = f"{path}:oaud".lower()
    state = request.keys[key]
    if not isinstance(state, FreeText):
        return {}
    return {key: FreeTextOrList(state.present, Flag(f"{key} has several values"), state.text, f"{key} list")}


def providers_of(roles: Iterable[DeployedRole], deployment: Deployment, paths: Container[str] = ()) -> tuple[TrustedProvider, ...]:
    """Return the OIDC providers whose tokens could become one of `roles`: those that a trust names or whose path is one of `paths`.

    A provider that AWS has built in is there without being made. One that a trust names and that is not in the account may be made
    at any time: it is taken to be there, and to take any audience.
    """
    known = {provider.arn: provider for provider in deployment.providers}
    named = dict.fromkeys(arn for role in roles for arn in federated_in(role.trust.document))
    known |= {arn: TrustedProvider(arn, f"https://{_path_of(arn)}", ()) for arn in named if arn not in known and _is_oidc(arn)}
    return tuple(provider for arn, provider in known.items() if arn in named or provider_of(provider.url) in paths)


def federated_in(document: PolicyDocument) -> Iterable[str]:
    """Return the providers that a trust policy names in what it allows."""
    for statement in document.statements:
        if statement.effect is Effect.ALLOW and statement.principal is not None:
            yield from statement.principal.federated


def _is_oidc(arn: str) -> bool:
    return arn in BUILT_IN_PROVIDERS or ":oidc-provider/" in arn


def _path_of(arn: str) -> str:
    """Return host and path of the provider of this ARN, or of the name of one that AWS has built in."""
    return arn.partition(":oidc-provider/")[2] or arn


def federated_request(role: DeployedRole, vocabulary: Vocabulary, deployment: Deployment, known: Iterable[str]) -> SymbolicRequest:
    """Return all requests for the role with an assertion or a token of any provider; with a token, of none of the `known` ones.

    What the provider's keys are is not known, so that they are free.
    """
    principal = SymbolicPrincipal(PrincipalKind.WEB_IDENTITY, provider := TextValue("provider"), partition=deployment.target.partition)
    account = deployment.target.account
    fixed = {"aws:SecureTransport": "true"} | _of_role(role, deployment.guardrails, vocabulary)
    free = _OF_CALLER | {key for key in vocabulary.conditions if _is_claim(key)}
    where = Matches("resource", Glob.literal(role.arn))
    request = SymbolicRequest.of(principal, (ASSUME, SAML), vocabulary, fixed, resources=where, resource_account=account, sometimes=free)
    is_saml = text_matches(provider, Glob.parse("arn:*:saml-provider/?*"))
    others = conjunction(negation(is_saml), *(negation(text_matches(provider, Glob.literal(arn))) for arn in known))
    facts = (implication(request.does([ASSUME]), others), implication(request.does([SAML]), is_saml))
    return replace(request, facts=conjunction(request.facts, *facts))


def _of_role(role: DeployedRole, guardrails: AccountGuardrails, vocabulary: Vocabulary) -> dict[str, ContextValue | TextValue | None]:
    """The keys that AWS sets for the requested role, where a policy uses them."""
    said = {"aws:resourceaccount": parse_arn(role.arn).account, "aws:resourceorgid": guardrails.organization}
    return {key: value for key, value in said.items() if value is not None and key in vocabulary.conditions}


def _is_claim(key: str) -> bool:
    """True of the keys of an identity provider, `HOST/PATH:CLAIM`: AWS's own have the name of a service."""
    return request_key(key) is None and not key.startswith(("aws:", "sts:"))


def claims_of(provider: TrustedProvider, request: AuthorizationRequest) -> dict[str, object]:
    """The claims of a token that brings these keys: the opposite of what `decide.web_identity` reads in it."""
    path, tags = provider_of(provider.url), dict[str, object]()
    found: dict[str, object] = {"iss": provider.url}
    for key, value in request.context.items():
        lower = key.lower()
        if lower.startswith(f"{path}:".lower()):
            found[lower.rpartition(":")[2]] = list(value) if isinstance(value, tuple) else value
        elif lower.startswith(REQUEST_TAG):
            tags[key[len(REQUEST_TAG) :]] = [value]
        elif lower == SOURCE:
            found[SOURCE_IDENTITY_CLAIM] = value
    if "oaud" in found:
        found |= {"azp": found.get("aud"), "aud": found.pop("oaud")}
    return found | ({TAGS_CLAIM: {"principal_tags": tags}} if tags else {})


def takes_audience(request: SymbolicRequest, provider: TrustedProvider) -> Formula:
    """True of tokens with an audience among the provider's client IDs. A provider that AWS has built in takes any."""
    aud = request.key(f"{provider_of(provider.url)}:aud")
    if not isinstance(aud, FreeText) or not provider.client_ids:
        return TRUE
    return disjunction(*(text_matches(aud.text, Glob.literal(client)) for client in provider.client_ids))


def _token_facts(request: SymbolicRequest) -> Iterable[Formula]:
    for state in request.keys.values():
        if isinstance(state, FreeTextOrList):
            yield implication(conjunction(state.present, state.several), Some(state.variable, (EVERYTHING,)))
    tags = request.key(TAG_KEYS)
    if isinstance(tags, FreeList):
        # Each tag that a token sets is in the list of their keys, and the other way round.
        for key, state in request.keys.items():
            if key.startswith(REQUEST_TAG) and not isinstance(state, Absent):
                listed = conjunction(tags.present, Some(tags.variable, (_in_any_case(key.removeprefix(REQUEST_TAG)),)))
                yield implication(present(state), listed)
                yield implication(listed, present(state))


def _in_any_case(text: str) -> Glob:
    return Glob.of(Units(frozenset({character.lower(), character.upper()})) for character in text)


def session_tags_of(request: SymbolicRequest) -> Formula:
    """True of tokens that set session tags."""
    return present(request.key(TAG_KEYS))


def admits(role: DeployedRole, request: SymbolicRequest, guardrails: AccountGuardrails = NO_GUARDRAILS) -> Formula:
    """True of exactly the tokens for which STS gives a session of the role, as far as its trust policy and RCPs go."""
    policies = trust_policies(role.trust, guardrails.rcps)
    return conjunction(
        allowed(request, policies),
        implication(session_tags_of(request), allowed(request.only(TAG), policies)),
        implication(present(request.key(SOURCE)), allowed(request.only(NAME), policies)),
    )


def decide_token(
    roles: Iterable[DeployedRole], guardrails: AccountGuardrails = NO_GUARDRAILS
) -> Callable[[AuthorizationRequest], Decision]:
    """Return the engine's decision on a token: that of the first role that admits it, else the last refusal."""
    asked_for = tuple(roles)

    def decide_request(request: AuthorizationRequest) -> Decision:
        names = {name.lower() for name in request.context}
        session = RequestedSession(tags={"any": ""} if TAG_KEYS in names else {}, source_identity="" if SOURCE in names else None)
        refused: Decision | None = None
        for role in asked_for:
            requests = [replace(request, action=action, resource=role.arn) for action in session_actions(OPERATION, session)]
            decisions = [decision for _, decision in decide_trust(requests, trust_policies(role.trust, guardrails.rcps))]
            denied = next((decision for decision in decisions if not decision.allowed), None)
            if denied is None:
                return decisions[0]
            refused = denied
        return refused or Decision(False, False, "there is no role")

    return decide_request

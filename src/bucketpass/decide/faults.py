"""The ten usual faults of web identity, known by their signs and proved by trying the fix.

Each fault is one function from a call of AssumeRoleWithWebIdentity to what is wrong with it, or nothing. A fault that stands in
the way carries `fixed`: the same call with that one thing put right; `sufficient` says whether it is enough. Two more are risks:
the call may well be allowed, and so may others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.decide.assume_role import TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.decide.conditions import compile_condition
from bucketpass.decide.policy_set import NamedPolicy
from bucketpass.decide.web_identity import TokenKeys, TokenRefused, provider_of, token_keys, trust_context
from bucketpass.errors import Place
from bucketpass.findings import Finding
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.policy.operators import Family, SetOperator, parse_operator
from bucketpass.policy.pattern import escape_pattern, parse_pattern
from bucketpass.requests.request import ContextValue

__all__ = ["TrustFault", "usual_faults"]


@dataclass(frozen=True, slots=True)
class TrustFault:
    """One fault: what is wrong, and as its remedy the smallest change.

    sufficient: with that change STS gives a session: alone, or where no one change is enough, together with the others so marked.
    """

    finding: Finding
    sufficient: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    message: str
    change: str
    fixed: WebIdentityRequest | None = None


# Which tags a token sets: a token without any is complete all the same.
_OF_SESSION_TAGS = frozenset({"aws:tagkeys", "sts:transitivetagkeys"})
_Detector = Callable[[WebIdentityRequest, TokenKeys], "_Found | None"]


def usual_faults(asked: WebIdentityRequest) -> tuple[TrustFault, ...]:
    """The usual faults that this call shows, those with a sufficient fix first."""
    try:
        keys = token_keys(asked.issuer_url, asked.claims)
    except TokenRefused:
        return ()
    refused = not assume_role_with_web_identity(asked).allowed
    seen = {name: found for name, detect in _DETECTORS.items() if (found := detect(asked, keys)) is not None}
    turning = {name for name, found in seen.items() if refused and _is_enough(found.fixed)}
    if refused and not turning:
        together = _fix_all(asked, keys)
        seen |= {name: found for name, found in together.items() if name not in seen}
        turning = set(together)
    place = Place(path=asked.role.trust.name)
    faults = (TrustFault(Finding(code, found.message, found.change, place), code in turning) for code, found in seen.items())
    return tuple(sorted(faults, key=lambda fault: not fault.sufficient))


def _is_enough(fixed: WebIdentityRequest | None) -> bool:
    return fixed is not None and assume_role_with_web_identity(fixed).allowed


def _fix_all(asked: WebIdentityRequest, keys: TokenKeys) -> dict[str, _Found]:
    """The faults that, put right one after the other, give a session; none where that is not enough."""
    walked: dict[str, _Found] = {}
    for name, detect in (*_DETECTORS.items(), *_DETECTORS.items()):
        found = detect(asked, keys)
        if found is not None and found.fixed is not None:
            asked, walked[name] = found.fixed, found
            if _is_enough(asked):
                return walked
    return {}


def _allows(asked: WebIdentityRequest) -> Iterator[Statement]:
    return (statement for statement in asked.role.trust.document.statements if statement.effect is Effect.ALLOW)


def _lines(asked: WebIdentityRequest) -> Iterator[Condition]:
    return (condition for statement in _allows(asked) for condition in statement.conditions)


def _with_trust(asked: WebIdentityRequest, change: Callable[[Statement], Statement]) -> WebIdentityRequest:
    trust = asked.role.trust
    changed = tuple(change(one) if one.effect is Effect.ALLOW else one for one in trust.document.statements)
    document = PolicyDocument(changed, trust.document.version, trust.document.id)
    return replace(asked, role=_with_document(asked.role, document))


def _with_document(role: TrustedRole, document: PolicyDocument) -> TrustedRole:
    return replace(role, trust=NamedPolicy(role.trust.name, document))


def _with_lines(asked: WebIdentityRequest, change: Callable[[Condition], Condition]) -> WebIdentityRequest:
    return _with_trust(asked, lambda one: replace(one, conditions=tuple(map(change, one.conditions))))


def _claim_of(condition: Condition, provider: str) -> str | None:
    """The claim of a condition key, where it is a key of this provider."""
    head = f"{provider}:".lower()
    return condition.key[len(head) :] if condition.key.lower().startswith(head) else None


def _scheme_in_key(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    line = next((line for line in _lines(asked) if "://" in line.key), None)
    if line is None:
        return None
    right = line.key.partition("://")[2]

    def fix(condition: Condition) -> Condition:
        return replace(condition, key=condition.key.partition("://")[2] or condition.key)

    message = f"condition key `{line.key}` has a scheme; AWS sets `{right}`"
    return _Found(message, f"write the key as `{right}`", _with_lines(asked, fix))


def _azp_instead_of_aud(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    oaud = keys.claims.get("oaud")
    if oaud is None or oaud == keys.audience:
        return None
    audiences = (oaud,) if isinstance(oaud, str) else oaud
    clients = asked.provider.client_ids if asked.provider is not None else ()
    lines = [line for line in _lines(asked) if _claim_of(line, keys.provider) == "aud" and keys.audience not in line.values]
    expected = [value for line in lines for value in line.values if value in audiences]
    if not expected and (keys.audience in clients or not set(audiences) & set(clients)):
        return None

    def fix(condition: Condition) -> Condition:
        return replace(condition, values=(*condition.values, keys.audience)) if condition in lines else condition

    provider = asked.provider
    if provider is not None and keys.audience not in provider.client_ids:
        provider = replace(provider, client_ids=(*provider.client_ids, keys.audience))
    return _Found(
        f"the token has azp `{keys.audience}`, which AWS reads as `:aud`; its aud `{', '.join(audiences)}` is `:oaud`",
        f"add `{keys.audience}` to the provider's client IDs and to the condition on `{keys.provider}:aud`,"
        f" and pin `{keys.provider}:oaud` to the audience",
        replace(_with_lines(asked, fix), provider=provider),
    )


def _subject_format(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    subject = keys.claims.get("sub")
    lines = [line for line in _lines(asked) if _claim_of(line, keys.provider) == "sub" and _unmet(asked, keys, line)]
    values = [value for line in lines for value in line.values]
    if not isinstance(subject, str) or not values:
        return None
    if any(value.lower() == subject.lower() for value in values):
        return None  # said by `case`

    def fix(condition: Condition) -> Condition:
        return replace(condition, values=(*condition.values, escape_pattern(subject))) if condition in lines else condition

    near = next((value for value in values if _without_ids(subject) == _without_ids(value)), None)
    if near is not None:
        message = f"GitHub's immutable subject: the token has `{subject}`, the trust `{near}` without the numbers of owner and repository"
    elif _shape(subject) != _shape(values[0]):
        message = f"the token's subject `{subject}` is not of the form of `{values[0]}`"
    else:
        message = f"the token's subject is `{subject}`, the trust expects `{values[0]}`"
    return _Found(message, f"add `{subject}` to the condition on `{keys.provider}:sub`", _with_lines(asked, fix))


def _without_ids(subject: str) -> str:
    """A GitHub subject without the numbers of owner and repository: `repo:O@1/R@2:x` as `repo:O/R:x`."""
    kind, _, rest = subject.partition(":")
    repository, colon, tail = rest.partition(":")
    owner, slash, name = repository.partition("/")
    return f"{kind}:{owner.partition('@')[0]}{slash}{name.partition('@')[0]}{colon}{tail}"


def _shape(subject: str) -> tuple[str, ...]:
    """The fixed words of a subject of parts: `repo:acme/x:ref:refs/heads/main` is (repo, ref)."""
    return tuple(subject.split(":")[:-1:2])


def _trailing_slash(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    other = keys.provider.rstrip("/") if keys.provider.endswith("/") else f"{keys.provider}/"
    url = asked.provider.url if asked.provider is not None else ""
    if provider_of(url) == other:
        fixed = replace(asked, provider=replace(asked.provider, url=asked.issuer_url)) if asked.provider is not None else None
        message = f"the token's issuer is `{asked.issuer_url}`, the provider's URL `{url}`: the last slash counts"
        return _Found(message, f"make the provider for `{asked.issuer_url}`", fixed)
    line = next((line for line in _lines(asked) if _claim_of(line, other) is not None), None)
    if line is None:
        return None

    def fix(condition: Condition) -> Condition:
        claim = _claim_of(condition, other)
        return condition if claim is None else replace(condition, key=f"{keys.provider}:{claim}")

    message = f"condition key `{line.key}` is of another issuer: the token's is `{asked.issuer_url}`, the last slash counts"
    return _Found(message, f"write the key as `{fix(line).key}`", _with_lines(asked, fix))


def _missing_client_id(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    provider = asked.provider
    if provider is None or not keys.audience or keys.audience in provider.client_ids or keys.provider in BUILT_IN_PROVIDERS:
        return None
    allowed = ", ".join(f"`{client}`" for client in provider.client_ids) or "none"

    def fix(condition: Condition) -> Condition:
        is_audience = _claim_of(condition, keys.provider) == "aud" and keys.audience not in condition.values
        return replace(condition, values=(*condition.values, escape_pattern(keys.audience))) if is_audience else condition

    return _Found(
        f"audience in the token is `{keys.audience}`, the provider allows {allowed}",
        f"ask for a token with an audience that it allows, or add `{keys.audience}` to its client IDs and to the trust",
        replace(_with_lines(asked, fix), provider=replace(provider, client_ids=(*provider.client_ids, keys.audience))),
    )


def _missing_tag_session(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    if not keys.tags:
        return None
    tried = assume_role_with_web_identity(asked)
    if tried.error is None or not tried.error.message.endswith("sts:TagSession"):
        return None

    def fix(statement: Statement) -> Statement:
        return replace(statement, actions=(*statement.actions, "sts:TagSession")) if statement.actions is not None else statement

    tags = ", ".join(f"`{key}`" for key in keys.tags)
    message = f"the token sets session tags {tags}, and the trust does not allow sts:TagSession"
    return _Found(message, "add sts:TagSession to Action", _with_trust(asked, fix))


def _wrong_provider(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    provider = asked.provider
    # A trust that names no provider is for other callers altogether.
    named = [arn for one in _allows(asked) if one.principal is not None for arn in one.principal.federated]
    if provider is None or not named or provider.arn in named:
        return None

    def fix(statement: Statement) -> Statement:
        if statement.principal is None or not statement.principal.federated:
            return statement
        return replace(statement, principal=PrincipalElement(aws=statement.principal.aws, federated=(provider.arn,)))

    kind = "another account's provider" if _tail(named[0]) == _tail(provider.arn) else "another provider"
    return _Found(
        f"the trust names `{named[0]}`, {kind}; the token's is `{provider.arn}`",
        f"name `{provider.arn}` as Federated",
        _with_trust(asked, fix),
    )


def _tail(arn: str) -> str:
    return arn.partition(":oidc-provider/")[2]


def _case(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    for line in _lines(asked):
        claim = _claim_of(line, keys.provider)
        got = keys.claims.get(claim.lower()) if claim is not None else None
        if isinstance(got, str) and _unmet(asked, keys, line):
            near = next((value for value in line.values if value != got and value.lower() == got.lower()), None)
            if near is not None:
                message = f"`{line.key}` is `{got}` in the token and `{near}` in the trust: the case counts"
                return _Found(message, f"write `{got}`", _with_value(asked, line, got))
    return None


def _with_value(asked: WebIdentityRequest, line: Condition, value: str) -> WebIdentityRequest:
    more = replace(line, values=(*line.values, escape_pattern(value)))
    return _with_lines(asked, lambda one: more if one == line else one)


def _for_all_values_alone(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    for line in _lines(asked):
        operator = parse_operator(line.operator)
        is_alone = operator is not None and operator.set_operator is SetOperator.FOR_ALL_VALUES and not _is_required(asked, line.key)
        if is_alone and line.key.lower() not in _OF_SESSION_TAGS:
            return _Found(
                f"{line.operator} on `{line.key}` is true where a token has no such claim, and nothing else asks for it",
                f"use StringEquals, or add a Null condition that `{line.key}` is there",
            )
    return None


def _is_required(asked: WebIdentityRequest, key: str) -> bool:
    """Whether in each Allow statement some line fails where the key is missing."""
    return all(any(one.key.lower() == key.lower() and _needs_key(one) for one in statement.conditions) for statement in _allows(asked))


def _needs_key(line: Condition) -> bool:
    operator = parse_operator(line.operator)
    if operator is None or operator.if_exists or operator.base.negated or operator.set_operator is SetOperator.FOR_ALL_VALUES:
        return False
    return operator.base.family is not Family.NULL or all(value.lower() == "false" for value in line.values)


def _no_subject(asked: WebIdentityRequest, keys: TokenKeys) -> _Found | None:
    if all(any(_fences_subject(line, keys.provider) for line in statement.conditions) for statement in _allows(asked)):
        return None
    return _Found(
        f"a statement of the trust asks for no subject: every token of `{keys.provider}` with the right audience gets the role",
        f"add StringEquals on `{keys.provider}:sub`",
    )


def _fences_subject(line: Condition, provider: str) -> bool:
    if _claim_of(line, provider) != "sub" or not _needs_key(line):
        return False
    return bool(line.values) and not any(_is_open(value) for value in line.values)


def _is_open(value: str) -> bool:
    """Whether a pattern takes any subject: nothing literal in it."""
    return not any(isinstance(part, str) for part in parse_pattern(value))


def _unmet(asked: WebIdentityRequest, keys: TokenKeys, line: Condition) -> bool:
    """Whether the line does not hold for this token."""
    return not compile_condition(line, variables=True, effect=Effect.ALLOW)(_context(asked, keys))


def _context(asked: WebIdentityRequest, keys: TokenKeys) -> Mapping[str, ContextValue]:
    try:
        context = trust_context(keys, session_name=asked.session_name, role_arn=asked.role.arn)
    except TokenRefused:
        context = {f"{keys.provider}:{claim}": value for claim, value in keys.claims.items()}
    return {name.lower(): value for name, value in context.items()}


_DETECTORS: dict[str, _Detector] = {
    "scheme-in-key": _scheme_in_key,
    "azp-instead-of-aud": _azp_instead_of_aud,
    "subject-mismatch": _subject_format,
    "issuer-trailing-slash": _trailing_slash,
    "missing-client-id": _missing_client_id,
    "missing-tag-session": _missing_tag_session,
    "wrong-provider": _wrong_provider,
    "case-mismatch": _case,
    "for-all-values-alone": _for_all_values_alone,
    "trust-without-subject": _no_subject,
}

"""From a token's claims to the keys that a trust policy sees, and to those that a session keeps.

Rules ([A] AWS's own text, [B] second-hand, [L] observed on live AWS, [K] general knowledge):

* A key is `<issuer without https://>:<claim>`; `aud` is the token's `azp` where it has one, `oaud` then its `aud` [A for
  Google, B for others]. Several audiences without `azp` are refused [B].
* Every issuer has `sub`, `email` and `amr`; some issuers have keys of their own [A].
* `exp`, `iat` and `nbf` that are there are whole seconds, or the digits of such a number as text [L]; nothing else, and not null [K].
* `sub` may be empty or a number, and must be there. `azp` that is there must be text, and not empty [L].
* Session tags stand in the token nested, each a list of one, or flattened, as text or a list of one, with their transitive keys;
  a nested tag that is plain text is refused [L]. A source identity stands beside them [A].
* `sts:RoleAuthorizedByIdp` says whether the claim `https://aws.amazon.com/roles` lists the role: a list, or text with `;` between
  the roles, blanks and empty parts ignored. A token whose claim does not list the role is refused [L].
* The session keeps `sub`, `aud` and `amr` of the issuer, the tags (over the role's own), and the source identity [A].

The claims are taken as true here: the caller has verified the token, or says that it is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bucketpass.aws.arn import Arn
from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS, provider_claims
from bucketpass.requests.callers import NOTHING, Caller, ContextValue, role_session, web_identity
from bucketpass.requests.request import OVER_TLS, AuthorizationRequest, Connection, RequestedSession
from bucketpass.requests.sts import authorization_requests, session_actions

__all__ = [
    "Claims",
    "TokenKeys",
    "TokenRefused",
    "provider_of",
    "session_caller",
    "session_facts",
    "token_keys",
    "token_time",
    "trust_context",
    "trust_requests",
    "web_identity_context",
]

Claims = Mapping[str, object]

OPERATION = "AssumeRoleWithWebIdentity"
TAGS_CLAIM = "https://aws.amazon.com/tags"
SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity"
ROLES_CLAIM = "https://aws.amazon.com/roles"
_PRINCIPAL_TAGS = "principal_tags"
_TRANSITIVE_KEYS = "transitive_tag_keys"
_TIMES = ("exp", "iat", "nbf")
_SECONDS = re.compile(r"[0-9]{1,19}")
_SESSION_CLAIMS = ("sub", "aud", "amr")


class TokenRefused(Exception):
    """STS refuses the token itself, with this code and message."""

    def __init__(self, message: str, code: str = "InvalidIdentityToken") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """What AWS reads in a token. `provider` is the issuer's host and path, `claims` the keys after the colon."""

    provider: str
    claims: Mapping[str, ContextValue]
    tags: Mapping[str, str]
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    roles: tuple[str, ...] | None = None

    @property
    def audience(self) -> str:
        """What AWS compares with the provider's client IDs."""
        value = self.claims.get("aud", "")
        return value if isinstance(value, str) else ""

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that a trust policy must allow for this token."""
        return session_actions(OPERATION, session_facts(self, ""))


def provider_of(issuer_url: str) -> str:
    """The issuer as condition keys name it: without scheme, path and trailing slash kept."""
    return issuer_url.removeprefix("https://")


def token_keys(issuer_url: str, claims: Claims) -> TokenKeys:
    """What AWS reads in a token of this issuer. Raises `TokenRefused` for claims that STS takes for no valid token."""
    provider = provider_of(issuer_url)
    for name in _TIMES:
        token_time(claims, name)
    found: dict[str, ContextValue] = {"sub": _subject(claims), **_audience(claims)}
    for claim in ("email", *provider_claims(provider)):
        text = _text(claims.get(claim))
        if text is not None:
            found.setdefault(claim, text)
    methods = _texts(claims.get("amr"))
    if methods:
        found["amr"] = methods
    tags, transitive = _session_tags(claims)
    return TokenKeys(
        provider=provider,
        claims=found,
        tags=tags,
        transitive_tag_keys=transitive,
        source_identity=_text(claims.get(SOURCE_IDENTITY_CLAIM)),
        roles=_roles(claims.get(ROLES_CLAIM)),
    )


def token_time(claims: Claims, name: str) -> int | None:
    """Return the time of a claim in seconds, None where the token does not have it. Raises `TokenRefused` for what STS does not read."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        value = int(value)
    # `type`, because True is an int in Python, and a float is what some providers send and AWS refuses.
    if type(value) is not int or abs(value) >= 2**63:
        raise TokenRefused(f"The claim `{name}` must be an integer number of seconds")
    return value


def _subject(claims: Claims) -> str:
    if "sub" not in claims:
        raise TokenRefused("Missing a required claim: sub")
    subject = claims["sub"]
    if subject is None:
        raise TokenRefused("The request processing has failed because of an unknown error, exception or failure.", "InternalFailure")
    if isinstance(subject, bool) or not isinstance(subject, str | int):
        raise TokenRefused("The claim `sub` must be text")
    return str(subject)


def _audience(claims: Claims) -> dict[str, ContextValue]:
    """`aud`, and `oaud` where the token names its authorized party."""
    written = claims.get("aud")
    audiences = tuple(written) if isinstance(written, list | tuple) else (written,)
    if not audiences or not all(isinstance(one, str) and one for one in audiences):
        raise TokenRefused("Missing a required claim: aud")
    several = audiences[0] if len(audiences) == 1 else audiences
    if "azp" not in claims:
        if not isinstance(several, str):
            raise TokenRefused("Incorrect token audience: a token with several audiences must carry azp")
        return {"aud": several}
    party = claims["azp"]
    if not isinstance(party, str) or not party:
        raise TokenRefused("Incorrect token audience: the claim `azp` must be text")
    return {"aud": party, "oaud": several}


def _roles(claim: object) -> tuple[str, ...] | None:
    """The ARNs that the token lists, None for a token that lists none at all."""
    if claim is None:
        return None
    if isinstance(claim, str):
        return tuple(part for one in claim.split(";") if (part := one.strip()))
    return tuple(one for one in claim if isinstance(one, str)) if isinstance(claim, list | tuple) else ()


def web_identity_context(
    issuer_url: str, claims: Claims, *, session_name: str, role_arn: str, provider_arn: str = ""
) -> Mapping[str, ContextValue]:
    """Return the condition keys that a trust policy sees when a token with these claims asks for the role.

    Raises `TokenRefused` for claims that STS takes for no valid token.
    """
    return trust_context(token_keys(issuer_url, claims), session_name=session_name, role_arn=role_arn, provider_arn=provider_arn)


def trust_context(keys: TokenKeys, *, session_name: str, role_arn: str, provider_arn: str = "") -> Mapping[str, ContextValue]:
    """Return the condition keys that a trust policy sees. Raises `TokenRefused` where the token lists roles, and not this one."""
    return trust_requests(keys, session_name=session_name, role_arn=role_arn, provider_arn=provider_arn)[0].context


def trust_requests(
    keys: TokenKeys, *, session_name: str, role_arn: str, provider_arn: str = "", connection: Connection = OVER_TLS
) -> tuple[AuthorizationRequest, ...]:
    """Return the requests that the role's trust policy must allow for this token.

    Raises `TokenRefused` where the token lists roles, and not this one.
    """
    if keys.roles is not None and role_arn not in keys.roles:
        raise TokenRefused("the token lists roles that it may be used for, and not this one")
    provider, role = Arn.parse(provider_arn), Arn.parse(role_arn)
    caller = web_identity(provider_arn, next((arn.account for arn in (provider, role) if arn is not None), ""))
    return authorization_requests(OPERATION, role_arn, caller, session_facts(keys, session_name), connection)


def session_facts(keys: TokenKeys, session_name: str) -> RequestedSession:
    """Return what the token asks for the session."""
    return RequestedSession(
        session_name,
        keys.tags,
        keys.transitive_tag_keys,
        keys.source_identity,
        authorized_by_idp=keys.roles is not None,
        claims={f"{keys.provider}:{claim}": value for claim, value in keys.claims.items()},
    )


def session_caller(
    keys: TokenKeys,
    *,
    role_arn: str,
    session_name: str,
    provider_arn: str,
    role_id: str = "",
    role_tags: Mapping[str, str] = NOTHING,
) -> Caller:
    """Return the role session that the token leads to, with what it keeps of the token."""
    return role_session(
        role_arn,
        session_name,
        role_id=role_id,
        role_tags=role_tags,
        session_tags=keys.tags,
        federated_provider=keys.provider if keys.provider in BUILT_IN_PROVIDERS else provider_arn,
        claims={f"{keys.provider}:{claim}": keys.claims[claim] for claim in _SESSION_CLAIMS if claim in keys.claims},
        source_identity=keys.source_identity,
    )


def _session_tags(claims: Claims) -> tuple[dict[str, str], tuple[str, ...]]:
    """Session tags and the keys of the transitive ones, from the nested form or the flattened one."""
    nested = claims.get(TAGS_CLAIM)
    tags: dict[str, object] = {}
    transitive: object = None
    if nested is not None:
        written = nested.get(_PRINCIPAL_TAGS, {}) if isinstance(nested, Mapping) else None
        if not isinstance(written, Mapping) or not all(isinstance(value, list | tuple) for value in written.values()):
            raise TokenRefused(f"`{TAGS_CLAIM}` must have `{_PRINCIPAL_TAGS}`, each a list of one text")
        tags.update(written)
        transitive = nested.get(_TRANSITIVE_KEYS) if isinstance(nested, Mapping) else None
    flat_tags, flat_keys = f"{TAGS_CLAIM}/{_PRINCIPAL_TAGS}/", f"{TAGS_CLAIM}/{_TRANSITIVE_KEYS}"
    tags.update({name.removeprefix(flat_tags): value for name, value in claims.items() if name.startswith(flat_tags)})
    transitive = claims.get(flat_keys, transitive)
    found = {}
    for key, value in tags.items():
        values = _texts(value)
        if len(values) != 1:
            raise TokenRefused(f"session tag `{key}` has {len(values)} values, expected one")
        found[key] = values[0]
    return found, _texts(transitive)


def _text(value: object) -> str | None:
    """A claim as a key's value: text, number or truth value; None for what AWS makes no key of."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
    return None


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else (value,)
    return tuple(text for item in items if (text := _text(item)) is not None)

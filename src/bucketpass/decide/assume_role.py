"""AssumeRoleWithWebIdentity as a whole: token, provider, role, trust policy; then the session and what it may do.

::

    answer = assume_role_with_web_identity(WebIdentityRequest(issuer, claims, role, provider))
    answer.session          # None where refused; `answer.error` is STS's code then
    answer.session.request("s3:GetObject", "arn:aws:s3:::datasets/raw/1")

The order of the checks and their error codes are those of the STS API reference [A]; the trust is decided in `layers` with
the provider as a federated caller: RCPs apply, SCPs do not [K].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bucketpass.aws.arn import Arn
from bucketpass.aws.condition_keys import BUILT_IN_PROVIDERS
from bucketpass.aws.quotas import (
    SESSION_NAME_CHARACTERS,
    SESSION_SECONDS,
    SESSION_SECONDS_DEFAULT,
    SESSION_TAGS,
    TAG_KEY_CHARACTERS,
    TAG_VALUE_CHARACTERS,
)
from bucketpass.decide.layers import decide
from bucketpass.decide.policy_set import Decision, NamedPolicy, PolicySet
from bucketpass.decide.web_identity import Claims, TokenKeys, TokenRefused, provider_of, session_context, token_keys, trust_context
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest, ContextValue

__all__ = ["Assumption", "Provider", "Role", "StsError", "WebIdentityRequest", "assume_role_with_web_identity", "trust_request"]

_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-")


@dataclass(frozen=True, slots=True)
class Provider:
    """An OIDC provider as IAM holds it. `arn` is what a trust policy names as Federated."""

    arn: str
    url: str
    client_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A role as IAM holds it, as far as assuming it goes."""

    arn: str
    trust: NamedPolicy
    role_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    max_session_seconds: int = SESSION_SECONDS_DEFAULT

    @property
    def account(self) -> str:
        """The account that the role is in."""
        arn = Arn.parse(self.arn)
        return arn.account if arn is not None else ""

    @property
    def name(self) -> str:
        """The role's name without its path."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class WebIdentityRequest:
    """A call of AssumeRoleWithWebIdentity. `provider` is None where the account has none for the issuer.

    `context` are keys about the call itself, such as aws:SourceIp, in place of what is taken for granted of every call.
    """

    issuer_url: str
    claims: Claims
    role: Role
    provider: Provider | None
    session_name: str = "session"
    seconds: int = SESSION_SECONDS_DEFAULT
    rcps: tuple[tuple[NamedPolicy, ...], ...] = ()
    context: Mapping[str, ContextValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StsError:
    """What STS answers instead of credentials."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the role: who asks from now on, and the keys that each of its requests carries."""

    principal: Principal
    context: Mapping[str, ContextValue]
    transitive_tag_keys: tuple[str, ...] = ()

    def request(
        self, action: str, resource: str, context: Mapping[str, ContextValue] | None = None, *, resource_account: str = ""
    ) -> AuthorizationRequest:
        """A request of this session; `context` are the keys of the request itself, which never replace the session's."""
        # SECURITY: names count in any case; a key of the request must not stand in for one of the session in other letters.
        own = {name.lower() for name in self.context}
        added = {name: value for name, value in (context or {}).items() if name.lower() not in own}
        return AuthorizationRequest(self.principal, action, resource, {**added, **self.context}, resource_account)


@dataclass(frozen=True, slots=True)
class Assumption:
    """The answer of STS. `decisions` are those of the trust policy, one for each action that the token needs."""

    session: Session | None
    error: StsError | None = None
    keys: TokenKeys | None = None
    decisions: tuple[tuple[AuthorizationRequest, Decision], ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether STS gives credentials."""
        return self.session is not None


def assume_role_with_web_identity(asked: WebIdentityRequest) -> Assumption:
    """What STS answers. A refusal is an `Assumption` without session, never an exception."""
    error = _refused_parameters(asked) or _refused_provider(asked)
    if error is not None or asked.provider is None:
        return Assumption(None, error)
    provider, role = asked.provider, asked.role
    try:
        keys = token_keys(asked.issuer_url, asked.claims)
        trusted = trust_context(keys, session_name=asked.session_name, role_arn=role.arn, provider_arn=provider.arn)
        context = {**trusted, **asked.context}
    except TokenRefused as refused:
        return Assumption(None, StsError(refused.code, refused.message))
    error = _refused_keys(keys, provider)
    if error is not None:
        return Assumption(None, error, keys)
    layers = PolicySet(resource=(role.trust,), rcps=asked.rcps)
    requests = [trust_request(action, role, provider, context) for action in keys.actions]
    decisions = tuple((request, decide(request, layers)) for request in requests)
    denied = next((request for request, decision in decisions if not decision.allowed), None)
    if denied is not None:
        return Assumption(None, StsError("AccessDenied", f"Not authorized to perform {denied.action}"), keys, decisions)
    return Assumption(_session(asked, keys, provider), None, keys, decisions)


def trust_request(action: str, role: Role, provider: Provider, context: Mapping[str, ContextValue]) -> AuthorizationRequest:
    """The question that is put to a trust policy: the provider asks for the role."""
    caller = Principal(PrincipalKind.WEB_IDENTITY, arn=provider.arn)
    return AuthorizationRequest(caller, action, role.arn, context, role.account)


def _session(asked: WebIdentityRequest, keys: TokenKeys, provider: Provider) -> Session:
    role, name = asked.role, asked.session_name
    partition = role.arn.split(":")[1]
    principal = Principal(
        PrincipalKind.ROLE_SESSION,
        arn=role.arn,
        account=role.account,
        session_arn=f"arn:{partition}:sts::{role.account}:assumed-role/{role.name}/{name}",
        unique_id=role.role_id,
    )
    context = session_context(
        keys,
        role_arn=role.arn,
        account=role.account,
        session_name=name,
        provider_arn=provider.arn,
        role_id=role.role_id,
        role_tags=role.tags,
    )
    return Session(principal, context, keys.transitive_tag_keys)


def _refused_parameters(asked: WebIdentityRequest) -> StsError | None:
    least, most = SESSION_NAME_CHARACTERS
    if not (least <= len(asked.session_name) <= most and _NAME_CHARACTERS.issuperset(asked.session_name)):
        return StsError("ValidationError", f"RoleSessionName `{asked.session_name}` is not {least} to {most} of [\\w+=,.@-]")
    shortest, longest = SESSION_SECONDS
    if not shortest <= asked.seconds <= longest:
        return StsError("ValidationError", f"DurationSeconds {asked.seconds} is not {shortest} to {longest}")
    if asked.seconds > asked.role.max_session_seconds:
        return StsError(
            "ValidationError", f"DurationSeconds {asked.seconds} exceeds the role's MaxSessionDuration {asked.role.max_session_seconds}"
        )
    return None


def _refused_provider(asked: WebIdentityRequest) -> StsError | None:
    # The issuer is compared as it stands: case and a trailing slash count [A].
    if asked.provider is None or provider_of(asked.provider.url) != provider_of(asked.issuer_url):
        return StsError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {asked.issuer_url}")
    return None


def _refused_keys(keys: TokenKeys, provider: Provider) -> StsError | None:
    # A provider that AWS has built in has no list of client IDs: the trust policy alone fences the audience [A].
    if keys.provider not in BUILT_IN_PROVIDERS and keys.audience not in provider.client_ids:
        return StsError("InvalidIdentityToken", "Incorrect token audience")
    if len(keys.tags) > SESSION_TAGS:
        return StsError("ValidationError", f"{len(keys.tags)} session tags, STS takes {SESSION_TAGS}")
    long = next((key for key, value in keys.tags.items() if len(key) > TAG_KEY_CHARACTERS or len(value) > TAG_VALUE_CHARACTERS), None)
    if long is not None:
        return StsError("ValidationError", f"session tag `{long[:TAG_KEY_CHARACTERS]}` is longer than STS takes")
    unknown = set(keys.transitive_tag_keys) - set(keys.tags)
    if unknown:
        return StsError("ValidationError", f"transitive tag key `{min(unknown)}` is no key of a session tag")
    source = keys.source_identity
    if source is not None and not _is_source_identity(source):
        return StsError("ValidationError", f"source identity `{source}` is not 2 to 64 of [\\w+=,.@-], or starts with `aws:`")
    return None


def _is_source_identity(text: str) -> bool:
    least, most = SESSION_NAME_CHARACTERS
    return least <= len(text) <= most and _NAME_CHARACTERS.issuperset(text)

"""AssumeRoleWithWebIdentity as a whole: token, provider, role, trust policy; then the session and what it may do.

::

    answer = assume_role_with_web_identity(WebIdentityRequest(issuer, claims, role, provider))
    answer.session          # None where refused; `answer.error` is STS's code then
    answer.session.request("s3:GetObject", "arn:aws:s3:::datasets/raw/1")

The order of the checks and their error codes are those of the STS API reference [A]; the trust is decided in `layers` with
the provider as a federated caller: RCPs apply, SCPs do not [K].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bucketpass.aws.arn import Arn
from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.aws.quotas import (
    SESSION_NAME_CHARACTERS,
    SESSION_SECONDS,
    SESSION_SECONDS_DEFAULT,
    SESSION_TAGS,
    TAG_KEY_CHARACTERS,
    TAG_VALUE_CHARACTERS,
)
from bucketpass.decide.evaluation import decide
from bucketpass.decide.policy_set import Decision, NamedPolicy, PolicySet
from bucketpass.decide.web_identity import Claims, TokenKeys, TokenRefused, provider_of, session_caller, token_keys, trust_requests
from bucketpass.requests.callers import NOTHING, Caller, ContextValue, Principal
from bucketpass.requests.context import authorization_request
from bucketpass.requests.request import OVER_TLS, AuthorizationRequest, Connection

__all__ = [
    "RoleSession",
    "SessionDecision",
    "StsError",
    "TrustedProvider",
    "TrustedRole",
    "WebIdentityRequest",
    "assume_role_with_web_identity",
    "decide_trust",
    "trust_policies",
]

_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-")


@dataclass(frozen=True, slots=True)
class TrustedProvider:
    """An OIDC provider as IAM holds it. `arn` is what a trust policy names as Federated."""

    arn: str
    url: str
    client_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustedRole:
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

    `connection` is how the call reaches STS.
    """

    issuer_url: str
    claims: Claims
    role: TrustedRole
    provider: TrustedProvider | None
    session_name: str = "session"
    seconds: int = SESSION_SECONDS_DEFAULT
    rcps: tuple[tuple[NamedPolicy, ...], ...] = ()
    connection: Connection = OVER_TLS


@dataclass(frozen=True, slots=True)
class StsError:
    """What STS answers instead of credentials."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RoleSession:
    """A session of a role: the caller from now on."""

    caller: Caller
    transitive_tag_keys: tuple[str, ...] = ()

    @property
    def principal(self) -> Principal:
        """The session as a principal."""
        return self.caller.principal

    def request(
        self, action: str, resource: str, further: Mapping[str, ContextValue] = NOTHING, *, resource_account: str = ""
    ) -> AuthorizationRequest:
        """Return a request of this session for one action; `further` are condition keys that its call sets."""
        return authorization_request(self.caller, action, resource, Connection(further=further), resource_account=resource_account)


@dataclass(frozen=True, slots=True)
class SessionDecision:
    """The answer of STS. `decisions` are those of the trust policy, one for each action that the token needs."""

    session: RoleSession | None
    error: StsError | None = None
    keys: TokenKeys | None = None
    decisions: tuple[tuple[AuthorizationRequest, Decision], ...] = ()

    @property
    def allowed(self) -> bool:
        """True if STS gives credentials."""
        return self.session is not None


def assume_role_with_web_identity(asked: WebIdentityRequest) -> SessionDecision:
    """Return what STS answers. A refusal is a `SessionDecision` without session, never an exception."""
    error = _refused_parameters(asked) or _refused_provider(asked)
    if error is not None or asked.provider is None:
        return SessionDecision(None, error)
    provider, role = asked.provider, asked.role
    try:
        keys = token_keys(asked.issuer_url, asked.claims)
        requests = trust_requests(
            keys, session_name=asked.session_name, role_arn=role.arn, provider_arn=provider.arn, connection=asked.connection
        )
    except TokenRefused as refused:
        return SessionDecision(None, StsError(refused.code, refused.message))
    error = _refused_keys(keys, provider)
    if error is not None:
        return SessionDecision(None, error, keys)
    decisions = decide_trust(requests, trust_policies(role.trust, asked.rcps))
    denied = next((request for request, decision in decisions if not decision.allowed), None)
    if denied is not None:
        return SessionDecision(None, StsError("AccessDenied", f"Not authorized to perform {denied.action}"), keys, decisions)
    caller = session_caller(
        keys,
        role_arn=role.arn,
        session_name=asked.session_name,
        provider_arn=provider.arn,
        role_id=role.role_id,
        role_tags=role.tags,
    )
    return SessionDecision(RoleSession(caller, keys.transitive_tag_keys), None, keys, decisions)


def trust_policies(trust: NamedPolicy, rcps: tuple[tuple[NamedPolicy, ...], ...]) -> PolicySet:
    """Return what applies to a token that asks for a role: SCPs are for principals of AWS only [K]."""
    return PolicySet(resource=(trust,), rcps=rcps)


def decide_trust(requests: Iterable[AuthorizationRequest], policies: PolicySet) -> tuple[tuple[AuthorizationRequest, Decision], ...]:
    """Return the decision on each request that a token makes of a role; STS gives a session where all are allowed."""
    return tuple((request, decide(request, policies)) for request in requests)


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


def _refused_keys(keys: TokenKeys, provider: TrustedProvider) -> StsError | None:
    # A provider that AWS has built in has no list of client IDs: the trust policy alone fences the audience [A].
    if keys.provider not in BUILT_IN_PROVIDERS and keys.audience not in provider.client_ids:
        return StsError("InvalidIdentityToken", "Incorrect token audience")
    if (error := _refused_tags(keys)) is not None:
        return error
    source = keys.source_identity
    if source is not None and not _is_source_identity(source):
        return StsError("ValidationError", f"source identity `{source}` is not 2 to 64 of [\\w+=,.@-], or starts with `aws:`")
    return None


def _refused_tags(keys: TokenKeys) -> StsError | None:
    if len(keys.tags) > SESSION_TAGS:
        return StsError("ValidationError", f"{len(keys.tags)} session tags, STS takes {SESSION_TAGS}")
    names = {key.lower() for key in keys.tags}
    # SECURITY: condition keys match in any case, so that of two such tags either could be the one that a policy reads.
    if len(names) != len(keys.tags):
        return StsError("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key, value in keys.tags.items():
        if not 1 <= len(key) <= TAG_KEY_CHARACTERS or len(value) > TAG_VALUE_CHARACTERS or key.lower().startswith("aws:"):
            return StsError(
                "ValidationError", f"session tag `{key[:TAG_KEY_CHARACTERS]}` is empty, longer than STS takes or one of AWS's own"
            )
    unknown = {key for key in keys.transitive_tag_keys if key.lower() not in names}
    if unknown:
        return StsError("ValidationError", f"transitive tag key `{min(unknown)}` is not the key of a session tag")
    return None


def _is_source_identity(text: str) -> bool:
    least, most = SESSION_NAME_CHARACTERS
    return least <= len(text) <= most and _NAME_CHARACTERS.issuperset(text)

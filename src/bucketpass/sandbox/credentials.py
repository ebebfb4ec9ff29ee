"""Access keys that the sandbox knows: the administrator's, IAM users', and sessions that its STS gave out.

A session holds everything that AWS packs into a session token: the role, its name, its policies, its tags and its end.
"""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bucketpass.aws.arn import Arn
from bucketpass.errors import RequestError
from bucketpass.policy.document import PolicyDocument
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import ContextValue
from bucketpass.sandbox.state import State
from bucketpass.secret import Secret

__all__ = ["ANONYMOUS", "Caller", "Credential", "CredentialStore", "Session", "administrator_of", "new_access_key"]

MAX_SESSIONS = 100_000
_KEY_LETTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class Session:
    """What was agreed when a role was assumed. `policies` None means that no session policy was passed.

    `context` are the condition keys that every request of the session carries.
    """

    role_name: str
    role_id: str
    expires: datetime
    context: Mapping[str, ContextValue]
    policies: tuple[PolicyDocument, ...] | None = None
    transitive_tag_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: the principal, and the session or the IAM user behind it.

    `administrator`: it is the sandbox's own, and needs no policy of IAM's to be allowed what no other layer denies.
    """

    principal: Principal
    user_id: str
    session: Session | None = None
    user_name: str | None = None
    administrator: bool = False

    @property
    def arn(self) -> str:
        """The ARN that GetCallerIdentity and refusals speak of."""
        return self.principal.session_arn or self.principal.arn


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key: who holds it and the secret that proves it. `token` is empty but for sessions."""

    access_key_id: str
    secret: Secret
    caller: Caller
    token: Secret = field(default_factory=lambda: Secret(""))

    @property
    def expires(self) -> datetime | None:
        """When it stops working; None for keys that do not."""
        return self.caller.session.expires if self.caller.session else None


ANONYMOUS = Caller(Principal(PrincipalKind.ANONYMOUS), "ANONYMOUS")


class CredentialStore:
    """All access keys of the sandbox's account."""

    def __init__(self, state: State, administrator: Caller) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._sessions: dict[str, Credential] = {}
        self._users: dict[str, tuple[int, Credential]] = {}
        self.administrator = Credential(new_access_key("AKIA"), Secret.random(30), administrator)

    def find(self, access_key_id: str) -> Credential | None:
        """The credential of this key, None where nobody has it."""
        if access_key_id == self.administrator.access_key_id:
            return self.administrator
        return self._sessions.get(access_key_id) or self._user(access_key_id)

    def _user(self, access_key_id: str) -> Credential | None:
        generation = self._state.generation
        known = self._users.get(access_key_id)
        if known is not None and known[0] == generation:
            return known[1]
        key = self._state.access_key(access_key_id)
        if key is None:
            return None
        principal = Principal(PrincipalKind.USER, key.user_arn, self._state.account)
        credential = Credential(access_key_id, key.secret, Caller(principal, key.user_id, user_name=key.user_name))
        self._users[access_key_id] = generation, credential
        return credential

    def open_session(self, caller: Caller, now: datetime) -> Credential:
        """New temporary credentials for `caller`, whose session says when they end."""
        credential = Credential(new_access_key("ASIA"), Secret.random(30), caller, Secret.random(192))
        with self._lock:
            if len(self._sessions) >= MAX_SESSIONS:
                self._sessions = {key: held for key, held in self._sessions.items() if held.expires is None or held.expires > now}
            self._sessions[credential.access_key_id] = credential
        return credential


def administrator_of(arn: str) -> Caller:
    """The sandbox's administrator, as the principal of this ARN: a role, a user or the account's root. Raises RequestError."""
    parts = Arn.parse(arn)
    kind, _, path = (parts.resource if parts else "").partition("/")
    if parts is None or parts.service != "iam" or kind not in _ADMINISTRATORS or bool(path) == (kind == "root"):
        raise RequestError(f"got the administrator `{arn}`, expected the ARN of a role, a user or an account's root")
    name = path.rpartition("/")[2]
    session = f"arn:{parts.partition}:sts::{parts.account}:assumed-role/{name}/sandbox" if kind == "role" else ""
    principal = Principal(_ADMINISTRATORS[kind], arn, parts.account, session_arn=session)
    return Caller(
        principal, f"{name}:sandbox" if session else name or parts.account, user_name=name if kind == "user" else None, administrator=True
    )


_ADMINISTRATORS = {"root": PrincipalKind.ROOT, "user": PrincipalKind.USER, "role": PrincipalKind.ROLE_SESSION}


def new_access_key(prefix: str) -> str:
    """An access key ID in AWS's form: `AKIA` for lasting keys, `ASIA` for sessions."""
    return prefix + "".join(secrets.choice(_KEY_LETTERS) for _ in range(16))

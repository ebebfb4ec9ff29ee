"""Access keys that the sandbox knows: the administrator's, IAM users', and sessions that its STS gave out.

A session holds everything that AWS packs into a session token: the role, its policies, its tags and its end.
"""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bucketpass.aws.arn import Arn
from bucketpass.errors import RequestError
from bucketpass.policy.document import PolicyDocument
from bucketpass.requests import callers
from bucketpass.requests.callers import Caller, Principal
from bucketpass.sandbox.state import State
from bucketpass.secret import Secret

__all__ = ["ANONYMOUS", "Credential", "CredentialStore", "IssuedSession", "Requester", "administrator_of", "new_access_key"]

# As many are kept before those that are long over are looked for, or twice as many as were not the last time.
FEWEST_SESSIONS = 1_000
# For so long a session that has ended is refused as expired (ExpiredToken), not as unknown.
REMEMBERED_AFTER_END = timedelta(hours=1)
_KEY_LETTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class IssuedSession:
    """What was agreed when a role was assumed. `policies` None means that no session policy was passed.

    `role_name` is empty for a session of the user itself (GetSessionToken), and `role_id` then the user's ID.
    """

    role_name: str
    role_id: str
    expires: datetime
    policies: tuple[PolicyDocument, ...] | None = None
    transitive_tag_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requester:
    """Who signed a request: the caller, and the session where it is one.

    `administrator`: it is the sandbox's own, and needs no policy of IAM's to be allowed what no other policy denies.
    """

    caller: Caller
    session: IssuedSession | None = None
    administrator: bool = False

    @property
    def principal(self) -> Principal:
        """The caller as a principal."""
        return self.caller.principal

    @property
    def arn(self) -> str:
        """The ARN that GetCallerIdentity and refusals name."""
        return self.principal.session_arn or self.principal.arn


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key: who holds it and the secret that proves it. `token` is empty but for sessions."""

    access_key_id: str
    secret: Secret
    requester: Requester
    token: Secret = field(default_factory=lambda: Secret(""))

    @property
    def expires(self) -> datetime | None:
        """When it stops working; None for keys that do not."""
        return self.requester.session.expires if self.requester.session else None


ANONYMOUS = Requester(callers.ANONYMOUS)


class CredentialStore:
    """All access keys of the sandbox's accounts."""

    def __init__(self, state: State, administrator: Requester) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._sessions: dict[str, Credential] = {}
        self._most_sessions = FEWEST_SESSIONS
        self._users: tuple[int, dict[str, Credential]] = (-1, {})
        self.administrator = Credential(new_access_key("AKIA"), Secret.random(30), administrator)
        self._administrators = {self.administrator.access_key_id: self.administrator}

    def add_account(self, account: str, canonical_user: str = "") -> Credential:
        """Return the key of the root user of a further account, which exists from then on. `canonical_user`: its ID, where it has one."""
        state = self._state.of(account)
        root = Requester(callers.root_user(account, state.partition, canonical_user), administrator=True)
        credential = Credential(new_access_key("AKIA"), Secret.random(30), root)
        self._administrators[credential.access_key_id] = credential
        return credential

    def find(self, access_key_id: str) -> Credential | None:
        """The credential of this key, None where nobody has it."""
        return self._administrators.get(access_key_id) or self._sessions.get(access_key_id) or self._user(access_key_id)

    def reset(self) -> None:
        """No session is left; the administrator's key stays."""
        with self._lock:
            self._sessions = {}
            self._most_sessions = FEWEST_SESSIONS

    def _user(self, access_key_id: str) -> Credential | None:
        generation = self._state.generation
        if self._users[0] != generation:
            self._users = generation, {}
        _, known = self._users
        if access_key_id in known:
            return known[access_key_id]
        key = next((key for state in self._state.accounts if (key := state.access_key(access_key_id)) is not None), None)
        if key is None:
            return None
        credential = Credential(access_key_id, key.secret, Requester(callers.iam_user(key.user_arn, key.user_id, key.user_tags)))
        known[access_key_id] = credential
        return credential

    def open_session(self, requester: Requester, now: datetime) -> Credential:
        """Return new temporary credentials, whose session says when they end."""
        credential = Credential(new_access_key("ASIA"), Secret.random(30), requester, Secret.random(192))
        with self._lock:
            if len(self._sessions) >= self._most_sessions:
                least = now - REMEMBERED_AFTER_END
                self._sessions = {key: held for key, held in self._sessions.items() if held.expires is None or held.expires > least}
                self._most_sessions = max(FEWEST_SESSIONS, 2 * len(self._sessions))
            self._sessions[credential.access_key_id] = credential
        return credential


def administrator_of(arn: str) -> Requester:
    """Return the sandbox's administrator, as the principal of this ARN: a role, a user or the account's root. Raises RequestError."""
    parts = Arn.parse(arn)
    kind, _, path = (parts.resource if parts else "").partition("/")
    if parts is None or parts.service != "iam" or kind not in ("root", "user", "role") or bool(path) == (kind == "root"):
        raise RequestError(f"got the administrator `{arn}`, expected the ARN of a role, a user or an account's root")
    name = path.rpartition("/")[2]
    match kind:
        case "root":
            caller = callers.root_user(parts.account, parts.partition)
        case "user":
            caller = replace(callers.iam_user(arn), user_id=name)
        case _:
            caller = replace(callers.role_session(arn, "sandbox"), user_id=f"{name}:sandbox")
    return Requester(caller, administrator=True)


def new_access_key(prefix: str) -> str:
    """An access key ID in AWS's form: `AKIA` for lasting keys, `ASIA` for sessions."""
    return prefix + "".join(secrets.choice(_KEY_LETTERS) for _ in range(16))

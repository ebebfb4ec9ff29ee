"""The sandbox as a whole: started, used, and gone without a trace."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar

from bucketpass.aws.arn import Arn, partition_of_region
from bucketpass.aws.quotas import SESSION_SECONDS
from bucketpass.clock import Clock, SystemClock
from bucketpass.errors import RequestError, SandboxError
from bucketpass.issuers import issuer_url, sample_claims
from bucketpass.sandbox.access_points import AccessPoints
from bucketpass.sandbox.authorizer import Authorizer
from bucketpass.sandbox.certificates import make_certificates
from bucketpass.sandbox.credentials import Credential, CredentialStore, administrator_of
from bucketpass.sandbox.discovery import HttpsFetch, IssuerKeys
from bucketpass.sandbox.events import EventLog
from bucketpass.sandbox.front import Front, Services
from bucketpass.sandbox.iam import Iam
from bucketpass.sandbox.issuer import Client, MockIssuers
from bucketpass.sandbox.journal import ChangeJournal
from bucketpass.sandbox.kms import Kms
from bucketpass.sandbox.listener import Listener
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.s3 import S3
from bucketpass.sandbox.state import State
from bucketpass.sandbox.sts import Sts
from bucketpass.sandbox.trail import TrailWriter
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from bucketpass.model.access import Access

__all__ = ["Sandbox", "SandboxOptions"]

DEFAULT_ACCOUNT = "111122223333"
DEFAULT_REGION = "us-east-1"
AUTHORITY_FILE = "authority.pem"
# The first requests are answered before that: whoever waits for the sandbox sees it ready.
PREPARE_AFTER_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """What a sandbox is like. `issuers` are mocked: names and issuer URLs; those of `access` are added to them.

    `real_issuers` are names of issuers of `access` that are not mocked: their own keys are read, and tokens are had from them.
    `further_accounts` are accounts beside the first, each with the key of its root user: requests between them are decided on both
    sides. `canonical_users` are S3's IDs of further accounts, by which policies can name them.
    `administrator` is the ARN of the administrator's principal; where None, the first administrator in `account` that
    a bucket of `access` names, else the account's root user. `account` None is the administrator's.
    `min_session_seconds` is 900 on AWS; a smaller one lets a test see a session end. `directory` keeps what is deployed and
    stored, also when the process is killed; where None, all of it is gone with the sandbox. `trail` gets every request as
    CloudTrail's files. `audit`: what policies deny is recorded and let through.
    """

    access: Access | None = None
    issuers: Mapping[str, str] = field(default_factory=dict)
    real_issuers: tuple[str, ...] = ()
    port: int = 0
    account: str | None = None
    further_accounts: tuple[str, ...] = ()
    canonical_users: Mapping[str, str] = field(default_factory=dict)
    administrator: str | None = None
    region: str = DEFAULT_REGION
    min_session_seconds: int = SESSION_SECONDS[0]
    directory: Path | None = None
    trail: Path | None = None
    audit: bool = False
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        if self.account is not None and not re.fullmatch(r"[0-9]{12}", self.account):
            raise RequestError(f"got the account `{self.account}`, expected 12 digits")
        for further in self.further_accounts:
            if not re.fullmatch(r"[0-9]{12}", further) or further == _account_of(self.administrator_arn):
                raise RequestError(f"got the further account `{further}`, expected 12 digits of another account")
        if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", self.region):
            raise RequestError(f"got the Region `{self.region}`, expected a name such as `us-east-1`")
        _check_real(self.real_issuers, self.access)
        if not 1 <= self.min_session_seconds <= SESSION_SECONDS[1]:
            raise RequestError(f"got sessions of at least `{self.min_session_seconds}` seconds, expected 1 to {SESSION_SECONDS[1]}")

    @property
    def administrator_arn(self) -> str:
        """The ARN of the principal that the administrator's access key belongs to."""
        if self.administrator is not None:
            return self.administrator
        declared = [arn for bucket in self.access.buckets.values() for arn in bucket.administrators] if self.access else []
        fits = (arn for arn in declared if "*" not in arn and self.account in (None, _account_of(arn)))
        return next(fits, f"arn:{partition_of_region(self.region).name}:iam::{self.account or DEFAULT_ACCOUNT}:root")


def _check_real(names: tuple[str, ...], access: Access | None) -> None:
    declared = access.issuers if access is not None else {}
    unknown = next((name for name in names if name not in declared), None)
    if unknown is not None:
        raise RequestError(
            f"`{unknown}` is not an issuer of the declaration, expected one of {', '.join(f'`{name}`' for name in declared) or 'none'}",
            remedy="name a declared issuer as the real one",
        )


def _account_of(arn: str) -> str:
    parts = Arn.parse(arn)
    return parts.account if parts else ""


class Sandbox:
    """An embedded AWS on loopback, from `start` to `stop`; as a context manager, for as long as the block.

    moto's state belongs to the process, so a process has one sandbox at a time.
    """

    _running: ClassVar[Lock] = Lock()

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.options = options or SandboxOptions()
        self.access = self.options.access
        self.events = EventLog()
        self._resources = ExitStack()
        self._started: _Started | None = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Requests are answered. Raises SandboxError where the port is taken or the process has a sandbox already."""
        if not Sandbox._running.acquire(blocking=False):
            raise SandboxError("this process has a sandbox already", remedy="stop it first: moto's state belongs to the process")
        with ExitStack() as stack:
            stack.callback(Sandbox._running.release)
            self._started = _start(self.options, self.events, stack)
            self._resources = stack.pop_all()

    def stop(self) -> None:
        """Everything is gone: the port, the threads, the files."""
        self._started = None
        self._resources.close()

    @property
    def _now(self) -> _Started:
        if self._started is None:
            raise SandboxError("the sandbox is not running", remedy="start it, or use it as a context manager")
        return self._started

    # ---- where it is

    @property
    def port(self) -> int:
        """The port of both https and http."""
        return self._now.port

    @property
    def account(self) -> str:
        """The account's 12 digits."""
        return self._now.state.account

    @property
    def https_url(self) -> str:
        """The endpoint over TLS."""
        return f"https://localhost:{self.port}"

    @property
    def http_url(self) -> str:
        """The endpoint in clear text, to see what policies say of it."""
        return f"http://localhost:{self.port}"

    @property
    def authority_file(self) -> Path:
        """The sandbox's own authority alone: for clients that speak to nobody else, and read it for each connection."""
        return self.ca_file.with_name(AUTHORITY_FILE)

    @property
    def ca_file(self) -> Path:
        """A bundle with the sandbox's authority and those that this machine trusted before."""
        return self._now.ca_file

    @property
    def admin(self) -> Credential:
        """The administrator's key."""
        return self._now.credentials.administrator

    @property
    def further_administrators(self) -> Mapping[str, Credential]:
        """The keys of the root users of the further accounts, by account."""
        return self._now.further

    @property
    def issuers(self) -> MockIssuers:
        """The mock issuers: to mint tokens and to rotate keys."""
        return self._now.issuers

    def declare(self, access: Access) -> None:
        """The issuers and services of `access` are known from now on; keys, secrets and objects stay. Raises RequestError."""
        _check_real(self.options.real_issuers, access)
        _declare(self._now.issuers, access, self.options.real_issuers)
        self._now.state.quotas = access.quotas
        self.access = access

    def environment(self) -> dict[str, str]:
        """The variables with which AWS clients speak to the sandbox; no credentials are among them."""
        bundle = str(self.ca_file)
        return {
            "AWS_ENDPOINT_URL": self.https_url,
            "AWS_REGION": self.options.region,
            "AWS_DEFAULT_REGION": self.options.region,
            "AWS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    # ---- tokens

    def mint(
        self,
        service: str | None = None,
        *,
        issuer: str | None = None,
        claims: Mapping[str, object] | None = None,
        lifetime_seconds: int = 3600,
        algorithm: str = "RS256",
    ) -> Secret:
        """A token of a declared service, or of a mock issuer, with `claims` added. Raises RequestError."""
        given: dict[str, object] = {}
        if service is not None:
            mock, given = self._declared(service, issuer)
            issuer = mock
        if issuer is None:
            raise RequestError("got neither a service nor an issuer", remedy="name the service or the issuer that the token is of")
        whole = {**given, **(claims or {})}
        return self.issuers.mint(issuer, whole, lifetime_seconds=lifetime_seconds, algorithm=algorithm)

    def _declared(self, service: str, issuer: str | None) -> tuple[str, dict[str, object]]:
        access = self.access
        if access is None or service not in access.services:
            names = ", ".join(access.services) if access else "none"
            raise RequestError(f"no service `{service}` is declared", remedy=f"the declared services are: {names}")
        for identity in access.services[service].identity:
            if issuer in (None, identity.issuer):
                return identity.issuer, dict(sample_claims(access.issuers[identity.issuer], identity))
        raise RequestError(f"service `{service}` has no identity at issuer `{issuer}`")


@dataclass(frozen=True, slots=True)
class _Started:
    port: int
    ca_file: Path
    credentials: CredentialStore
    issuers: MockIssuers
    state: State
    further: Mapping[str, Credential]


def _start(options: SandboxOptions, events: EventLog, stack: ExitStack) -> _Started:
    clock = options.clock
    requester = administrator_of(options.administrator_arn)
    if options.account not in (None, requester.principal.account):
        raise RequestError(f"got the administrator `{requester.principal.arn}`, expected one of account `{options.account}`")
    journal = None
    if options.directory is not None:
        journal = ChangeJournal(options.directory, requester.principal.account, options.region)
        stack.callback(journal.close)
    state = State(requester.principal.account, options.region, journal)
    stack.callback(state.close)
    if options.access is not None:
        state.quotas = options.access.quotas
    credentials = CredentialStore(state, requester)
    further = {account: credentials.add_account(account, options.canonical_users.get(account, "")) for account in options.further_accounts}
    administrator = credentials.administrator
    issuers = _mock_issuers(options, clock, Client(administrator.access_key_id, administrator.secret, {}))
    certificates = make_certificates()
    ca_file = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bucketpass-sandbox-"))) / "ca.pem"
    ca_file.write_text(certificates.bundle)
    ca_file.with_name(AUTHORITY_FILE).write_text(certificates.ca_pem)
    objects = ObjectStore(options.directory)
    stack.callback(objects.close)
    authorizer = Authorizer(state, audit=options.audit)
    keys = IssuerKeys(HttpsFetch(clock), issuers.page, clock)
    services = Services(
        s3=S3(state, objects, authorizer, clock),
        sts=Sts(state, credentials, authorizer, keys=keys, clock=clock, min_session_seconds=options.min_session_seconds),
        iam=Iam(state, authorizer, clock),
        kms=Kms(state, authorizer, clock),
        access_points=AccessPoints(state, authorizer, clock),
        issuers=issuers,
    )
    if options.trail is not None:
        trail = TrailWriter(options.trail, state.account, state.partition)
        stack.enter_context(trail.following(events))
    front = Front(state, credentials, services, events, clock, reset=objects.reset, audit=options.audit)
    listener = Listener(front, certificates.tls, port=options.port)
    stack.callback(listener.stop)
    issuers.base_url = f"https://localhost:{listener.port}"
    listener.start()
    preparing = Timer(PREPARE_AFTER_SECONDS, state.prepare)
    preparing.daemon = True
    preparing.start()
    stack.callback(preparing.join)
    stack.callback(preparing.cancel)
    return _Started(listener.port, ca_file, credentials, issuers, state, further)


def _mock_issuers(options: SandboxOptions, clock: Clock, administrator: Client) -> MockIssuers:
    mock_issuers = MockIssuers(clock, administrator)
    for name, url in options.issuers.items():
        mock_issuers.add(name, url)
    if options.access is not None:
        _declare(mock_issuers, options.access, options.real_issuers)
    return mock_issuers


def _declare(mock_issuers: MockIssuers, access: Access, real: tuple[str, ...]) -> None:
    for name, issuer in access.issuers.items():
        if name not in real:
            mock_issuers.add(name, issuer_url(issuer))
    identities = {
        (identity.issuer, name): identity
        for name, service in access.services.items()
        for identity in service.identity
        if identity.issuer not in real
    }
    for (issuer_name, name), identity in identities.items():
        claims = dict(sample_claims(access.issuers[issuer_name], identity))
        mock_issuers.add_client(issuer_name, Client(name, Secret.random(), claims))
    mock_issuers.keep_clients(identities.keys())

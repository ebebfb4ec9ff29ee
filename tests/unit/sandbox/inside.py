"""The sandbox without its listener: requests go straight to the front, signed by botocore, and time stands still."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.fixed_clock import FixedClock

from bucketpass.sandbox.access_points import AccessPoints
from bucketpass.sandbox.authorizer import Authorizer
from bucketpass.sandbox.credentials import Credential, CredentialStore, administrator_of
from bucketpass.sandbox.discovery import IssuerKeys, UnreachableIssuer
from bucketpass.sandbox.events import EventLog
from bucketpass.sandbox.front import Front, Services
from bucketpass.sandbox.iam import Iam
from bucketpass.sandbox.issuer import Client, MockIssuers
from bucketpass.sandbox.kms import Kms
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.s3 import S3
from bucketpass.sandbox.state import State
from bucketpass.sandbox.sts import Sts
from bucketpass.wire.server import Peer, ServerRequest, ServerResponse, body_of

ACCOUNT = "111122223333"
REGION = "us-east-1"
HOST = "localhost:4566"
ISSUER = "https://idp.example.com/realm"
OVER_TLS = Peer(tls_version="1.3")
Headers = Mapping[str, str]


def unreachable(url: str) -> bytes:
    raise UnreachableIssuer(f"nothing is at {url}")


def request(
    method: str,
    target: str,
    headers: Headers | tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    *,
    peer: Peer = OVER_TLS,
) -> ServerRequest:
    """A request as the listener would hand it on."""
    pairs = tuple(headers.items()) if isinstance(headers, Mapping) else headers
    return ServerRequest(method, target, pairs, body_of(body), peer)


def signed(
    keys: Credentials,
    method: str,
    target: str,
    headers: Headers = {},  # noqa: B006 - never changed
    body: bytes = b"",
    *,
    service: str = "s3",
    region: str = REGION,
) -> ServerRequest:
    """A request with the Authorization header that botocore gives it."""
    made = AWSRequest(method, f"https://{HOST}{target}", headers={"Host": HOST, **headers}, data=body)
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(keys, service, region).add_auth(made)
    return request(method, target, {name: str(value) for name, value in made.headers.items()}, body)


@dataclass
class Inside:
    """Everything behind the listener."""

    clock: FixedClock
    state: State
    credentials: CredentialStore
    issuers: MockIssuers
    objects: ObjectStore
    events: EventLog
    front: Front

    @property
    def admin(self) -> Credentials:
        return keys_of(self.credentials.administrator)

    def s3(self, method: str, target: str, headers: Headers = {}, body: bytes = b"", keys: Credentials | None = None) -> ServerResponse:  # noqa: B006
        """S3's answer to a signed request."""
        return self.front(signed(keys or self.admin, method, target, headers, body))

    def form(self, service: str, action: str, keys: Credentials | None = None, **parameters: str) -> ServerResponse:
        """IAM's or STS's answer to a signed form; `__` in a parameter's name stands for a dot."""
        body = urlencode({"Action": action, **{name.replace("__", "."): value for name, value in parameters.items()}}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.front(signed(keys or self.admin, "POST", "/", headers, body, service=service))

    def kms(self, action: str, keys: Credentials | None = None, **members: object) -> ServerResponse:
        """KMS's answer to a signed request."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{action}"}
        return self.front(signed(keys or self.admin, "POST", "/", headers, json.dumps(members).encode(), service="kms"))

    def user(self, name: str, *statements: Mapping[str, object]) -> Credentials:
        """An IAM user with these statements, and its key."""
        self.form("iam", "CreateUser", UserName=name)
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        if statements:
            self.form("iam", "PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=policy)
        answer = text_of(self.form("iam", "CreateAccessKey", UserName=name))
        return Credentials(between(answer, "AccessKeyId"), between(answer, "SecretAccessKey"))


def keys_of(credential: Credential) -> Credentials:
    return Credentials(credential.access_key_id, credential.secret.reveal(), credential.token.reveal() or None)


def text_of(response: ServerResponse) -> str:
    return b"".join(response.blocks()).decode()


def between(text: str, element: str) -> str:
    """The text of the first element of this name."""
    return text.partition(f"<{element}>")[2].partition(f"</{element}>")[0]


def outcome(response: ServerResponse) -> tuple[int, str]:
    """The status, and AWS's code where it is an error."""
    return response.status, between(text_of(response), "Code") if response.status >= 400 else ""


@contextmanager
def inside() -> Iterator[Inside]:
    """A sandbox without a listener, empty at first; its issuer `idp` mocks ISSUER."""
    clock = FixedClock(datetime.now(UTC))
    state = State(ACCOUNT, REGION)
    credentials = CredentialStore(state, administrator_of(f"arn:aws:iam::{ACCOUNT}:root"))
    administrator = credentials.administrator
    issuers = MockIssuers(clock, Client(administrator.access_key_id, administrator.secret, {}))
    issuers.add("idp", ISSUER)
    objects = ObjectStore()
    authorizer = Authorizer(state)
    keys = IssuerKeys(unreachable, issuers.page, clock)
    services = Services(
        S3(state, objects, authorizer, clock),
        Sts(state, credentials, authorizer, keys=keys, clock=clock),
        Iam(state, authorizer, clock),
        Kms(state, authorizer, clock),
        AccessPoints(state, authorizer, clock),
        issuers,
    )
    events = EventLog()
    try:
        yield Inside(clock, state, credentials, issuers, objects, events, Front(state, credentials, services, events, clock))
    finally:
        objects.close()
        state.close()

"""Every request comes in here: its service and its signer are found, and it is given to that service.

Whatever goes wrong becomes an error in AWS's form; whatever was decided becomes an event.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from sqlite3 import OperationalError

from bucketpass.clock import Clock
from bucketpass.digits import whole_number
from bucketpass.errors import SandboxError
from bucketpass.sandbox.access_points import AccessPoints, is_control_request
from bucketpass.sandbox.chunked import STREAMING_PAYLOADS, ChunkSigner
from bucketpass.sandbox.credentials import Credential, CredentialStore
from bucketpass.sandbox.events import Event, EventLog
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.iam import Iam
from bucketpass.sandbox.issuer import PATH_PREFIX, MockIssuers
from bucketpass.sandbox.kms import Kms
from bucketpass.sandbox.objects.reading import NotModified
from bucketpass.sandbox.payload import Payload, payload_word
from bucketpass.sandbox.regions import region_of_request
from bucketpass.sandbox.s3 import S3
from bucketpass.sandbox.sigv4 import check_signature, parse_signature
from bucketpass.sandbox.state import State
from bucketpass.sandbox.sts import UNSIGNED_ACTIONS, Sts
from bucketpass.sandbox.trail import cloudtrail_record, request_parameters
from bucketpass.sandbox.wire_errors import AwsError, Problem, Protocol, refusal, render_error
from bucketpass.secret import same_text
from bucketpass.wire.server import ServerRequest, ServerResponse, http_date, parse_query
from bucketpass.wire.sigv4 import signing_key
from bucketpass.wire.syntax import HttpError

__all__ = ["Front", "Services"]

EVENTS_PATH = "/_bucketpass/events"
RESET_PATH = "/_bucketpass/reset"
HEALTH_PATH = "/_bucketpass/health"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
KMS_TARGET = "TrentService."
MAX_FORM_BYTES = 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What the requests are for."""

    s3: S3
    sts: Sts
    iam: Iam
    kms: Kms
    access_points: AccessPoints
    issuers: MockIssuers


class Front:
    """Answers every request of the listener."""

    def __init__(
        self,
        state: State,
        credentials: CredentialStore,
        services: Services,
        events: EventLog,
        clock: Clock,
        *,
        reset: Callable[[], None] = lambda: None,
        audit: bool = False,
    ) -> None:
        self._state = state
        self._credentials = credentials
        self._services = services
        self._events = events
        self._clock = clock
        self._reset = reset
        self._audit = audit
        self._instance = token_hex(16)

    def __call__(self, request: ServerRequest) -> ServerResponse:
        """The answer, in AWS's form also where it is an error. It has the time: clients correct their clocks by it.

        It also has the run of the sandbox, by which clients know that sessions of an earlier one have ended.
        """
        response = self._answer(request)
        response.headers.append(("X-Bucketpass-Instance", self._instance))
        response.headers.append(("Date", http_date(int(self._clock.now().timestamp()))))
        return response

    def _answer(self, request: ServerRequest) -> ServerResponse:
        if request.raw_path.startswith(PATH_PREFIX):
            return self._services.issuers.answer(request)
        exchange = Exchange(request, region=self._state.region)
        if request.raw_path == HEALTH_PATH:
            return self._answer_health()
        if request.raw_path in (EVENTS_PATH, RESET_PATH):
            return self._answer_administrator(exchange)
        error: AwsError | None = None
        try:
            exchange.protocol = _by_form(request)
            exchange.signature = parse_signature(request, exchange.protocol)
            exchange.protocol = self._protocol(exchange)
            exchange.region = region_of_request(exchange, self._state)
            response = self._answer_s3(exchange) if exchange.protocol is Protocol.S3 else self._answer_form(exchange)
        except AwsError as refused:
            error, response = refused, self._refuse(exchange, refused)
        except HttpError:
            raise
        except (OSError, OperationalError, SandboxError) as problem:
            error = _unanswered(problem, exchange.protocol)
            response = self._refuse(exchange, error)
        except Exception:
            # SECURITY: what broke is for the log; a client learns that something did, and is not let through.
            _log.exception("a request could not be answered")
            error = refusal(Problem.INTERNAL, exchange.protocol)
            response = self._refuse(exchange, error)
        if "origin" in request.fields and exchange.protocol is Protocol.S3 and exchange.operation != "PreflightRequest":
            response.headers += self._services.s3.cors_headers(exchange)
        self._record(exchange, response, error)
        return response

    def _answer_health(self) -> ServerResponse:
        """What a script waits for: that requests are answered, and whether decisions are enforced."""
        answer = {"status": "ok", "enforced": not self._audit, "account": self._state.account, "region": self._state.region}
        return ServerResponse(200, [("Content-Type", "application/json")], json.dumps(answer).encode())

    def _answer_administrator(self, exchange: Exchange) -> ServerResponse:
        """The events since a number, or everything as at the start, for the administrator alone. Neither is an event."""
        request = exchange.request
        try:
            exchange.signature = parse_signature(request, Protocol.S3)
            self._authenticate(exchange, payload_word(request, presigned=False))
            if not exchange.requester.administrator:
                raise refusal(Problem.ACCESS_DENIED, Protocol.S3)
        except AwsError as refused:
            return self._refuse(exchange, refused)
        if request.raw_path == RESET_PATH:
            if request.method != "POST":
                return self._refuse(exchange, AwsError("MethodNotAllowed", "Reset the sandbox with POST.", 405))
            self._state.reset()
            self._credentials.reset()
            self._reset()
            return ServerResponse(204)
        since = whole_number(request.parameters.get("since", "0")) or 0
        events = self._events.since(since)
        records = [cloudtrail_record(event, account=self._state.account) for event in events]
        answer = {"latest": events[-1].number if events else since, "records": records}
        return ServerResponse(200, [("Content-Type", "application/json")], json.dumps(answer).encode())

    # ---- which service

    def _protocol(self, exchange: Exchange) -> Protocol:
        signature = exchange.signature
        if signature is None:
            if exchange.protocol is Protocol.KMS:
                raise refusal(Problem.NO_CREDENTIALS, Protocol.KMS)
            return exchange.protocol
        try:
            return Protocol(signature.scope.service)
        except ValueError:
            raise AwsError("InvalidRequest", f"The sandbox has no service `{signature.scope.service}`") from None

    # ---- who

    def _authenticate(self, exchange: Exchange, word: str) -> Credential | None:
        """Whoever signed the request; None where nobody did. Raises AwsError."""
        signature, protocol = exchange.signature, exchange.protocol
        if signature is None:
            return None
        credential = self._credentials.find(signature.access_key_id)
        if credential is None:
            raise refusal(Problem.UNKNOWN_KEY, protocol)
        check_signature(signature, exchange.request, credential.secret, word, now=self._clock.now(), protocol=protocol)
        # SECURITY: a session's key without its token, or with another's, is not the session. Secrets compare in constant time.
        if credential.token != signature.session_token:
            raise refusal(Problem.BAD_SESSION_TOKEN, protocol)
        if credential.expires is not None and self._clock.now() >= credential.expires:
            raise refusal(Problem.EXPIRED_SESSION, protocol)
        exchange.requester = credential.requester
        return credential

    # ---- S3

    def _answer_s3(self, exchange: Exchange) -> ServerResponse:
        request, signature = exchange.request, exchange.signature
        if request.method == "OPTIONS":
            return self._services.s3.preflight(exchange)
        word = payload_word(request, presigned=signature is None or signature.presigned)
        if signature is None and word in STREAMING_PAYLOADS and STREAMING_PAYLOADS[word][0]:
            raise AwsError("InvalidRequest", "The chunks are said to be signed, and the request is not")
        credential = self._authenticate(exchange, word)
        if is_control_request(request):
            return self._services.access_points.answer(exchange, Payload(request, word, None).read_setting())
        signer = None
        if credential is not None and signature is not None and word in STREAMING_PAYLOADS:
            signer = ChunkSigner(signing_key(credential.secret, signature.scope), signature.amz_date, signature.scope, signature.signature)
        return self._services.s3.answer(exchange, lambda of_body: Payload(request, word, signer, checksum_is_of_body=of_body))

    # ---- IAM, STS, KMS

    def _answer_form(self, exchange: Exchange) -> ServerResponse:
        request, protocol = exchange.request, exchange.protocol
        body = _form_body(request)
        digest = hashlib.sha256(body).hexdigest()
        declared = request.header("x-amz-content-sha256", digest)
        # SECURITY: the signature covers what was declared; only this ties the body to it.
        if exchange.signature is not None and not same_text(declared, digest):
            raise refusal(Problem.BAD_SIGNATURE, protocol)
        if request.raw_path != "/" or request.method not in ("POST", "GET"):
            raise AwsError("InvalidAction", "IAM, STS and KMS are at the path `/`", 404)
        if protocol is Protocol.KMS:
            self._authenticate(exchange, digest)
            exchange.operation = request.header("x-amz-target").removeprefix(KMS_TARGET)
            return self._services.kms.answer(exchange, body)
        form = _form(request, body)
        exchange.operation = form.get("Action", "")
        self._authenticate(exchange, digest)
        if protocol is Protocol.IAM:
            return self._services.iam.answer(exchange, form)
        if exchange.signature is None and exchange.operation not in UNSIGNED_ACTIONS:
            raise refusal(Problem.NO_CREDENTIALS, protocol)
        return self._services.sts.answer(exchange, form)

    # ---- the end

    def _refuse(self, exchange: Exchange, error: AwsError) -> ServerResponse:
        if isinstance(error, NotModified):
            return ServerResponse(304, error.headers)
        resource = exchange.request.raw_path
        return render_error(error, exchange.protocol, resource=resource)

    def _record(self, exchange: Exchange, response: ServerResponse, error: AwsError | None) -> None:
        request, signature = exchange.request, exchange.signature
        self._events.add(
            Event(
                number=self._events.next_number(),
                time=self._clock.now(),
                service=exchange.protocol.value,
                operation=exchange.operation,
                method=request.method,
                # The query may hold a signature or a token; the path never does.
                path=request.raw_path,
                secure=request.secure,
                principal=exchange.requester.arn,
                access_key_id=signature.access_key_id if signature is not None else "",
                status=response.status,
                error=error.code if error is not None else "",
                message=error.message if error is not None else "",
                authorizations=tuple(exchange.authorizations),
                source_ip=request.peer.address,
                user_agent=request.header("user-agent"),
                tls_version=request.peer.tls_version or "",
                role_arn=exchange.requester.principal.arn if exchange.requester.session is not None else "",
                parameters=request_parameters(exchange.call) if exchange.call is not None else exchange.parameters,
                assumed=exchange.assumed,
                region=exchange.region,
                note=error.note if error is not None else "",
            )
        )


def _unanswered(problem: Exception, protocol: Protocol) -> AwsError:
    """The error of a request that failed at the machine. Where the disk is full nothing was changed, and a client may try again."""
    if isinstance(problem, OSError) and problem.errno not in _NO_ROOM:
        _log.error("a request could not be answered", exc_info=problem)
        return refusal(Problem.INTERNAL, protocol)
    _log.error("a change could not be written down: %s", problem)
    return AwsError("ServiceUnavailable", f"The sandbox cannot write the change down: {problem}", 503)


def _by_form(request: ServerRequest) -> Protocol:
    """The service that a request is for, by its form: all there is to go by where it has no signature that can be read."""
    if request.raw_path != "/":
        return Protocol.S3
    if request.header("x-amz-target").startswith(KMS_TARGET):
        return Protocol.KMS
    is_form = request.method == "POST" and request.header("content-type").startswith("application/x-www-form-urlencoded")
    return Protocol.STS if is_form or request.parameters.get("Action") in UNSIGNED_ACTIONS else Protocol.S3


def _form_body(request: ServerRequest) -> bytes:
    parts: list[bytes] = []
    size = 0
    while block := request.body.read(64 * 1024):
        parts.append(block)
        size += len(block)
        if size > MAX_FORM_BYTES:
            raise AwsError("RequestEntityTooLarge", "The request is larger than 1 MiB", 413)
    return b"".join(parts)


def _form(request: ServerRequest, body: bytes) -> Mapping[str, str]:
    # Some clients (Rust's object_store) POST with everything in the query.
    pairs = (*request.query, *parse_query(body.decode("utf-8", "replace")))
    # SECURITY: of two values of one name the sandbox would judge one and moto might do the other.
    if len({name for name, _ in pairs}) != len(pairs):
        raise AwsError("ValidationError", "A parameter is given twice")
    return dict(pairs)

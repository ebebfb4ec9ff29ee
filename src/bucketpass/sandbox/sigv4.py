"""AWS Signature Version 4, from the side that checks: who signed this request, and is it what they signed?

`parse_signature` reads what a request claims, `check_signature` proves it. Both forms are known: the Authorization header
and the presigned query.

Source: IAM User Guide, "Create a signed AWS API request"; S3 API reference, "Authenticating Requests (AWS Signature
Version 4)" [A]. The services beside S3 have the path `/` only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from bucketpass.digits import whole_number
from bucketpass.sandbox.wire_errors import AwsError, Problem, Protocol, refusal
from bucketpass.secret import Secret, same_text
from bucketpass.wire.server import ServerRequest
from bucketpass.wire.sigv4 import ALGORITHM, Scope, canonical_query, canonical_request, signature_of, signing_key, string_to_sign

__all__ = ["Signature", "check_signature", "parse_signature"]

SKEW_SECONDS = 15 * 60
MAX_PRESIGNED_SECONDS = 7 * 24 * 3600

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=([^\s,]{1,256}) *, *SignedHeaders=([a-z0-9!#$%&'*+\-.^_`|~;]{1,4096}) *, *Signature=([0-9a-f]{64})"
)
_CREDENTIAL = re.compile(r"([A-Za-z0-9_]{16,128})/([0-9]{8})/([a-z0-9-]{1,32})/([a-z0-9-]{1,32})/aws4_request")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_QUERY_PARAMETERS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request says of its signature; nothing of it is proved. `expires_seconds` is None but for presigned requests.

    `amz_date` is when the request says it was signed, `moment` the same as a time.
    """

    access_key_id: str
    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str
    amz_date: str
    moment: datetime
    session_token: Secret
    expires_seconds: int | None = None

    @property
    def presigned(self) -> bool:
        """The signature stands in the query."""
        return self.expires_seconds is not None


def parse_signature(request: ServerRequest, protocol: Protocol) -> Signature | None:
    """What the request says of its signature; None where it carries none and so is anonymous. Raises AwsError."""
    authorization = request.header("authorization")
    in_query = any(name in request.parameters for name in _QUERY_PARAMETERS)
    legacy = "AWSAccessKeyId" in request.parameters
    if authorization and (in_query or legacy):
        raise AwsError("InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
                       "Signature query string parameter or the Authorization header should be specified")  # fmt: skip
    if legacy or (authorization and not authorization.startswith(f"{ALGORITHM} ")):
        text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise AwsError("InvalidRequest", text)
    if authorization:
        return _from_header(request, authorization, protocol)
    return _from_query(request, protocol) if in_query else None


def _from_header(request: ServerRequest, authorization: str, protocol: Protocol) -> Signature:
    match = _AUTHORIZATION.fullmatch(authorization.strip())
    credential = _credential(match[1]) if match else None
    if not match or not credential:
        raise refusal(Problem.MALFORMED, protocol)
    access_key_id, scope = credential
    return Signature(
        access_key_id=access_key_id,
        scope=scope,
        signed_headers=tuple(match[2].split(";")),
        signature=match[3],
        amz_date=request.header("x-amz-date"),
        moment=_moment(request.header("x-amz-date"), scope.date, protocol),
        session_token=Secret(request.header("x-amz-security-token")),
    )


def _from_query(request: ServerRequest, protocol: Protocol) -> Signature:
    values = {name: request.parameters.get(name, "") for name in _QUERY_PARAMETERS}
    names = [name for name, _ in request.query]
    credential = _credential(values["X-Amz-Credential"])
    expires = values["X-Amz-Expires"]
    problems = {
        "X-Amz-Algorithm only supports AWS4-HMAC-SHA256": values["X-Amz-Algorithm"] != ALGORITHM,
        "Error parsing the X-Amz-Credential parameter": credential is None,
        "X-Amz-Expires must be a number between 1 and 604800 seconds": not (whole_number(expires, MAX_PRESIGNED_SECONDS)),
        "X-Amz-Signature must be 64 hex digits": not _SIGNATURE.fullmatch(values["X-Amz-Signature"]),
        # SECURITY: of two values one reader takes the first and another the last.
        "Query-string authentication requires each X-Amz parameter once": any(names.count(name) != 1 for name in _QUERY_PARAMETERS),
    }
    for message, found in problems.items():
        if found or credential is None:
            raise AwsError("AuthorizationQueryParametersError", message)
    assert credential is not None  # noqa: S101 - for the type checker; the table above has refused it
    access_key_id, scope = credential
    return Signature(
        access_key_id=access_key_id,
        scope=scope,
        signed_headers=tuple(values["X-Amz-SignedHeaders"].split(";")),
        signature=values["X-Amz-Signature"],
        amz_date=values["X-Amz-Date"],
        moment=_moment(values["X-Amz-Date"], scope.date, protocol),
        session_token=Secret(request.parameters.get("X-Amz-Security-Token", "")),
        expires_seconds=int(expires),
    )


# A client's requests of one second have the same credential and date.
@lru_cache(maxsize=1024)
def _credential(text: str) -> tuple[str, Scope] | None:
    found = _CREDENTIAL.fullmatch(text)
    return (found[1], Scope(found[2], found[3], found[4])) if found else None


@lru_cache(maxsize=64)
def _moment(text: str, scope_date: str, protocol: Protocol) -> datetime:
    match = _DATE.fullmatch(text)
    if match is None:
        raise refusal(Problem.NO_CREDENTIALS, protocol, "AWS authentication requires a valid Date or x-amz-date header")
    try:
        moment = datetime(*(int(part) for part in match.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        raise refusal(Problem.MALFORMED, protocol) from None
    if not text.startswith(scope_date):
        raise refusal(Problem.MALFORMED, protocol, f"Invalid credential date `{scope_date}`; it is not that of `{text}`")
    return moment


def check_signature(
    signature: Signature, request: ServerRequest, secret: Secret, payload: str, *, now: datetime, protocol: Protocol
) -> None:
    """The holder of `secret` signed this request, its time is now, and nothing that matters was left out. Raises AwsError.

    `payload` is the last line of the canonical request: the body's SHA-256 in hex or one of the words that stand for it.
    """
    _check_coverage(signature, request, protocol)
    text = string_to_sign(signature.amz_date, signature.scope, canonical_form(signature, request, payload))
    expected = signature_of(signing_key(secret, signature.scope), text)
    if not same_text(expected, signature.signature):
        raise refusal(Problem.BAD_SIGNATURE, protocol)
    _check_time(signature, now, protocol)


def _check_coverage(signature: Signature, request: ServerRequest, protocol: Protocol) -> None:
    signed = frozenset(signature.signed_headers)
    # SECURITY: a header that nobody signed could be put there by whoever relays the request, and would change what it does.
    unsigned = [name for name in request.fields if name.startswith("x-amz-") and name not in signed]
    if "host" not in signed or unsigned:
        details = (("HeadersNotSigned", ", ".join(sorted(unsigned) or ["host"])),)
        raise refusal(Problem.ACCESS_DENIED, protocol, "There were headers present in the request which were not signed", details)


def _check_time(signature: Signature, now: datetime, protocol: Protocol) -> None:
    age = (now - signature.moment).total_seconds()
    if signature.expires_seconds is None:
        if abs(age) > SKEW_SECONDS:
            raise refusal(Problem.SKEWED, protocol)
    elif age > signature.expires_seconds:
        expiry = signature.moment + timedelta(seconds=signature.expires_seconds)
        raise refusal(Problem.ACCESS_DENIED, protocol, "Request has expired", (("Expires", expiry.isoformat()),))
    elif age < -SKEW_SECONDS:
        raise refusal(Problem.ACCESS_DENIED, protocol, "Request is not valid yet")


def canonical_form(signature: Signature, request: ServerRequest, payload: str) -> str:
    """The text whose hash was signed."""
    pairs = [pair for pair in request.query if not (signature.presigned and pair[0] == "X-Amz-Signature")]
    headers = [(name, request.header(name)) for name in signature.signed_headers]
    return canonical_request(request.method, request.path, canonical_query(pairs), headers, payload)

"""AWS's errors as AWS writes them: XML for S3, XML of another shape for IAM and STS, JSON for KMS.

The same mistake has another code in each protocol; `WORDINGS` is the table of those that any service can answer with.

Source: S3 API reference "Error responses" [A], IAM and STS "Common errors" [A], KMS "Common errors" [A]; status codes and
texts as SDKs and their users quote them [K].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from json import dumps
from uuid import uuid4

from bucketpass.wire.server import ServerResponse
from bucketpass.wire.syntax import HttpError
from bucketpass.wire.xml import document, element, printable, text

__all__ = ["AwsError", "Problem", "Protocol", "messages", "refusal", "render_error", "unreadable"]

IAM_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class Protocol(Enum):
    """How a service writes its answers."""

    S3 = "s3"
    IAM = "iam"
    STS = "sts"
    KMS = "kms"


class AwsError(Exception):
    """An answer that is an error. `details` are further elements, such as the Region that was expected; `headers` further headers.

    `note`: what the event log says besides, and the caller is not told.
    """

    def __init__(self, code: str, message: str, status: int = 400, details: tuple[tuple[str, str], ...] = (), note: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = details
        self.note = note
        self.headers: list[tuple[str, str]] = []


class Problem(Enum):
    """What can be wrong with the credentials of any request."""

    UNKNOWN_KEY = "unknown key"
    BAD_SIGNATURE = "bad signature"
    SKEWED = "skewed"
    EXPIRED_SESSION = "expired session"
    BAD_SESSION_TOKEN = "bad session token"  # noqa: S105 - the name of a problem
    NO_CREDENTIALS = "no credentials"
    MALFORMED = "malformed"
    ACCESS_DENIED = "access denied"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class _Wording:
    code: str
    status: int
    message: str


_SIGNATURE = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
_SIGNATURE_QUERY = (
    "The request signature we calculated does not match the signature you provided."
    " Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - AWS's sentence
_EXPIRED_TOKEN = "The security token included in the request is expired"  # noqa: S105 - AWS's sentence

# By the status of what HTTP cannot read.
_UNREADABLE = {
    413: "EntityTooLarge",
    414: "RequestHeaderSectionTooLarge",
    431: "RequestHeaderSectionTooLarge",
    500: "InternalError",
    501: "NotImplemented",
}

WORDINGS: dict[Problem, dict[Protocol, _Wording]] = {
    Problem.UNKNOWN_KEY: {
        Protocol.S3: _Wording("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
        Protocol.STS: _Wording("InvalidClientTokenId", 403, _INVALID_TOKEN),
        Protocol.KMS: _Wording("UnrecognizedClientException", 400, _INVALID_TOKEN),
    },
    Problem.BAD_SIGNATURE: {
        Protocol.S3: _Wording("SignatureDoesNotMatch", 403, _SIGNATURE),
        Protocol.STS: _Wording("SignatureDoesNotMatch", 403, _SIGNATURE_QUERY),
        Protocol.KMS: _Wording("InvalidSignatureException", 400, _SIGNATURE_QUERY),
    },
    Problem.SKEWED: {
        Protocol.S3: _Wording("RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."),
        Protocol.STS: _Wording("SignatureDoesNotMatch", 403, "Signature expired: the request's time is more than 15 min. away"),
        Protocol.KMS: _Wording("InvalidSignatureException", 400, "Signature expired: the request's time is more than 15 min. away"),
    },
    Problem.EXPIRED_SESSION: {
        Protocol.S3: _Wording("ExpiredToken", 400, "The provided token has expired."),
        Protocol.STS: _Wording("ExpiredToken", 403, _EXPIRED_TOKEN),
        Protocol.KMS: _Wording("ExpiredTokenException", 400, _EXPIRED_TOKEN),
    },
    Problem.BAD_SESSION_TOKEN: {
        Protocol.S3: _Wording("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
        Protocol.STS: _Wording("InvalidClientTokenId", 403, _INVALID_TOKEN),
        Protocol.KMS: _Wording("UnrecognizedClientException", 400, _INVALID_TOKEN),
    },
    Problem.NO_CREDENTIALS: {
        Protocol.S3: _Wording("AccessDenied", 403, "Access Denied"),
        Protocol.STS: _Wording("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        Protocol.KMS: _Wording("MissingAuthenticationTokenException", 400, "Missing Authentication Token"),
    },
    Problem.MALFORMED: {
        Protocol.S3: _Wording("AuthorizationHeaderMalformed", 400, "The authorization header that you provided is not valid."),
        Protocol.STS: _Wording("IncompleteSignature", 403, "The request signature does not conform to AWS standards."),
        Protocol.KMS: _Wording("IncompleteSignatureException", 400, "The request signature does not conform to AWS standards."),
    },
    Problem.ACCESS_DENIED: {
        Protocol.S3: _Wording("AccessDenied", 403, "Access Denied"),
        Protocol.STS: _Wording("AccessDenied", 403, "Access Denied"),
        Protocol.KMS: _Wording("AccessDeniedException", 400, "Access Denied"),
    },
    Problem.INTERNAL: {
        Protocol.S3: _Wording("InternalError", 500, "We encountered an internal error. Please try again."),
        Protocol.STS: _Wording("ServiceFailure", 500, "The request processing has failed because of an unknown error."),
        Protocol.KMS: _Wording("KMSInternalException", 500, "The request was rejected because an internal exception occurred."),
    },
}


def refusal(problem: Problem, protocol: Protocol, message: str | None = None, details: tuple[tuple[str, str], ...] = ()) -> AwsError:
    """The error that a service of `protocol` answers `problem` with; `message` takes the place of the usual text."""
    wordings = WORDINGS[problem]
    wording = wordings[Protocol.STS if protocol is Protocol.IAM else protocol]
    return AwsError(wording.code, message or wording.message, wording.status, details)


def render_error(error: AwsError, protocol: Protocol, *, resource: str = "") -> ServerResponse:
    """`error` as a response in the protocol's form."""
    request_id = str(uuid4())
    if protocol is Protocol.KMS:
        answer = dumps({"__type": error.code, "message": error.message})
        headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", request_id)]
        return ServerResponse(error.status, headers, answer.encode())
    elements = [("Code", error.code), ("Message", error.message), *error.details]
    if protocol is Protocol.S3:
        elements += [("Resource", resource), ("RequestId", request_id), ("HostId", "sandbox")]
        headers = [("Content-Type", "application/xml"), ("x-amz-request-id", request_id), ("x-amz-id-2", "sandbox"), *error.headers]
        return ServerResponse(error.status, headers, document("Error", "", messages(elements)))
    namespace = IAM_NAMESPACE if protocol is Protocol.IAM else STS_NAMESPACE
    kind = text("Type", "Sender" if error.status < 500 else "Receiver")
    body = document("ErrorResponse", namespace, element("Error", kind, messages(elements)), text("RequestId", request_id))
    return ServerResponse(error.status, [("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)], body)


def unreadable(problem: HttpError) -> ServerResponse:
    """The answer to what is not a request that can be read, in S3's form: nobody knows which service it was for."""
    code = _UNREADABLE.get(problem.status, "BadRequest")
    return render_error(AwsError(code, f"An error occurred when parsing the HTTP request: {problem}.", problem.status), Protocol.S3)


def messages(elements: Iterable[tuple[str, str | None]]) -> str:
    """Elements whose texts a client may have had a part in; nothing where a text is None."""
    return "".join(text(name, printable(value)) for name, value in elements if value is not None)

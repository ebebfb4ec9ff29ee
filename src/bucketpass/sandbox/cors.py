"""CORS: which rules a bucket may have, and the answer to a browser.

Source: S3 User Guide, "Using cross-origin resource sharing"; S3 API reference, PutBucketCors [A]; error texts [K].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bucketpass.digits import whole_number
from bucketpass.sandbox.objects.xml import malformed_xml, parse_body, text_of
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, ServerResponse
from bucketpass.wire.xml import Element

__all__ = ["CorsRule", "check_cors", "cors_headers", "preflight"]

METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
MAX_RULES = 100


@dataclass(frozen=True, slots=True)
class CorsRule:
    """One rule. `max_age`: seconds for which a browser may keep the answer, None where the rule does not say."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None

    def origin_of(self, origin: str) -> str | None:
        """The entry that the origin fits; an entry has one `*` at most."""
        return next((one for one in self.origins if _fits(one, origin)), None)

    def allows_headers(self, asked: Iterable[str]) -> bool:
        """Whether all the headers may be sent; names match in any case."""
        return all(any(_fits(one.lower(), name.lower()) for one in self.headers) for name in asked)


def _fits(pattern: str, text: str) -> bool:
    head, star, tail = pattern.partition("*")
    return text.startswith(head) and text.endswith(tail) and len(text) >= len(head) + len(tail) if star else pattern == text


def check_cors(body: bytes) -> None:
    """Raise AwsError for rules that S3 does not take."""
    rules = tuple(parse_body(body, "CORSConfiguration").find_all("CORSRule"))
    if not 1 <= len(rules) <= MAX_RULES:
        raise malformed_xml()
    for rule in rules:
        origins, methods = _texts(rule, "AllowedOrigin"), _texts(rule, "AllowedMethod")
        if not origins or not methods or any(not one for one in origins):
            raise malformed_xml()
        for one in (*origins, *_texts(rule, "AllowedHeader")):
            if one.count("*") > 1:
                raise AwsError(
                    "InvalidRequest",
                    f'{"AllowedOrigin" if one in origins else "AllowedHeader"} "{one}" can not have more than one wildcard.',
                )
        for method in methods:
            if method not in METHODS:
                raise AwsError("InvalidRequest", f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")
        if (age := text_of(rule, "MaxAgeSeconds")) is not None and whole_number(age, 2**31 - 1) is None:
            raise malformed_xml()


def _texts(rule: Element, name: str) -> tuple[str, ...]:
    return tuple(one.text or "" for one in rule.find_all(name))


def _matching(rules: Iterable[CorsRule], origin: str, method: str, headers: Iterable[str] = ()) -> tuple[CorsRule, str] | None:
    for rule in rules:
        fits = rule.origin_of(origin)
        if fits is not None and method in rule.methods and rule.allows_headers(headers):
            return rule, fits
    return None


def preflight(rules: Iterable[CorsRule], request: ServerRequest) -> ServerResponse:
    """The answer to OPTIONS: what the first rule that fits allows. Raises AwsError where none does, or there are none."""
    rules = tuple(rules)
    origin, method = request.header("origin"), request.header("access-control-request-method")
    if not origin:
        raise AwsError("BadRequest", "Insufficient information. Origin request header needed.")
    if not rules:
        raise AwsError("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", 403)
    asked = [name.strip() for name in request.header("access-control-request-headers").split(",") if name.strip()]
    found = _matching(rules, origin, method, asked)
    if found is None:
        message = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method /"
        raise AwsError(
            "AccessForbidden",
            f"{message} Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
            403,
        )
    rule, _ = found
    headers = _headers(*found, origin)
    if asked:
        headers.append(("Access-Control-Allow-Headers", ", ".join(name.lower() for name in asked)))
    if rule.max_age is not None:
        headers.append(("Access-Control-Max-Age", str(rule.max_age)))
    return ServerResponse(200, headers)


def cors_headers(rules: Iterable[CorsRule], request: ServerRequest) -> list[tuple[str, str]]:
    """What the answer to a request with an Origin says to the browser; nothing where no rule fits."""
    origin = request.header("origin")
    found = _matching(rules, origin, request.method) if origin else None
    return _headers(*found, origin) if found is not None else []


def _headers(rule: CorsRule, fits: str, origin: str) -> list[tuple[str, str]]:
    anybody = fits == "*"
    headers = [("Access-Control-Allow-Origin", "*" if anybody else origin), ("Access-Control-Allow-Methods", ", ".join(rule.methods))]
    if not anybody:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if rule.exposed:
        headers.append(("Access-Control-Expose-Headers", ", ".join(rule.exposed)))
    headers.append(("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"))
    return headers

"""Whether the issuer publishes the key that signed the token; in a sandbox, whether the token is one of its mock of the issuer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bucketpass.credentials.data import LOOK_SECONDS
from bucketpass.credentials.doctor.examination import CheckResult, ExaminedService, found, passed, skipped
from bucketpass.identity.ask import ACCEPT, discovery_url, json_object
from bucketpass.identity.token import UnverifiedToken, decoded
from bucketpass.wire.client import HttpRequest

__all__ = ["check_issuer"]

MOCK_ISSUERS_PATH = "/_oidc/"  # the sandbox's page that lists the issuers that it mocks


def check_issuer(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether the issuer publishes the key that signed the token. AWS must be able to read it, this machine need not."""
    if service.token is None:
        yield skipped("issuer", "no token")
        return
    if not service.token.issuer.startswith("https://"):
        yield found("issuer", "issuer-not-https", f"`{service.token.issuer}` is not https")
        return
    mocked = mocked_issuer(service, service.token.issuer)
    if mocked is not None:
        yield from check_mocked_issuer(service, service.token, mocked)
        return
    unread = "AWS must be able to read it from the internet. This machine need not: where it is kept from the internet, all is well"
    document, why = fetched_json(service, discovery_url(service.token.issuer))
    if document is None:
        yield found("issuer", "issuer-unreadable", f"discovery cannot be read from here: {why}", unread)
        return
    if document.get("issuer") != service.token.issuer:
        remedy = "the provider in IAM must have the token's `iss`, exactly: see its slash at the end"
        yield found(
            "issuer", "issuer-mismatch", f"discovery is of `{document.get('issuer')}`, the token of `{service.token.issuer}`", remedy
        )
        return
    keys, why = fetched_json(service, str(document.get("jwks_uri")))
    if keys is None:
        yield found("issuer", "issuer-unreadable", f"the keys cannot be read from here: {why}", unread)
        return
    signed_with = key_id(service.token)
    if signed_with is not None and signed_with not in published(keys):
        seen = f"the issuer does not publish the key `{signed_with}`, with which the token is signed"
        yield found(
            "issuer", "signing-key-unpublished", seen, "get a new token: the issuer's keys have changed, or this one comes from elsewhere"
        )
        return
    yield passed("issuer", "publishes the key with which the token is signed")


def mocked_issuer(service: ExaminedService, issuer: str) -> str | None:
    """Where the sandbox that answers as STS mocks the issuer, or None."""
    if service.role is None or not service.sandbox:
        return None
    base = service.role.endpoint().rstrip("/")
    page, _ = fetched_json(service, f"{base}{MOCK_ISSUERS_PATH}", service.role.ca_file)
    issuers = (page or {}).get("issuers")
    path = issuers.get(issuer) if isinstance(issuers, dict) else None
    return f"{base}{path}" if isinstance(path, str) else None


def check_mocked_issuer(service: ExaminedService, token: UnverifiedToken, address: str) -> Iterator[CheckResult]:
    """Whether the token is one of the sandbox's mock of its issuer: the sandbox takes no others."""
    keys, _ = fetched_json(service, f"{address}/jwks", service.role.ca_file if service.role is not None else None)
    if key_id(token) in published(keys or {}):
        yield passed("issuer", f"this sandbox stands in for `{token.issuer}`, and the token is its own")
    else:
        seen = f"this sandbox stands in for `{token.issuer}`, and the token is not its own: it is of the real issuer or of another sandbox"
        yield found("issuer", "issuer-mocked", seen)


def key_id(token: UnverifiedToken) -> object:
    """The ID of the key that signed the token, or None."""
    return (decoded(token.text.reveal().partition(".")[0]) or {}).get("kid")


def published(keys: Mapping[str, object]) -> list[object]:
    """The key IDs of a key set."""
    listed = keys.get("keys")
    return [key.get("kid") for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []


def fetched_json(service: ExaminedService, url: str, ca_file: str | None = None) -> tuple[dict[str, object] | None, str]:
    """The JSON object at `url`, or why there is none."""
    try:
        response = service.machine.send(HttpRequest("GET", url, (ACCEPT,)), timeout=LOOK_SECONDS, ca_file=ca_file)
    except OSError as error:
        return None, f"`{url}`: {error.strerror or error}"
    value = json_object(response.body) if response.status == 200 else None
    return value, f"`{url}` answered {response.status}"

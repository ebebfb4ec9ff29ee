"""What is wrong with a declaration as a whole: names that lead nowhere, fields that do not go together.

It reads values, so that a Python program's declaration is held to the same rules as a file's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bucketpass.errors import DeclarationError, Diagnostic, Place
from bucketpass.issuers import PRESETS, issuer_url
from bucketpass.issuers.url import url_mistake
from bucketpass.model.access import Access, AccessLevel, Bucket, Grant, Identity, Issuer, Service
from bucketpass.model.shape import nearest

__all__ = ["mistakes", "validate"]

SESSION_SECONDS = range(900, 43_201)
ALWAYS_KEYS = frozenset({"aud", "oaud", "sub", "email", "amr"})


def validate(access: Access) -> None:
    """The declaration can be compiled. Raises `DeclarationError` with all that is wrong with it."""
    found = mistakes(access)
    if found:
        raise DeclarationError(diagnostics=found)


def mistakes(access: Access) -> tuple[Diagnostic, ...]:
    """All that is wrong with the declaration; each place has the path only."""
    return tuple(_mistakes(access))


def _wrong(path: str, message: str, remedy: str = "") -> Diagnostic:
    return Diagnostic("declaration", message, remedy, Place(path=path))


def _mistakes(access: Access) -> Iterator[Diagnostic]:
    for name, issuer in access.issuers.items():
        yield from _issuer(f"issuers.{name}", issuer)
    for name, bucket in access.buckets.items():
        yield from _bucket(f"buckets.{name}", bucket, access)
    for name, service in access.services.items():
        yield from _service(f"services.{name}", service, access)


def _issuer(path: str, issuer: Issuer) -> Iterator[Diagnostic]:
    if issuer.preset not in PRESETS:
        yield _wrong(f"{path}.preset", f"got the unknown preset `{issuer.preset}`", nearest(issuer.preset, PRESETS))
        return
    known = PRESETS[issuer.preset]
    if issuer.url is None and known.url is None:
        example = known.urls[0] if known.urls else "https://issuer.example.com"
        yield _wrong(path, f"`url` is missing, expected the issuer URL of {known.title}", f"add `url: {example}`")
    elif mistake := url_mistake(issuer_url(issuer)):
        yield _wrong(f"{path}.url", f"got the issuer URL `{issuer.url}`: {mistake}", "write it as the token's `iss` has it")
    if not issuer.audience and known.audience is None and (known.authorized_party is None or issuer.authorized_party is False):
        yield _wrong(path, "`audience` is missing, expected what tokens for S3 carry as `aud`", "add `audience: ...`")


def _bucket(path: str, bucket: Bucket, access: Access) -> Iterator[Diagnostic]:
    if bucket.exclusive and not bucket.administrators:
        message = "`exclusive` without `administrators` locks out whoever deploys this"
        yield _wrong(f"{path}.exclusive", message, "add `administrators: [<ARN of the role that deploys>]`")
    if bucket.administrators and not bucket.exclusive:
        message = "`administrators` without `exclusive` changes nothing"
        yield _wrong(f"{path}.administrators", message, "add `exclusive: true`, or remove them")


def _service(path: str, service: Service, access: Access) -> Iterator[Diagnostic]:
    if not service.identity:
        yield _wrong(f"{path}.identity", "got no identity, expected at least one", "say which tokens are this service")
    for index, identity in enumerate(service.identity):
        yield from _identity(f"{path}.identity[{index}]", identity, access.issuers)
    for index, grant in enumerate(service.grants):
        yield from _grant(f"{path}.grants[{index}]", grant, access.buckets)
    if service.session.seconds not in SESSION_SECONDS:
        yield _wrong(f"{path}.session.duration", f"got `{service.session.seconds}` seconds, expected 15m to 12h")


def _identity(path: str, identity: Identity, issuers: Mapping[str, Issuer]) -> Iterator[Diagnostic]:
    issuer = issuers.get(identity.issuer)
    if issuer is None:
        yield _wrong(f"{path}.issuer", f"got the unknown issuer `{identity.issuer}`", nearest(identity.issuer, issuers))
        return
    known = PRESETS.get(issuer.preset)
    if known is None:
        return
    strangers = [name for name in identity.claims if name not in known.fields]
    for name in strangers:
        yield _wrong(f"{path}.{name}", f"got the unknown field `{name}`, expected a field of {known.title}", nearest(name, known.fields))
    if not strangers and known.format_of(identity.claims) is None:
        options = "; ".join(" + ".join(known_format.fields) for known_format in known.subjects)
        got = " + ".join(identity.claims) or "none"
        # SECURITY: a trust without a whole subject lets every token of the issuer in.
        yield _wrong(path, f"got the fields {got}, expected one of: {options}", "the subject must be pinned as a whole")
    for name, value in identity.claims.items():
        if not value:
            yield _wrong(f"{path}.{name}", f"got an empty `{name}`", "say who exactly")
        elif ("*" in value or "?" in value) and identity.unsafe_wildcard is None:
            yield _wrong(f"{path}.{name}", f"got the wildcard `{value}`, expected an exact value", "add `unsafe_wildcard: <the reason>`")
    for claim in identity.require:
        if claim not in known.claim_keys | ALWAYS_KEYS:
            remedy = nearest(claim, sorted(known.claim_keys | ALWAYS_KEYS))
            yield _wrong(f"{path}.require.{claim}", f"got the claim `{claim}`, which AWS does not read from {known.title}", remedy)


def _grant(path: str, grant: Grant, buckets: Mapping[str, Bucket]) -> Iterator[Diagnostic]:
    if grant.bucket not in buckets:
        yield _wrong(f"{path}.bucket", f"got the unknown bucket `{grant.bucket}`", nearest(grant.bucket, buckets))
    if not grant.access and not grant.actions:
        levels = ", ".join(f"`{level.value}`" for level in AccessLevel)
        yield _wrong(path, f"`access` is missing, expected one or more of {levels}", "add `access: read`")
    for field, text in (("prefix", grant.prefix), ("key", grant.key or "")):
        if any(not ("\x20" <= character <= "\xff") for character in text):
            message = f"got the {field} `{text.encode('unicode_escape').decode('ascii')}`, which has characters that IAM cannot write"
            yield _wrong(f"{path}.{field}", message, "IAM takes U+0020 to U+00FF")
        if text.startswith("/"):
            yield _wrong(f"{path}.{field}", f"got the {field} `{text}`, expected no slash at its start", f"write `{text.lstrip('/')}`")

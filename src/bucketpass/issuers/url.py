"""Issuer URLs: how they are written in a provider, in a condition key, and what IAM takes.

Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM" and API CreateOpenIDConnectProvider [A].
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bucketpass.issuers.interface import Preset

__all__ = ["fits_form", "normalise_url", "provider_path", "url_mistake"]

URL_CHARACTERS = 255


def normalise_url(preset: Preset, url: str) -> str:
    """The URL as the provider writes it in `iss`: host in lower case, trailing slash as the preset says."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        return url.strip()
    host, slash, path = rest.partition("/")
    whole = f"{scheme.lower()}://{host.lower()}{slash}{path}"
    if preset.trailing_slash is None:
        return whole
    return whole.rstrip("/") + ("/" if preset.trailing_slash else "")


def provider_path(url: str) -> str:
    """Host and path without the scheme: what stands before `:aud` in a condition key, and after `oidc-provider/` in an ARN.

    A key with the scheme never matches anything [A].
    """
    return url.removeprefix("https://")


def url_mistake(url: str) -> str | None:
    """What IAM would not take about this issuer URL, or None. [A]"""
    parts = urlsplit(url)
    checks = (
        (parts.scheme != "https", "expected it to start with `https://`"),
        (not parts.hostname, "expected a host"),
        ("@" in parts.netloc, "expected no user name"),
        (":" in parts.netloc, "expected no port"),
        (bool(parts.query) or "?" in url, "expected no query"),
        (bool(parts.fragment) or "#" in url, "expected no fragment"),
        ("*" in url, "expected no wildcard"),
        (not url.isascii() or any(character.isspace() for character in url), "expected ASCII without blanks"),
        (len(url) > URL_CHARACTERS, f"expected at most {URL_CHARACTERS} characters"),
    )
    return next((words for wrong, words in checks if wrong), None)


def fits_form(preset: Preset, url: str) -> bool:
    """Whether the URL has one of the forms that the preset knows. A preset without forms takes any."""
    return not preset.urls or any(re.fullmatch(_expression(form), url) for form in preset.urls)


def _expression(form: str) -> str:
    pieces = re.split(r"(\{[^}]*\})", form)
    return "".join(re.escape(piece) if not piece.startswith("{") else (".+" if piece.endswith("...}") else "[^/]+") for piece in pieces)

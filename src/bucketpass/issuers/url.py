"""Issuer URLs: how they are written in a provider, in a condition key, and what IAM takes.

Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM" and API CreateOpenIDConnectProvider [A].
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from urllib.parse import urlsplit

__all__ = ["fits_form", "normalise_url", "provider_path", "url_mistake", "url_pieces"]

URL_CHARACTERS = 255


@lru_cache(maxsize=1024)
def normalise_url(url: str, trailing_slash: bool | None) -> str:
    """The URL as its provider writes it in `iss`: scheme and host in lower case; with a trailing slash, without, or (None) as it is."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        return url.strip()
    host, slash, path = rest.partition("/")
    whole = f"{scheme.lower()}://{host.lower()}{slash}{path}"
    return whole if trailing_slash is None else whole.rstrip("/") + ("/" if trailing_slash else "")


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
        (":" in parts.netloc and not _is_local(parts.hostname or ""), "expected no port"),
        (bool(parts.query) or "?" in url, "expected no query"),
        (bool(parts.fragment) or "#" in url, "expected no fragment"),
        ("*" in url, "expected no wildcard"),
        (not url.isascii() or any(character.isspace() for character in url), "expected ASCII without blanks"),
        (len(url) > URL_CHARACTERS, f"expected at most {URL_CHARACTERS} characters"),
    )
    return next((words for wrong, words in checks if wrong), None)


def _is_local(host: str) -> bool:
    """Whether the host is this machine: no issuer of AWS's, but one of a sandbox or of a gateway that runs here too."""
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.")


def fits_form(forms: tuple[str, ...], url: str) -> bool:
    """Whether the URL has one of the forms. Where there are none, any URL does."""
    return not forms or any(_expression(form).fullmatch(url) for form in forms)


@lru_cache(maxsize=1024)
def url_pieces(forms: tuple[str, ...], url: str) -> Mapping[str, str]:
    """What stands in the URL for each name of the first form that it has; empty where it has none."""
    found = (match for form in forms if (match := _expression(form).fullmatch(url)))
    return next((match.groupdict() for match in found), {})


@cache
def _expression(form: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(\.\.\.)?\}", form)
    expression = re.escape(parts[0])
    for name, rest, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        expression += f"(?P<{name}>{'.+' if rest else '[^/]+'}){re.escape(literal)}"
    return re.compile(expression)

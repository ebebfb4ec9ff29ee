"""Whatever the PyPI package `id` detects: the platforms of package publishing, as that project learns new ones."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from bucketpass.errors import IdentityError
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.secret import Secret

__all__ = ["AmbientSource", "detect"]

DEFAULT_AUDIENCE = "sts.amazonaws.com"


class AmbientSource(NamedTuple):
    """The token that `id` detects for the audience."""

    audience: str = DEFAULT_AUDIENCE
    name: str = "ambient"

    def describe(self) -> str:
        """The package and the audience."""
        return f"ambient credential found by `id`, audience {self.audience}"

    def fetch(self) -> Secret:
        """A new token for the audience."""
        library = import_module("id")
        try:
            token = library.detect_credential(self.audience)
        except library.AmbientCredentialError as error:
            raise IdentityError(f"`id` found a platform that gives no token: {error}", remedy="see that platform's page on OIDC") from None
        if token is None:
            raise IdentityError("`id` finds no token any more", remedy="name a source with --source")
        return Secret(token)


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The ambient credential, where `id` is installed and finds one."""
    if find_spec("id") is None:
        return NotHere("the package `id` is not installed")
    library = import_module("id")
    try:
        found = library.detect_credential(audience or DEFAULT_AUDIENCE)
    except library.AmbientCredentialError as error:
        return NotHere(f"the package `id` says: {error}")
    return NotHere("the package `id` finds none") if found is None else AmbientSource(audience or DEFAULT_AUDIENCE)

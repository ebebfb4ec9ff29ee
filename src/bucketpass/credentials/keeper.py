"""The thread that renews a provider's credentials, for as long as there is the provider."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bucketpass.credentials.native_threads import Turnstile
    from bucketpass.credentials.provider import Provider

__all__ = ["Keeper", "keep"]


class Keeper:
    """Whether a keeper's thread still runs."""

    __slots__ = ("lives",)

    def __init__(self) -> None:
        self.lives = True


def keep(reference: weakref.ref[Provider], turnstile: Turnstile, keeper: Keeper) -> None:
    """A keeper's life: it ends with its provider."""
    try:
        while True:
            provider = reference()
            if provider is None or provider._closed:
                return
            delay = provider.renew_if_due()
            del provider
            turnstile.sleep(delay)
    finally:
        keeper.lives = False

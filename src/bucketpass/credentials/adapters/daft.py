"""daft: a function that gives keys and their expiry, for `S3Config(credentials_provider=...)`."""

from __future__ import annotations

from collections.abc import Callable

from daft.io import S3Credentials  # type: ignore[import-not-found, unused-ignore]

from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider

__all__ = ["daft_credentials_provider"]


class ServiceKeys:
    """Gives the keys of this moment. A worker process that gets it by pickle makes a provider of its own, without any secret."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def __call__(self) -> S3Credentials:
        held = self._provider.current()
        return S3Credentials(
            key_id=held.access_key_id,
            access_key=held.secret_access_key.reveal(),
            session_token=held.session_token.reveal(),
            expiry=held.expiration,
        )


def daft_credentials_provider(provider: Provider | None = None) -> Callable[[], S3Credentials]:
    """What `S3Config(credentials_provider=...)` takes. daft asks again 10 s before the expiry (`buffer_time`)."""
    return ServiceKeys(provider or service_provider())

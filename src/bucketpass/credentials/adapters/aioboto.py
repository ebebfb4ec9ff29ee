"""aiobotocore: the same session for asyncio, and what s3fs, aioboto3 and fsspec build on."""

from __future__ import annotations

from aiobotocore.credentials import AioCredentialResolver, AioCredentials  # type: ignore[import-not-found, unused-ignore]
from aiobotocore.session import AioSession  # type: ignore[import-not-found, unused-ignore]
from botocore.credentials import CredentialProvider, ReadOnlyCredentials

from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider

__all__ = ["AsyncServiceCredentials", "ServiceSession", "aiobotocore_session"]

METHOD = "bucketpass"


class AsyncServiceCredentials(AioCredentials):  # type: ignore[misc, unused-ignore]
    """aiobotocore's view of a provider. Where it has to wait, the event loop goes on."""

    method = METHOD
    account_id = None

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The keys of this moment, together."""
        held = await self._provider.current_async()
        return ReadOnlyCredentials(held.access_key_id, held.secret_access_key.reveal(), held.session_token.reveal())

    @property
    def access_key(self) -> str:
        """The access key ID of this moment."""
        return self._provider.current().access_key_id

    @property
    def secret_key(self) -> str:
        """The secret access key of this moment."""
        return self._provider.current().secret_access_key.reveal()

    @property
    def token(self) -> str:
        """The session token of this moment."""
        return self._provider.current().session_token.reveal()


class AsyncServiceProvider(CredentialProvider):
    """The only entry of the session's chain."""

    METHOD = METHOD
    CANONICAL_NAME = METHOD

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider

    async def load(self) -> AsyncServiceCredentials:
        """The provider's credentials."""
        return AsyncServiceCredentials(self._provider)


class ServiceSession(AioSession):  # type: ignore[misc, unused-ignore]
    """A session with the service's credentials, and with no others to fall back to.

    A copy is the session itself (datasets copies the options that it is in); another process that gets it by pickle makes one
    of its own, from the same options and without any secret.
    """

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider
        self.register_component("credential_provider", AioCredentialResolver([AsyncServiceProvider(provider)]))

    def __deepcopy__(self, memo: object) -> ServiceSession:
        return self

    def __reduce__(self) -> tuple[type[ServiceSession], tuple[Provider]]:
        return ServiceSession, (self._provider,)


def aiobotocore_session(provider: Provider | None = None) -> ServiceSession:
    """An aiobotocore session with the service's credentials."""
    return ServiceSession(provider or service_provider())

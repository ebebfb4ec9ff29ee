"""botocore and boto3: a session whose credentials are always valid, and which knows no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import botocore.credentials
import botocore.session

from bucketpass.credentials.adapters.library import needs_library
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider
from bucketpass.credentials.values import Credentials

if TYPE_CHECKING:
    import boto3

__all__ = ["ServiceCredentials", "boto3_session", "botocore_session"]

METHOD = "bucketpass"


class ServiceCredentials(botocore.credentials.Credentials):
    """botocore's view of a provider. botocore calls `get_frozen_credentials` at each request, so it is the provider's own view."""

    method = METHOD
    account_id = None

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.get_frozen_credentials = provider.view(frozen)  # type: ignore[method-assign]

    @property
    def access_key(self) -> str:  # type: ignore[override]  # botocore keeps values here, of any moment
        """The access key ID of this moment."""
        return self._provider.current().access_key_id

    @property
    def secret_key(self) -> str:  # type: ignore[override]
        """The secret access key of this moment."""
        return self._provider.current().secret_access_key.reveal()

    @property
    def token(self) -> str:  # type: ignore[override]
        """The session token of this moment."""
        return self._provider.current().session_token.reveal()


def frozen(held: Credentials) -> botocore.credentials.ReadOnlyCredentials:
    """The keys of one session, together."""
    return botocore.credentials.ReadOnlyCredentials(held.access_key_id, held.secret_access_key.reveal(), held.session_token.reveal())


class ServiceProvider(botocore.credentials.CredentialProvider):
    """The only entry of the session's chain."""

    METHOD = METHOD
    CANONICAL_NAME = METHOD

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider

    def load(self) -> ServiceCredentials:
        """The provider's credentials."""
        return ServiceCredentials(self._provider)


def botocore_session(provider: Provider | None = None) -> botocore.session.Session:
    """A botocore session with the service's credentials."""
    session = botocore.session.Session()
    # SECURITY: the whole chain is replaced: where there are no credentials of ours, botocore must not find the node's.
    resolver = botocore.credentials.CredentialResolver([ServiceProvider(provider or service_provider())])
    session.register_component("credential_provider", resolver)
    return session


@needs_library
def boto3_session(provider: Provider | None = None, *, region_name: str | None = None) -> boto3.Session:
    """A boto3 session with the service's credentials: its clients work for as long as the process runs."""
    import boto3

    return boto3.Session(botocore_session=botocore_session(provider), region_name=region_name)

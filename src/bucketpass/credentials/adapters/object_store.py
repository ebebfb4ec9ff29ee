"""obstore and polars: both take a function that gives keys and their expiry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider

__all__ = ["ObstoreCredential", "obstore_credential_provider", "polars_credential_provider"]


class ObstoreCredential(TypedDict):
    """obstore's `S3Credential`."""

    access_key_id: str
    secret_access_key: str
    token: str | None
    expires_at: datetime | None


def obstore_credential_provider(provider: Provider | None = None) -> Callable[[], ObstoreCredential]:
    """What `S3Store(credential_provider=...)` takes. obstore asks again shortly before the expiry."""
    own = provider or service_provider()

    def credential() -> ObstoreCredential:
        held = own.current()
        return {
            "access_key_id": held.access_key_id,
            "secret_access_key": held.secret_access_key.reveal(),
            "token": held.session_token.reveal(),
            "expires_at": held.expiration,
        }

    return credential


def polars_credential_provider(provider: Provider | None = None) -> Callable[[], tuple[dict[str, str], int]]:
    """What `credential_provider=` of polars' readers takes."""
    own = provider or service_provider()

    def credential() -> tuple[dict[str, str], int]:
        held = own.current()
        keys = {
            "aws_access_key_id": held.access_key_id,
            "aws_secret_access_key": held.secret_access_key.reveal(),
            "aws_session_token": held.session_token.reveal(),
        }
        return keys, int(held.expires)

    return credential

"""TensorStore: a context resource that leads one store to an endpoint in this process, whatever the environment says."""

from __future__ import annotations

from bucketpass.credentials.adapters.container import start_endpoint
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider

__all__ = ["tensorstore_credentials"]


def tensorstore_credentials(provider: Provider | None = None) -> dict[str, str]:
    """What `tensorstore.Context({"aws_credentials": ...})` takes. The endpoint behind it serves until this process ends."""
    endpoint = start_endpoint(provider or service_provider())
    return {"type": "ecs", "endpoint": endpoint.url, "auth_token_file": str(endpoint.token_file)}

"""Lance: a namespace whose tables come with the service's keys and their expiry, so that Lance asks again in time."""

from __future__ import annotations

from lance_namespace import (  # type: ignore[import-not-found, unused-ignore]
    DescribeTableRequest,
    DescribeTableResponse,
    LanceNamespace,
)

from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider

__all__ = ["ServiceNamespace", "lance_namespace"]


class ServiceNamespace(LanceNamespace):  # type: ignore[misc, unused-ignore]
    """The tables below `root`: the table `["raw", "points"]` is at `<root>/raw/points`. `settings` are Lance's storage options."""

    def __init__(self, root: str, provider: Provider, settings: dict[str, str]) -> None:
        self._root = root.rstrip("/")
        self._provider = provider
        self._settings = settings

    def namespace_id(self) -> str:
        """A name of this namespace, for Lance's caches."""
        return f"bucketpass {self._root}"

    def describe_table(self, request: DescribeTableRequest) -> DescribeTableResponse:
        """Where the table is, and the keys of this moment."""
        # Lance's own code passes a dictionary here, its Rust core something like one.
        names = request.model_dump()["id"]
        held = self._provider.current()
        keys = {
            "aws_access_key_id": held.access_key_id,
            "aws_secret_access_key": held.secret_access_key.reveal(),
            "aws_session_token": held.session_token.reveal(),
            "expires_at_millis": str(int(held.expires * 1000)),
        }
        return DescribeTableResponse(location="/".join([self._root, *names]), storage_options={**self._settings, **keys})


def lance_namespace(root: str, provider: Provider | None = None, **settings: str) -> ServiceNamespace:
    """What `lance.dataset(namespace_client=..., table_id=[...])` takes for tables below `root`, such as `s3://datasets/tables`."""
    return ServiceNamespace(root, provider or service_provider(), settings)

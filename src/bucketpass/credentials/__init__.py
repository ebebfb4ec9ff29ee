"""A token becomes credentials: exchanged once per host, renewed before they end, and handed to every S3 client.

::

    boto3_session().client("s3")                                          # by AWS_ROLE_ARN and what this machine has for a token
    own = service_provider(role_arn="arn:aws:iam::111122223333:role/bucketpass-trainer", source="github")
    own.current()                                                         # Credentials, always valid; 100 ns
    s3_filesystem(own).ls("datasets/raw/")

`exchange.py` is the flow without I/O, `host.py` shares it between processes, `provider.py` keeps it fresh; `adapters/` has one
file a client, `process.py` and `server.py` serve programs that are not in Python. All times and sizes stand in `budgets.py`.
"""

TYPE_CHECKING = False  # type checkers know the name
if TYPE_CHECKING:
    from bucketpass.credentials.adapters.aioboto import aiobotocore_session
    from bucketpass.credentials.adapters.boto import boto3_session, botocore_session
    from bucketpass.credentials.adapters.container import use_container_environment
    from bucketpass.credentials.adapters.daft import daft_credentials_provider
    from bucketpass.credentials.adapters.duckdb import duckdb_secret
    from bucketpass.credentials.adapters.filesystem import pyarrow_filesystem, s3_filesystem, storage_options
    from bucketpass.credentials.adapters.lance import lance_namespace
    from bucketpass.credentials.adapters.object_store import obstore_credential_provider, polars_credential_provider
    from bucketpass.credentials.adapters.tensorstore import tensorstore_credentials
    from bucketpass.credentials.provider import Provider
    from bucketpass.credentials.service import service_provider
    from bucketpass.credentials.values import Credentials

__all__ = [
    "Credentials",
    "Provider",
    "aiobotocore_session",
    "boto3_session",
    "botocore_session",
    "daft_credentials_provider",
    "duckdb_secret",
    "lance_namespace",
    "obstore_credential_provider",
    "polars_credential_provider",
    "pyarrow_filesystem",
    "s3_filesystem",
    "service_provider",
    "storage_options",
    "tensorstore_credentials",
    "use_container_environment",
]

# Imported when first used: a credential process passes through this file in its 12 ms, and each client has its own library.
MODULES = {
    "adapters.aioboto": ("aiobotocore_session",),
    "adapters.boto": ("boto3_session", "botocore_session"),
    "adapters.container": ("use_container_environment",),
    "adapters.daft": ("daft_credentials_provider",),
    "adapters.duckdb": ("duckdb_secret",),
    "adapters.filesystem": ("pyarrow_filesystem", "s3_filesystem", "storage_options"),
    "adapters.lance": ("lance_namespace",),
    "adapters.object_store": ("obstore_credential_provider", "polars_credential_provider"),
    "adapters.tensorstore": ("tensorstore_credentials",),
    "provider": ("Provider",),
    "service": ("service_provider",),
    "values": ("Credentials",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in MODULES.items():
        if name in names:
            try:
                return getattr(import_module(f"bucketpass.credentials.{module}"), name)
            except ModuleNotFoundError as error:
                from bucketpass.credentials.adapters.library import missing_library

                raise missing_library(error) from None
    raise AttributeError(name)

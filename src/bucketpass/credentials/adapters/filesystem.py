"""s3fs, and so everything that reads through fsspec: pyarrow, datasets, pandas, dask, zarr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bucketpass.credentials.adapters.aioboto import aiobotocore_session
from bucketpass.credentials.adapters.library import needs_library
from bucketpass.credentials.provider import Provider

if TYPE_CHECKING:
    import pyarrow.fs  # type: ignore[import-not-found, unused-ignore]
    import s3fs  # type: ignore[import-not-found, unused-ignore]

__all__ = ["pyarrow_filesystem", "s3_filesystem", "storage_options"]


@needs_library
def storage_options(provider: Provider | None = None) -> dict[str, object]:
    """What `storage_options=` of pandas, datasets and dask, and `fsspec.open`, take for s3 addresses."""
    return {"session": aiobotocore_session(provider)}


@needs_library
def s3_filesystem(provider: Provider | None = None, **settings: object) -> s3fs.S3FileSystem:
    """An s3fs file system with the service's credentials. `settings` are those of s3fs, such as `client_kwargs`."""
    import s3fs  # type: ignore[import-not-found, unused-ignore]

    return s3fs.S3FileSystem(**storage_options(provider), **settings)


@needs_library
def pyarrow_filesystem(provider: Provider | None = None, **settings: object) -> pyarrow.fs.PyFileSystem:
    """A pyarrow file system over s3fs: pyarrow's own takes no provider, and ignores AWS_ENDPOINT_URL_STS."""
    from pyarrow.fs import FSSpecHandler, PyFileSystem  # type: ignore[import-not-found, unused-ignore]

    return PyFileSystem(FSSpecHandler(s3_filesystem(provider, **settings)))

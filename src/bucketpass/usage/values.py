"""Values of logs that have to be read before SQL can compare them."""

from __future__ import annotations

from urllib.parse import unquote

__all__ = ["copy_source"]

_NONE = (None, None, None)


def copy_source(header: str | None) -> tuple[str | None, str | None, str | None]:
    """Bucket, key and version of `x-amz-copy-source`, which may be URL-encoded and may begin with `/`; three None without it."""
    if not header:
        return _NONE
    path, _, query = header.partition("?versionId=")
    bucket, slash, key = unquote(path).removeprefix("/").partition("/")
    return (bucket, key, query or None) if slash and bucket and key else _NONE

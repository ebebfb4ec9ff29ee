"""What S3 clients ask for besides the objects of a grant, as each was seen to ask for it at the sandbox.

Others were seen to ask for nothing else: boto3, Polars, DuckDB, obstore, LanceDB, s3torchconnector, TensorBoard, Prefect, Dagster,
ClearML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bucketpass.model.access import Grant

__all__ = ["CLIENTS", "ClientNeeds", "Listing", "asks_head", "folder_name", "listing_of", "makes_markers", "parents"]


class Listing(Enum):
    """Which names a grant shows besides those below its prefix. Each shows what the ones before it show."""

    EXACT = "exact"
    FOLDER = "folder"  # the folder by its name without the slash
    BUCKET_ROOT = "bucket-root"  # the folders on the way from the bucket's root


@dataclass(frozen=True, slots=True)
class ClientNeeds:
    """What a client asks for.

    seen: with which version. listing: which names it asks for. head: whether it calls HeadBucket.
    markers: whether it puts an empty object for each folder on the way to what it writes.
    deletes: what becomes of its work where it may not delete.
    """

    seen: str
    listing: Listing = Listing.EXACT
    head: bool = False
    markers: bool = False
    deletes: str = ""


CLIENTS = {
    "arrow": ClientNeeds("PyArrow 26.0.1", Listing.FOLDER, head=True, markers=True, deletes="`move` and `delete_dir` fail"),
    "aws-cli": ClientNeeds("AWS CLI 1.46.3", Listing.FOLDER, deletes="`mv`, `rm` and `sync --delete` fail"),
    "dask": ClientNeeds("Dask 2026.8.0", Listing.FOLDER, head=True, deletes="`overwrite=True` leaves the old files among the new ones"),
    "dvc": ClientNeeds("DVC 3.67.1", Listing.FOLDER, deletes="`gc` reports success, and leaves the objects"),
    "feast": ClientNeeds("Feast 0.67.0", head=True),
    "flytekit": ClientNeeds("flytekit 1.16.31", Listing.FOLDER, head=True),
    "jupyter": ClientNeeds("s3contents 0.11.2", deletes="deleting and renaming report success, and leave the file"),
    "kserve": ClientNeeds("KServe 0.21.0", head=True),
    "label-studio": ClientNeeds("Label Studio 1.23.2", head=True),
    "mlflow": ClientNeeds("MLflow 3.17.2", deletes="`gc` reports runs as permanently deleted, and leaves their objects"),
    "pandas": ClientNeeds("pandas 3.1.1", Listing.FOLDER, head=True),
    "pyiceberg": ClientNeeds("PyIceberg 0.12.0", deletes="`purge` and the expiry of snapshots report success, and leave the files"),
    "ray-train": ClientNeeds("Ray 2.60.0", Listing.FOLDER, head=True, markers=True, deletes="`num_to_keep` fails"),
    "s3fs": ClientNeeds("s3fs 2026.9.0", Listing.FOLDER, head=True, deletes="`rm` and `mv` report success, and leave the objects"),
    "spark": ClientNeeds("Spark 4.3.0", Listing.FOLDER, deletes="commits fail, since they rename files"),
}
_ORDER = tuple(Listing)


def listing_of(grant: Grant) -> Listing:
    """Return which names the grant shows: what it says itself, and what its clients ask for."""
    return max((grant.listing, *(CLIENTS[client].listing for client in grant.clients)), key=_ORDER.index)


def asks_head(grant: Grant) -> bool:
    """True if the grant has HeadBucket: by itself, or for one of its clients."""
    return grant.head or any(CLIENTS[client].head for client in grant.clients)


def makes_markers(grant: Grant) -> bool:
    """True if one of the grant's clients puts an empty object for each folder on the way; such objects bring no tags."""
    return not grant.upload_tags and any(CLIENTS[client].markers for client in grant.clients)


def folder_name(prefix: str) -> str:
    """Return a folder as clients write it that drop its slash: `raw` for `raw/`; nothing for a prefix that is not a folder."""
    return prefix[:-1] if prefix.endswith("/") else ""


def parents(prefix: str) -> Iterator[str]:
    """Yield the folders on the way to a prefix: `a/` and `a/b/` for `a/b/c/`."""
    return (prefix[: place + 1] for place, character in enumerate(prefix[:-1]) if character == "/")

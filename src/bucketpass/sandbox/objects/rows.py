"""The tables of the index, and their rows as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bucketpass.sandbox.objects.model import Checksum, Encryption, ObjectVersion, Retention, Segment, Upload

__all__ = ["COLUMNS", "SCHEMA", "Row", "details_of", "time_of", "upload_of", "version_of"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    bucket TEXT NOT NULL, key BLOB NOT NULL, sequence INTEGER PRIMARY KEY AUTOINCREMENT, version_id TEXT NOT NULL,
    latest INTEGER NOT NULL, marker INTEGER NOT NULL, modified REAL NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    details TEXT NOT NULL, data BLOB, files TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS version_names ON versions (bucket, key, version_id);
CREATE UNIQUE INDEX IF NOT EXISTS latest_versions ON versions (bucket, key) WHERE latest = 1;
CREATE INDEX IF NOT EXISTS visible_objects ON versions (bucket, key) WHERE latest = 1 AND marker = 0;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, initiated REAL NOT NULL, details TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, md5 TEXT NOT NULL, modified REAL NOT NULL,
    checksum TEXT NOT NULL, data BLOB, file TEXT, PRIMARY KEY (upload, number)
);
"""
COLUMNS = "bucket, key, version_id, latest, marker, modified, size, etag, details, data, files"
Row = tuple[str, bytes, str, int, int, float, int, str, str, bytes | None, str]


def time_of(seconds: float) -> datetime:
    """Return the time of a row."""
    return datetime.fromtimestamp(seconds, UTC)


def details_of(version: ObjectVersion) -> str:
    """Return what has no column of its own, as JSON."""
    encryption, checksum = version.encryption, version.checksum
    return json.dumps(
        {
            "headers": dict(version.headers),
            "metadata": dict(version.metadata),
            "tags": dict(version.tags),
            "encryption": {"key_arn": encryption.key_arn, "bucket_key": encryption.bucket_key, "dsse": encryption.dsse},
            "checksum": {"algorithm": checksum.algorithm, "value": checksum.value, "type": checksum.type} if checksum else None,
            "part_sizes": version.part_sizes,
            "part_checksums": version.part_checksums,
            "storage_class": version.storage_class,
            "legal_hold": version.legal_hold,
            "retention": [version.retention.mode, version.retention.until.timestamp()] if version.retention else None,
        }
    )


def version_of(row: Row) -> ObjectVersion:
    """Return the version of a row that has `COLUMNS`."""
    bucket, key, version_id, latest, marker, modified, size, etag, details, data, files = row
    held = [Segment(length, file=name) for length, name in json.loads(files)]
    return _with_details(
        ObjectVersion(
            bucket,
            key.decode(),
            version_id,
            time_of(modified),
            size,
            etag,
            segments=tuple(held) or (Segment(size, data=data),),
            is_delete_marker=bool(marker),
            latest=bool(latest),
        ),
        json.loads(details),
    )


def _with_details(version: ObjectVersion, details: Mapping[str, object]) -> ObjectVersion:
    known = dict(details)
    encryption, checksum = known.pop("encryption"), known.pop("checksum")
    retention: Any = known.pop("retention", None)  # what was kept before there were locks has none
    known["part_sizes"] = tuple(known["part_sizes"])  # type: ignore[arg-type]
    known["part_checksums"] = tuple(known.get("part_checksums", ()))  # type: ignore[arg-type]
    return replace(
        version,
        encryption=Encryption(**encryption),  # type: ignore[arg-type]
        checksum=Checksum(**checksum) if checksum else None,  # type: ignore[arg-type]
        retention=Retention(retention[0], time_of(retention[1])) if retention else None,
        **known,  # type: ignore[arg-type]
    )


def upload_of(row: tuple[str, str, bytes, float, str]) -> Upload:
    """Return the upload of a row."""
    upload_id, bucket, key, initiated, text = row
    details = json.loads(text)
    template = _with_details(ObjectVersion(bucket, key.decode(), "", time_of(initiated)), details["object"])
    return Upload(upload_id, template, time_of(initiated), details["algorithm"], details["type"], details.get("encryption_headers", {}))

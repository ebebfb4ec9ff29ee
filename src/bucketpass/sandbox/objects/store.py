"""Where objects are kept: an index in SQLite, small bodies inside it, large ones in files beside it.

Every change is one transaction under one lock, and a file is in place before the index names it; so what a reader finds
is whole, also after the process was killed. Bodies are read and written outside the lock.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from bucketpass.sandbox.objects.model import NULL_VERSION, Checksum, Encryption, ObjectVersion, Retention, Segment, Upload, UploadedPart
from bucketpass.wire.stream import BLOCK_BYTES

__all__ = ["INLINE_BYTES", "Changed", "ObjectStore"]

INLINE_BYTES = 64 * 1024
CACHED_OBJECTS = 4096
COMPLETED_REMEMBERED = 1000
CACHED_BYTES = 8 * 1024  # a body in the index that is larger is read from there each time

_SCHEMA = """
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
_COLUMNS = "bucket, key, version_id, latest, marker, modified, size, etag, details, data, files"
Row = tuple[str, bytes, str, int, int, float, int, str, str, bytes | None, str]


class Changed(Enum):
    """What happened to a key after an upload to it began."""

    WRITTEN = "written"
    DELETED = "deleted"


class ObjectStore:
    """The objects of all buckets, in `directory`, or in a place that is gone with the store where None."""

    def __init__(self, directory: Path | None = None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="bucketpass-objects-")
        root = directory if directory is not None else Path(self._temporary.name)
        self._files = root / "objects"
        self._files.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.RLock()
        self._cache: dict[tuple[str, str], ObjectVersion] = {}
        self._completed: dict[str, ObjectVersion] = {}
        # What became of the keys of uploads since these began; conditions of a completion are about it.
        self._changed: dict[tuple[str, str], dict[str, Changed | None]] = {}
        self._sql = sqlite3.connect(root / "index.sqlite3", check_same_thread=False, isolation_level=None)
        # A store that is gone with the process has nothing to find again after a power cut: it waits for no disk.
        synchronous = "NORMAL" if directory is not None else "OFF"
        self._sql.executescript(f"PRAGMA synchronous = {synchronous}; PRAGMA journal_mode = WAL;" + _SCHEMA)
        self._remove_strays()
        for upload_id, bucket, key in self._sql.execute("SELECT id, bucket, key FROM uploads"):
            self._changed.setdefault((bucket, key.decode()), {})[upload_id] = None

    def close(self) -> None:
        """The index is closed; a temporary store is gone."""
        with self._lock:
            self._sql.close()
            self._cache.clear()
        self._temporary.cleanup()

    def _remove_strays(self) -> None:
        """Files that no object names are left from a killed process."""
        known = {name for (files,) in self._sql.execute("SELECT files FROM versions") for _, name in json.loads(files)}
        known |= {name for (name,) in self._sql.execute("SELECT file FROM parts WHERE file IS NOT NULL")}
        for path in self._files.iterdir():
            if path.name not in known:
                path.unlink()

    @contextmanager
    def _transaction(self) -> Iterator[list[str]]:
        """All or nothing. The files whose names are put into the list are removed once it is done."""
        dropped: list[str] = []
        with self._lock:
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield dropped
            except BaseException:
                self._sql.execute("ROLLBACK")
                raise
            self._sql.execute("COMMIT")
        for name in dropped:
            with suppress(FileNotFoundError):
                (self._files / name).unlink()

    def reset(self) -> None:
        """No bucket has an object or an upload."""
        with self._lock:
            self._sql.executescript("BEGIN IMMEDIATE; DELETE FROM versions; DELETE FROM parts; DELETE FROM uploads; COMMIT;")
            self._cache.clear()
            self._completed.clear()
            self._changed.clear()
            self._remove_strays()

    # ---- bodies

    @contextmanager
    def new_file(self) -> Iterator[tuple[BinaryIO, str]]:
        """A file for a body and its name; removed where the block raises."""
        name = uuid4().hex
        path = self._files / name
        try:
            with path.open("xb") as file:
                yield file, name
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def link(self, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        """The same bytes under names of their own, for a copy. Raises FileNotFoundError where they are gone."""
        linked: list[Segment] = []
        for segment in segments:
            if segment.file is None:
                linked.append(segment)
                continue
            name = uuid4().hex
            os.link(self._files / segment.file, self._files / name)
            linked.append(replace(segment, file=name))
        return tuple(linked)

    def drop(self, segments: tuple[Segment, ...]) -> None:
        """Files that did not become part of an object are gone."""
        for segment in segments:
            if segment.file is not None:
                (self._files / segment.file).unlink(missing_ok=True)

    def open(self, segment: Segment) -> BinaryIO:
        """The file of a segment, open for reading; it stays readable when the object is overwritten."""
        return (self._files / str(segment.file)).open("rb")

    def read(self, found: ObjectVersion, start: int, end: int) -> Iterator[bytes]:
        """The object's bytes from `start` to `end`, in blocks. Raises FileNotFoundError before the first where they are gone."""
        with ExitStack() as stack:
            # All files are opened first: an overwrite in the middle must not mix two objects.
            files = [stack.enter_context(self.open(segment)) if segment.data is None else None for segment in found.segments]
            position = 0
            for segment, file in zip(found.segments, files, strict=True):
                low, high = max(start, position) - position, min(end, position + segment.size) - position
                position += segment.size
                if low >= high:
                    continue
                if file is None:
                    yield (segment.data or b"")[low:high]
                    continue
                file.seek(low)
                left = high - low
                while left > 0:
                    block = file.read(min(left, BLOCK_BYTES))
                    if not block:
                        raise OSError("a file is shorter than the index says")
                    left -= len(block)
                    yield block

    # ---- objects

    def find(self, bucket: str, key: str, version_id: str | None = None) -> ObjectVersion | None:
        """The object's latest version or the one that is named; it may be a delete marker."""
        if version_id is None and (cached := self._cache.get((bucket, key))) is not None:
            return cached
        chosen, values = ("latest = 1", ()) if version_id is None else ("version_id = ?", (version_id,))
        with self._lock:
            row = self._sql.execute(
                f"SELECT {_COLUMNS} FROM versions WHERE bucket = ? AND key = ? AND {chosen}",  # noqa: S608 - constants
                (bucket, key.encode(), *values),
            ).fetchone()
            found = _object(row) if row else None
            if found is not None and version_id is None:
                self._remember(found)
        return found

    def _remember(self, found: ObjectVersion) -> None:
        if found.size > CACHED_BYTES and found.segments[0].data is not None:
            return
        if len(self._cache) >= CACHED_OBJECTS:
            self._cache.clear()
        self._cache[found.bucket, found.key] = found

    def put(self, new: ObjectVersion, *, check: Callable[[ObjectVersion | None], None] = lambda _: None) -> None:
        """`new` is the object's latest version. `check` sees the version before and raises where it must not be replaced."""
        with self._lock:
            with self._transaction() as dropped:
                check(self.find(new.bucket, new.key))
                self._insert(new, dropped)
            # Still under the lock: what another thread writes next is remembered after this.
            self._remember(new)

    def _note(self, bucket: str, key: str, changed: Changed) -> None:
        """Remember the change for the uploads to the key."""
        if uploads := self._changed.get((bucket, key)):
            self._changed[bucket, key] = dict.fromkeys(uploads, changed)

    def _insert(self, new: ObjectVersion, dropped: list[str]) -> None:
        self._cache.pop((new.bucket, new.key), None)
        self._note(new.bucket, new.key, Changed.DELETED if new.is_delete_marker else Changed.WRITTEN)
        place = (new.bucket, new.key.encode())
        if new.version_id == NULL_VERSION:
            self._delete_rows(new.bucket, new.key, new.version_id, dropped)
        self._sql.execute("UPDATE versions SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1", place)
        files = [(segment.size, segment.file) for segment in new.segments if segment.file is not None]
        data = None if files else b"".join(segment.data or b"" for segment in new.segments)
        values = (*place, new.version_id, 1, new.is_delete_marker, new.modified.timestamp(), new.size, new.etag)
        self._sql.execute(
            f"INSERT INTO versions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
            (*values, _details(new), data, json.dumps(files)),
        )

    def delete(
        self, bucket: str, key: str, version_id: str, *, check: Callable[[ObjectVersion | None], None] = lambda _: None
    ) -> ObjectVersion | None:
        """That version is gone for good; the answer is what it was. `check` sees it and raises where it must stay."""
        with self._transaction() as dropped:
            found = self.find(bucket, key, version_id)
            check(found)
            self._delete_rows(bucket, key, version_id, dropped)
            if found is not None and found.latest:
                self._note(bucket, key, Changed.DELETED)
            return found

    def _delete_rows(self, bucket: str, key: str, version_id: str, dropped: list[str]) -> None:
        self._cache.pop((bucket, key), None)
        place = (bucket, key.encode(), version_id)
        rows = self._sql.execute("SELECT files, latest FROM versions WHERE bucket = ? AND key = ? AND version_id = ?", place).fetchall()
        self._sql.execute("DELETE FROM versions WHERE bucket = ? AND key = ? AND version_id = ?", place)
        for files, latest in rows:
            dropped += [name for _, name in json.loads(files)]
            if latest:
                self._sql.execute(
                    "UPDATE versions SET latest = 1 WHERE sequence = (SELECT max(sequence) FROM versions WHERE bucket = ? AND key = ?)",
                    place[:2],
                )

    def change(self, target: ObjectVersion, changed: ObjectVersion) -> None:
        """Give that version the tags and the lock of `changed`. Raises FileNotFoundError where it is not stored any more."""
        named = (target.bucket, target.key.encode(), target.version_id, target.modified.timestamp(), target.etag, _details(target))
        with self._transaction():
            self._cache.pop((target.bucket, target.key), None)
            rows = self._sql.execute(
                "UPDATE versions SET details = ?"
                " WHERE bucket = ? AND key = ? AND version_id = ? AND modified = ? AND etag = ? AND details = ?",
                (_details(changed), *named),
            )
            if rows.rowcount == 0:
                # SECURITY: the request was authorized by the tags and the version that were found; another one is located again.
                raise FileNotFoundError(target.key)

    def is_empty(self, bucket: str) -> bool:
        """The bucket has no version of any object and no delete marker."""
        with self._lock:
            return self._sql.execute("SELECT 1 FROM versions WHERE bucket = ? LIMIT 1", (bucket,)).fetchone() is None

    def remove_uploads(self, bucket: str) -> None:
        """Uploads to the bucket that were not completed are gone."""
        for upload in self.uploads(bucket):
            self.abort(upload.id)

    # ---- listing

    def scan(self, bucket: str, start: bytes, limit: int) -> list[ObjectVersion]:
        """The visible objects from the key `start` on, in the order of their UTF-8 bytes."""
        return self._rows("bucket = ? AND latest = 1 AND marker = 0 AND key >= ? ORDER BY key LIMIT ?", (bucket, start, limit))

    def scan_versions(self, bucket: str, start: bytes, limit: int) -> list[ObjectVersion]:
        """All versions from the key `start` on: keys in order, of one key the latest first."""
        return self._rows("bucket = ? AND key >= ? ORDER BY key, sequence DESC LIMIT ?", (bucket, start, limit))

    def _rows(self, where: str, values: tuple[object, ...]) -> list[ObjectVersion]:
        columns = _COLUMNS.replace("data", "NULL")
        with self._lock:
            rows = self._sql.execute(f"SELECT {columns} FROM versions WHERE {where}", values).fetchall()  # noqa: S608 - constants
        return [_object(row) for row in rows]

    # ---- uploads

    def begin(self, upload: Upload) -> None:
        """The upload can take parts."""
        details = {
            "object": json.loads(_details(upload.template)),
            "algorithm": upload.checksum_algorithm,
            "type": upload.checksum_type,
            "encryption_headers": dict(upload.encryption_headers),
        }
        place = (upload.id, upload.template.bucket, upload.template.key.encode(), upload.initiated.timestamp())
        with self._transaction():
            self._sql.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", (*place, json.dumps(details)))
            self._changed.setdefault((upload.template.bucket, upload.template.key), {})[upload.id] = None

    def upload(self, bucket: str, key: str, upload_id: str) -> Upload | None:
        """The upload of this ID, where it is of that object."""
        with self._lock:
            row = self._sql.execute(
                "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?", (upload_id, bucket, key.encode())
            ).fetchone()
        return _upload(row) if row else None

    def uploads(self, bucket: str) -> list[Upload]:
        """The bucket's uploads, by key and then by age."""
        with self._lock:
            rows = self._sql.execute("SELECT * FROM uploads WHERE bucket = ? ORDER BY key, initiated, id", (bucket,)).fetchall()
        return [_upload(row) for row in rows]

    def put_part(self, upload_id: str, part: UploadedPart) -> bool:
        """Add the part to the upload, in place of one with its number. Returns False if the upload does not exist any more."""
        checksum = json.dumps([part.checksum.algorithm, part.checksum.value] if part.checksum else None)
        values = (upload_id, part.number, part.size, part.md5, part.modified.timestamp(), checksum, part.segment.data, part.segment.file)
        with self._transaction() as dropped:
            if self._sql.execute("SELECT 1 FROM uploads WHERE id = ?", (upload_id,)).fetchone() is None:
                return False
            dropped.extend(self._part_files("upload = ? AND number = ?", (upload_id, part.number)))
            self._sql.execute("REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        return True

    def parts(self, upload_id: str) -> list[UploadedPart]:
        """The upload's parts by number."""
        with self._lock:
            rows = self._sql.execute(
                "SELECT number, size, md5, modified, checksum, data, file FROM parts WHERE upload = ? ORDER BY number", (upload_id,)
            ).fetchall()
        return [
            UploadedPart(
                number, size, md5, _time(modified), Segment(size, data, file), Checksum(*pair) if (pair := json.loads(checksum)) else None
            )
            for number, size, md5, modified, checksum, data, file in rows
        ]

    def complete(
        self,
        upload_id: str,
        new: ObjectVersion,
        used: tuple[UploadedPart, ...],
        check: Callable[[ObjectVersion | None, Changed | None], None],
    ) -> bool:
        """The upload became `new`, of the bytes of `used`; its other parts are gone. False where somebody else ended it first.

        `check` sees the version before, and what happened to the key since the upload began; it raises where it must not be replaced.
        """
        with self._transaction() as dropped:
            if self._sql.execute("DELETE FROM uploads WHERE id = ?", (upload_id,)).rowcount == 0:
                return False
            if self._part_files(
                "upload = ? AND number IN (SELECT value FROM json_each(?))", (upload_id, json.dumps([p.number for p in used]))
            ) != [part.segment.file for part in used if part.segment.file is not None]:
                raise LookupError("a part was replaced while the upload was completed")
            check(self.find(new.bucket, new.key), self._changed.get((new.bucket, new.key), {}).get(upload_id))
            kept = {part.segment.file for part in used}
            dropped += [name for name in self._part_files("upload = ?", (upload_id,)) if name not in kept]
            self._sql.execute("DELETE FROM parts WHERE upload = ?", (upload_id,))
            self._insert(new, dropped)
            self._end_upload(new.bucket, new.key, upload_id)
            self._completed[upload_id] = new
            while len(self._completed) > COMPLETED_REMEMBERED:
                del self._completed[next(iter(self._completed))]
        return True

    def completed(self, bucket: str, key: str, upload_id: str) -> ObjectVersion | None:
        """What an upload of this key became, while it is remembered and that version exists."""
        new = self._completed.get(upload_id)
        if new is None or (new.bucket, new.key) != (bucket, key):
            return None
        found = self.find(bucket, key, new.version_id)
        return new if found is not None and (found.etag, found.modified) == (new.etag, new.modified) else None

    def _end_upload(self, bucket: str, key: str, upload_id: str) -> None:
        uploads = self._changed.get((bucket, key), {})
        uploads.pop(upload_id, None)
        if not uploads:
            self._changed.pop((bucket, key), None)

    def abort(self, upload_id: str) -> None:
        """The upload and its parts are gone."""
        with self._transaction() as dropped:
            for bucket, key in self._sql.execute("SELECT bucket, key FROM uploads WHERE id = ?", (upload_id,)).fetchall():
                self._end_upload(bucket, key.decode(), upload_id)
            dropped.extend(self._part_files("upload = ?", (upload_id,)))
            self._sql.execute("DELETE FROM parts WHERE upload = ?", (upload_id,))
            self._sql.execute("DELETE FROM uploads WHERE id = ?", (upload_id,))

    def _part_files(self, where: str, values: tuple[object, ...]) -> list[str]:
        query = f"SELECT file FROM parts WHERE {where} AND file IS NOT NULL ORDER BY number"  # noqa: S608 - constants
        return [name for (name,) in self._sql.execute(query, values)]


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _details(version: ObjectVersion) -> str:
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


def _object(row: Row) -> ObjectVersion:
    bucket, key, version_id, latest, marker, modified, size, etag, details, data, files = row
    held = [Segment(length, file=name) for length, name in json.loads(files)]
    return _from_details(
        ObjectVersion(
            bucket,
            key.decode(),
            version_id,
            _time(modified),
            size,
            etag,
            segments=tuple(held) or (Segment(size, data=data),),
            is_delete_marker=bool(marker),
            latest=bool(latest),
        ),
        json.loads(details),
    )


def _from_details(version: ObjectVersion, details: Mapping[str, object]) -> ObjectVersion:
    known = dict(details)
    encryption, checksum = known.pop("encryption"), known.pop("checksum")
    retention: Any = known.pop("retention", None)  # what was kept before there were locks has none
    known["part_sizes"] = tuple(known["part_sizes"])  # type: ignore[arg-type]
    known["part_checksums"] = tuple(known.get("part_checksums", ()))  # type: ignore[arg-type]
    return replace(
        version,
        encryption=Encryption(**encryption),  # type: ignore[arg-type]
        checksum=Checksum(**checksum) if checksum else None,  # type: ignore[arg-type]
        retention=Retention(retention[0], _time(retention[1])) if retention else None,
        **known,  # type: ignore[arg-type]
    )


def _upload(row: tuple[str, str, bytes, float, str]) -> Upload:
    upload_id, bucket, key, initiated, text = row
    details = json.loads(text)
    template = _from_details(ObjectVersion(bucket, key.decode(), "", _time(initiated)), details["object"])
    return Upload(upload_id, template, _time(initiated), details["algorithm"], details["type"], details.get("encryption_headers", {}))

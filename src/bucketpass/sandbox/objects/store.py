"""Where objects are kept: an index in SQLite, small bodies inside it, large ones in files beside it.

Every change is one transaction under one lock, and a file is in place before the index names it; so what a reader finds
is whole, also after the process was killed. Bodies are read and written outside the lock (`bodies`); `rows` has the index's tables.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from bucketpass.sandbox.objects.bodies import Bodies
from bucketpass.sandbox.objects.model import NULL_VERSION, Checksum, ObjectVersion, Segment, Upload, UploadedPart
from bucketpass.sandbox.objects.rows import COLUMNS, SCHEMA, details_of, time_of, upload_of, version_of

__all__ = ["INLINE_BYTES", "Changed", "ObjectStore"]

INLINE_BYTES = 64 * 1024
CACHED_OBJECTS = 4096
COMPLETED_REMEMBERED = 1000
CACHED_BYTES = 8 * 1024  # a body in the index that is larger is read from there each time


class Changed(Enum):
    """What happened to a key after an upload to it began."""

    WRITTEN = "written"
    DELETED = "deleted"


class ObjectStore:
    """The objects of all buckets, in `directory`, or in a place that is gone with the store where None."""

    def __init__(self, directory: Path | None = None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="bucketpass-objects-")
        root = directory if directory is not None else Path(self._temporary.name)
        self.bodies = Bodies(root / "objects")
        self._lock = threading.RLock()
        self._cache: dict[tuple[str, str], ObjectVersion] = {}
        self._completed: dict[str, ObjectVersion] = {}
        # What became of the keys of uploads since these began; conditions of a completion are about it.
        self._changed: dict[tuple[str, str], dict[str, Changed | None]] = {}
        self._sql = sqlite3.connect(root / "index.sqlite3", check_same_thread=False, isolation_level=None)
        # A store that is gone with the process has nothing to find again after a power cut: it waits for no disk.
        synchronous = "NORMAL" if directory is not None else "OFF"
        self._sql.executescript(f"PRAGMA synchronous = {synchronous}; PRAGMA journal_mode = WAL;" + SCHEMA)
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
        self.bodies.keep_only(known)

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
        self.bodies.remove(dropped)

    def reset(self) -> None:
        """No bucket has an object or an upload."""
        with self._lock:
            self._sql.executescript("BEGIN IMMEDIATE; DELETE FROM versions; DELETE FROM parts; DELETE FROM uploads; COMMIT;")
            self._cache.clear()
            self._completed.clear()
            self._changed.clear()
            self._remove_strays()

    # ---- objects

    def find(self, bucket: str, key: str, version_id: str | None = None) -> ObjectVersion | None:
        """The object's latest version or the one that is named; it may be a delete marker."""
        if version_id is None and (cached := self._cache.get((bucket, key))) is not None:
            return cached
        chosen, values = ("latest = 1", ()) if version_id is None else ("version_id = ?", (version_id,))
        with self._lock:
            row = self._sql.execute(
                f"SELECT {COLUMNS} FROM versions WHERE bucket = ? AND key = ? AND {chosen}",  # noqa: S608 - constants
                (bucket, key.encode(), *values),
            ).fetchone()
            found = version_of(row) if row else None
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
            f"INSERT INTO versions ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
            (*values, details_of(new), data, json.dumps(files)),
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
        named = (target.bucket, target.key.encode(), target.version_id, target.modified.timestamp(), target.etag, details_of(target))
        with self._transaction():
            self._cache.pop((target.bucket, target.key), None)
            rows = self._sql.execute(
                "UPDATE versions SET details = ?"
                " WHERE bucket = ? AND key = ? AND version_id = ? AND modified = ? AND etag = ? AND details = ?",
                (details_of(changed), *named),
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
        columns = COLUMNS.replace("data", "NULL")
        with self._lock:
            rows = self._sql.execute(f"SELECT {columns} FROM versions WHERE {where}", values).fetchall()  # noqa: S608 - constants
        return [version_of(row) for row in rows]

    # ---- uploads

    def begin(self, upload: Upload) -> None:
        """The upload can take parts."""
        details = {
            "object": json.loads(details_of(upload.template)),
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
        return upload_of(row) if row else None

    def uploads(self, bucket: str) -> list[Upload]:
        """The bucket's uploads, by key and then by age."""
        with self._lock:
            rows = self._sql.execute("SELECT * FROM uploads WHERE bucket = ? ORDER BY key, initiated, id", (bucket,)).fetchall()
        return [upload_of(row) for row in rows]

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
                number, size, md5, time_of(modified), Segment(size, data, file), Checksum(*pair) if (pair := json.loads(checksum)) else None
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

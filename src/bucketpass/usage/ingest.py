"""Log files into a folder of Parquet files: `rows-N.parquet` and `sessions-N.parquet` for each file of CloudTrail, `lines-N.parquet`,
with the columns of rows that they have, for each access log.

Each file is read by itself, by as many processes as there are cores where the files are many; the counts say where every
record went.
"""

from __future__ import annotations

import gzip
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bucketpass.errors import InvalidInput
from bucketpass.usage.records import COLUMNS, SESSION_COLUMNS, Counts

__all__ = ["LogFile", "ingest", "log_files"]

_START_BYTES = 65536
_BYTES_FOR_PROCESSES = 32 << 20  # below that, starting processes costs more than they save
_ROW_NUMBER_BITS = 32  # row numbers: the file's number, then the row's number in it
_BESIDE = ("CloudTrail-Digest", "CloudTrail-Insight")


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file of a log. `number` is its place among all files, from 0."""

    number: int
    path: Path


def log_files(logs: Sequence[str], scratch: Path) -> tuple[LogFile, ...]:
    """The files that `logs` name: files, folders with everything below, `s3://bucket/prefix` (copied to `scratch`).

    Raises `InvalidInput` for a path that does not exist, and if no file is found.
    """
    paths = [path for log in logs for path in _paths(log, scratch)]
    if not paths:
        raise InvalidInput(f"no log file in {', '.join(f'`{log}`' for log in logs)}", remedy="Name a file or a folder with log files.")
    return tuple(LogFile(number, path) for number, path in enumerate(dict.fromkeys(paths)))


def _paths(log: str, scratch: Path) -> Iterable[Path]:
    if log.startswith("s3://"):
        from bucketpass.usage.download import downloaded

        return downloaded(log, scratch)
    path = Path(log)
    if path.is_dir():
        return sorted(file for file in _below(path) if file.is_file() and not any(part in _BESIDE for part in file.parts))
    if not path.is_file():
        problem = "is not a file that can be read twice" if path.exists() else "does not exist"
        raise InvalidInput(f"`{log}` {problem}", remedy="Name a file, a folder, or s3://BUCKET/PREFIX.")
    return [path]


def _below(folder: Path) -> Iterator[Path]:
    """Everything in the folder. Raises `InvalidInput` for a folder in it that cannot be read: what is in that would be missing unsaid."""

    def unreadable(error: OSError) -> None:
        raise InvalidInput(
            f"`{error.filename}` cannot be read: {(error.strerror or '').lower()}", remedy="Get the right to read it, or name others."
        )

    for place, _, names in os.walk(folder, onerror=unreadable):
        yield from (Path(place, name) for name in names)


def ingest(files: Sequence[LogFile], folder: Path, *, processes: int | None = None) -> Counts:
    """Write the rows and sessions of all files below `folder`. What cannot be read is counted, never an error."""
    total = Counts()
    size = sum(file.path.stat().st_size for file in files)
    workers = min(len(files), processes or os.cpu_count() or 1)
    if workers < 2 or size < _BYTES_FOR_PROCESSES:
        found: Iterator[Counts] = (_ingest_file(file, folder) for file in files)
        for counts in found:
            total.add(counts)
        return total
    # SECURITY: "spawn": a fork would inherit threads and open files of a program that uses this as a library.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for counts in pool.map(_ingest_file, files, [folder] * len(files), chunksize=max(1, len(files) // (workers * 8))):
            total.add(counts)
    return total


def _ingest_file(file: LogFile, folder: Path) -> Counts:
    from bucketpass.usage.access_log import is_json_form

    counts = Counts()
    try:
        start, packed = _start(file.path)
    except (OSError, EOFError, zlib.error) as error:
        counts.files += 1
        counts.faults.append(f"{file.path}: {_reason(error)}")
        return counts
    if start.lstrip()[:1] == b"{" and not is_json_form(start):
        _ingest_cloudtrail(file, folder, counts)
    elif start:
        _ingest_access_log(file, folder, counts, packed=packed)
    else:
        counts.files += 1
        counts.skipped["empty file"] += 0
    return counts


def _reason(error: Exception) -> str:
    return (error.strerror or "").lower() if isinstance(error, OSError) and error.strerror else f"broken gzip ({error})"


def _start(path: Path) -> tuple[bytes, bool]:
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    if start[:2] != b"\x1f\x8b":
        return start, False
    with gzip.open(path) as unpacked:
        return unpacked.read(_START_BYTES), True


def _ingest_cloudtrail(file: LogFile, folder: Path, counts: Counts) -> None:
    from bucketpass.usage.cloudtrail import cloudtrail_rows

    rows, sessions = cloudtrail_rows(file.path, counts)
    base = file.number << _ROW_NUMBER_BITS
    _write(folder / f"rows-{file.number}.parquet", COLUMNS, [(base + index, *row) for index, row in enumerate(rows)])
    _write(folder / f"sessions-{file.number}.parquet", SESSION_COLUMNS, sessions)


def _write(path: Path, columns: dict[str, str], rows: Sequence[tuple[object, ...]]) -> None:
    if not rows:
        return
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema(list(columns.items()))
    arrays = [pyarrow.array(values, type=field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)]
    parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), path, compression="zstd")


def _ingest_access_log(file: LogFile, folder: Path, counts: Counts, *, packed: bool) -> None:
    import duckdb

    from bucketpass.usage.access_log import access_log_rows, looks_like_access_log

    start, _ = _start(file.path)
    if not looks_like_access_log(start):
        counts.files += 1
        counts.faults.append(f"{file.path}: neither a CloudTrail file nor an S3 server access log")
        return
    path = file.path
    if packed:
        path = folder / f"unpacked-{file.number}.log"
        try:
            with gzip.open(file.path) as unpacked, path.open("wb") as whole:
                shutil.copyfileobj(unpacked, whole)
        except (OSError, EOFError, zlib.error) as error:
            counts.files += 1
            counts.faults.append(f"{file.path}: {_reason(error)}")
            path.unlink()
            return
    # One thread: files are what is read side by side.
    with duckdb.connect(config={"threads": 1}) as connection:
        target = folder / f"lines-{file.number}.parquet"
        access_log_rows(connection, path, target, counts, first_number=file.number << _ROW_NUMBER_BITS)
    if packed:
        path.unlink()

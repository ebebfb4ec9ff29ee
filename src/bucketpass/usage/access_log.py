"""S3 server access logs into rows, by DuckDB's CSV reader.

A line has 18 fields at first and more today: those that are known are taken from the left, further ones are left alone.
Quotes inside of a quoted field are not escaped by S3; a quote with text on both sides is put as `%22` before the line is
read, which is the same character of a URL. Keys are URL-encoded twice, once in `BATCH.DELETE.OBJECT`, where a blank is `+`.

The JSON form, as it goes to CloudWatch Logs, has a record in each line, with names of its own and null for `-`. Its page does not
say whether keys are encoded: a key with `%` or `+` in it is taken as not known.

Sources: S3 User Guide, "Amazon S3 server access log format", "Log format in CloudWatch Logs" [A]; samples of real logs [K].
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.usage.names import S3_ITSELF, access_log_names
from bucketpass.usage.records import AUTHORIZED_ERRORS, COLUMNS, REFUSED_ERRORS, UNREADABLE_LINE, Counts, Outcome
from bucketpass.usage.sql import quoted

if TYPE_CHECKING:
    import duckdb

__all__ = ["access_log_rows", "looks_like_access_log"]

_FIELDS = tuple(
    "owner bucket day zone address requester request_id operation object_key uri status error sent size total turnaround referer agent "  # noqa: SIM905
    "version_id host_id signature cipher authentication host tls access_point acl_required source_region".split()
)
_SPARE = 12  # fields that S3 may add
_ODD_QUOTE = re.compile(rb'(?<=[^ \n])"(?=[^ \r\n])')
_LINE = re.compile(rb"^[^ \n]+ [^ \n]+ \[\d\d/[A-Z][a-z][a-z]/\d{4}:")


def looks_like_access_log(start: bytes) -> bool:
    """Whether a file that begins like this is an access log: owner, bucket, time in brackets; or a record of the JSON form."""
    return _LINE.match(start) is not None or is_json_form(start)


def is_json_form(start: bytes) -> bool:
    """Whether a file that begins like this is an access log in JSON."""
    return start.lstrip()[:1] == b"{" and b'"schema_version_id"' in start.partition(b"\n")[0]


def access_log_rows(connection: duckdb.DuckDBPyConnection, path: Path, target: Path, counts: Counts, *, first_number: int) -> None:
    """Write the rows of one file to `target` (Parquet), numbered from `first_number`. What is not read is counted, with its reason.

    A file that has to be repaired first gets a copy beside `target` for the time.
    """
    import duckdb

    counts.files += 1
    try:
        lines = _lines(path)
        rows, skipped = _copied(connection, path, target, first_number, lines)
        if skipped.pop((SHIFTED, ""), 0):
            repaired = target.with_suffix(".log")
            repaired.write_bytes(_ODD_QUOTE.sub(b"%22", path.read_bytes()))
            rows, skipped = _copied(connection, repaired, target, first_number, lines)
            repaired.unlink()
    except (OSError, duckdb.Error) as error:
        counts.faults.append(f"{path}: {str(error).splitlines()[0]}")
        return
    counts.records += lines
    counts.rows += rows
    # What the reader itself passed over, such as an empty line.
    skipped[UNREADABLE_LINE, ""] += lines - rows - skipped.total()
    for (reason, name), number in skipped.items():
        if number:
            counts.skipped[UNREADABLE_LINE if reason == SHIFTED else reason] += number
        if reason == UNKNOWN:
            counts.unknown[name] += number


def _lines(path: Path) -> int:
    with path.open("rb", buffering=1 << 18) as file:
        return sum(1 for _ in file)


def _copied(
    connection: duckdb.DuckDBPyConnection, path: Path, target: Path, first_number: int, lines: int
) -> tuple[int, Counter[tuple[str, str]]]:
    """Write the rows of `path` to `target`; how many, and how many lines were skipped, by reason and name."""
    with path.open("rb") as file:
        source = _JSON if is_json_form(file.read(_START)) else _CSV
    connection.execute(f"CREATE OR REPLACE TEMP SEQUENCE row_numbers START {first_number} MINVALUE 0")
    connection.execute(_LINES.format(source=source.format(path=quoted(str(path)))))
    written = connection.execute(f"COPY ({_ROWS}) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION uncompressed)").fetchone()
    rows = written[0] if written else 0
    # Where every line became a row, nothing was skipped, and the file need not be read again.
    found = connection.execute(_SKIPPED).fetchall() if rows != lines else []
    return rows, Counter({(reason, name): number for reason, name, number in found})


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(quoted(text) for text in sorted(texts))


def _query_parameter(name: str) -> str:
    """A parameter of the request's URI; null where it is not sent. A `+` is a blank in a query."""
    found = f"regexp_extract(uri, '[?&]{name}=[^& ]*')"
    value = f"try(url_decode(replace({found}[{len(name) + 3}:], '+', ' ')))"
    return f"CASE WHEN named IN ({_listed(_LISTINGS)}) AND contains(uri, '{name}=') AND {found} <> '' THEN {value} END"


_START = 65536
_LISTINGS = ("ListObjects", "ListObjectVersions")
UNKNOWN, SHIFTED = "unknown operation", "shifted line"
# All texts below are this module's own; the only thing that comes from outside is the file's name.
_NAMES = ", ".join(
    f"({quoted(name)}, {quoted(it.operation)}, {quoted(it.part.value)}, {it.key_decodings})" for name, it in access_log_names().items()
)
_CSV_COLUMNS = ", ".join(f"'{name}': 'VARCHAR'" for name in (*_FIELDS, *(f"spare{number}" for number in range(_SPARE))))
_CSV = f"""read_csv({{path}}, delim=' ', quote='"', escape='\\', header=false, null_padding=true, strict_mode=false, ignore_errors=true,
  all_varchar=true, auto_detect=false, columns={{{{{_CSV_COLUMNS}}}}})"""
# Field of the JSON form -> field of a line.
_JSON_FIELDS = {
    "bucket_name": "bucket",
    "remote_ip": "address",
    "requester": "requester",
    "request_id": "request_id",
    "operation": "operation",
    "request_uri": "uri",
    "http_status": "status",
    "error_code": "error",
    "version_id": "version_id",
    "signature_version": "signature",
    "tls_version": "tls",
}
_JSON_COLUMNS = ", ".join(f"'{name}': 'VARCHAR'" for name in (*_JSON_FIELDS, "schema_version_id", "request_time", "key_name"))
_JSON_SELECTED = ", ".join(f"coalesce({name}, '-') AS {field}" for name, field in _JSON_FIELDS.items())
_JSON = f"""(SELECT {_JSON_SELECTED}, '+0000]' AS zone,
  strftime(try_strptime(left(request_time, 19), '%Y-%m-%dT%H:%M:%S'), '[%d/%b/%Y:%H:%M:%S') AS day,
  CASE WHEN key_name IS NULL OR contains(key_name, '%') OR contains(key_name, '+') THEN '-' ELSE key_name END AS object_key
  FROM read_json({{path}}, format='newline_delimited', ignore_errors=true, columns={{{{{_JSON_COLUMNS}}}}})
  WHERE schema_version_id IS NOT NULL)"""
_LINES = f"""
CREATE OR REPLACE TEMP VIEW access_log_lines AS
SELECT lines.*, names.operation AS named, names.part AS part, names.decodings AS decodings,
  CASE WHEN NOT (status = '-' OR (length(status) = 3 AND status BETWEEN '100' AND '999'))
         OR signature NOT IN ('SigV4', '-', 'SigV2', 'SigV4A')
         OR NOT (tls = '-' OR starts_with(tls, 'TLS')) THEN '{SHIFTED}'
       WHEN status IS NULL OR zone IS DISTINCT FROM '+0000]' OR moment IS NULL THEN '{UNREADABLE_LINE}'
       WHEN starts_with(lines.operation, '{S3_ITSELF}') THEN 'S3 itself'
       WHEN names.operation IS NULL THEN '{UNKNOWN}' END AS skipped
FROM (SELECT *, try_strptime(day, '[%d/%b/%Y:%H:%M:%S') AS moment FROM {{source}}) AS lines
LEFT JOIN (VALUES {_NAMES}) AS names(log_name, operation, part, decodings) ON names.log_name = lines.operation
"""
_SKIPPED = f"""SELECT skipped, CASE WHEN skipped = '{UNKNOWN}' THEN operation ELSE '' END, count(*)
FROM access_log_lines WHERE skipped IS NOT NULL GROUP BY 1, 2"""
# Most keys need no decoding.
_KEY = """CASE WHEN object_key = '-' THEN NULL
  WHEN decodings = 1 THEN try(url_decode(replace(object_key, '+', ' ')))
  WHEN contains(object_key, '%') THEN try(url_decode(url_decode(object_key))) ELSE object_key END"""
# Columns that are not here are null. The source of a copy is a record of its own (`part`), with its bucket and key.
_COLUMNS = {
    "request_id": "request_id",
    "source": "'access-log'",
    "time": "CAST(epoch(moment) AS BIGINT)",
    "principal": "requester",
    "operation": "CASE WHEN named = 'ListObjects' AND contains(uri, 'list-type=2') THEN 'ListObjectsV2' ELSE named END",
    "part": "part",
    "bucket": "bucket",
    "object_key": _KEY,
    "version_id": "nullif(version_id, '-')",
    "prefix": _query_parameter("prefix"),
    "delimiter": _query_parameter("delimiter"),
    "max_keys": _query_parameter("max-keys"),
    "source_ip": "address",
    "tls": "CASE WHEN tls = '-' THEN '' ELSE tls END",
    "outcome": f"""CASE WHEN error = '-' OR error IN ({_listed(AUTHORIZED_ERRORS)}) THEN '{Outcome.ALLOWED.value}'
      WHEN error IN ({_listed(REFUSED_ERRORS)}) THEN '{Outcome.REFUSED.value}' ELSE '{Outcome.UNDECIDED.value}' END""",
    "error": "CASE WHEN error = '-' THEN '' ELSE error END",
}
_SELECTED = ", ".join(
    f"CAST({_COLUMNS[name]} AS VARCHAR) AS {name}" if kind == "string" else f"{_COLUMNS[name]} AS {name}"
    for name, kind in COLUMNS.items()
    if name in _COLUMNS
)
_ROWS = f"""SELECT nextval('row_numbers') AS row_number, {_SELECTED}
FROM access_log_lines WHERE skipped IS NULL"""

"""How fast logs are read, reduced and replayed: `python -m benchmarks.usage --json`.

A world of 40 services in two exclusive buckets, with networks, dates and tenants; its log is written once, and is copied with other
event IDs for the larger sizes. Rates are by processor time. DuckDB's own JSON reader reads the same files in the same run.
Each stage is named on standard error as it begins, and one that takes longer than ten minutes ends the run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.cloudtrail_records import s3_record, web_identity_record

from bucketpass.compile import Target, compile_access
from bucketpass.deployment.resources import deployment_of
from bucketpass.model import parse_access
from bucketpass.usage.engines.duckdb import DuckDbEngine
from bucketpass.usage.ingest import ingest, log_files
from bucketpass.usage.policies import policies_of
from bucketpass.usage.records import Counts
from bucketpass.usage.reduce import reduce_rows
from bucketpass.usage.replay import ReplayEffect, replay
from bucketpass.usage.store import LogStore, open_store, table_query

SERVICES, TEAMS, DISTINCT, A_FILE, LINES = 40, 50, 200_000, 10_000, 1_000_000
OPERATIONS = ["GetObject"] * 8 + ["HeadObject", "PutObject", "ListObjects", "DeleteObject", "UploadPart", "CopyObject"]
GROWTH = 1_000_000
STAGE_SECONDS = 600
TARGET = Target("111122223333", "us-east-1")


def declaration(prefix: str = "team-") -> str:
    """The declaration, or a changed one."""
    services = "".join(
        f"""  service-{number}:
    identity: {{issuer: okta, subject: service-{number}}}
    session: {{tags: [tenant]}}
    grants:
      - {{bucket: datasets, prefix: {prefix}{number}/, access: [read, write]}}
      - {{bucket: datasets, prefix: shared/, access: read, conditions: {{networks: [198.51.{number}.0/24]}}}}
      - {{bucket: models, prefix: tenants/, access: read, per: tenant}}
      - {{bucket: models, prefix: old/, access: read, conditions: {{not_after: 2026-11-{1 + number % 28:02d}T00:00:00Z}}}}
"""
        for number in range(SERVICES)
    )
    administrators = 'administrators: ["arn:aws:iam::111122223333:role/admin"]'
    return f"""issuers:
  okta: {{preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets:
  datasets: {{exclusive: true, {administrators}}}
  models: {{exclusive: true, {administrators}}}
services:
{services}"""


def record(chance: random.Random) -> dict[str, object]:
    """One request of the world."""
    number = chance.randrange(SERVICES)
    operation = chance.choice(OPERATIONS)
    folder = chance.choice([f"team-{number}", f"team-{chance.randrange(SERVICES)}", "shared", "tenants/t1", "tenants/t2", "old"])
    bucket = "datasets" if folder.startswith(("team", "shared")) else "models"
    key = f"{folder}/{chance.randrange(TEAMS)}/part-{chance.randrange(10**9)}.parquet"
    parameters: dict[str, object] = {"prefix": f"{folder}/"} if operation == "ListObjects" else {"key": key}
    if operation == "CopyObject":
        parameters["x-amz-copy-source"] = f"{bucket}/{folder}/source"
    return s3_record(
        operation,
        bucket,
        role=f"bucketpass-service-{number}",
        time=f"2026-11-{chance.randrange(1, 29):02d}T{chance.randrange(24):02d}:{chance.randrange(60):02d}:00Z",
        access_key_id=f"ASIA{number}X{chance.randrange(5)}",
        error="AccessDenied" if chance.random() < 0.1 else "",
        parameters=parameters,
        more={"sourceIPAddress": f"198.51.{chance.randrange(SERVICES)}.{chance.randrange(256)}"},
    )


def write_logs(folder: Path, rows: int) -> None:
    """The log of the world, as CloudTrail's files."""
    chance = random.Random(7)
    sessions = [
        web_identity_record(
            f"bucketpass-service-{number}", f"ASIA{number}X{copy}", subject=f"service-{number}", tags={"tenant": f"t{copy}"}
        )
        for number in range(SERVICES)
        for copy in range(5)
    ]
    for start in range(0, rows, A_FILE):
        records = [*(sessions if start == 0 else []), *(record(chance) for _ in range(min(A_FILE, rows - start)))]
        with gzip.open(folder / f"{start}.json.gz", "wb", compresslevel=6) as file:
            file.write(json.dumps({"Records": records}, separators=(",", ":")).encode())


def write_lines(path: Path, lines: int) -> None:
    """An access log."""
    chance = random.Random(7)
    rest = '200 - 113 - 7 - "-" "S3Console/0.4" - s9lzHYrFp76ZVxRcpX9 SigV4 ECDHE AuthHeader host TLSv1.2 - -'
    with path.open("w") as file:
        for number in range(lines):
            key = f"team-{number % SERVICES}/{number % TEAMS}/part-{chance.randrange(10**9)}.parquet"
            role = f"arn:aws:sts::111122223333:assumed-role/bucketpass-service-{number % SERVICES}/s"
            file.write(
                f"79a59df900b949e5 datasets [28/Nov/2026:10:{number % 3600 // 60:02d}:{number % 60:02d} +0000] 198.51.100.{number % 256}"
                f' {role} {number:016X} REST.GET.OBJECT {key} "GET /{key} HTTP/1.1" {rest}\n'
            )


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of the work, of this process and of those that it started."""

    def spent() -> float:
        return sum(
            resource.getrusage(which).ru_utime + resource.getrusage(which).ru_stime
            for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )

    before = spent()
    work()
    return spent() - before


def duckdb_reader(folder: Path) -> float:
    """Processor seconds in which DuckDB's own JSON reader makes columns of the same files."""
    import duckdb

    parameters = "STRUCT(bucketName VARCHAR, key VARCHAR)"
    record = f"STRUCT(eventID VARCHAR, eventTime VARCHAR, eventName VARCHAR, requestParameters {parameters})"
    reader = f"read_json(?, columns={{'Records': '{record}[]'}}, maximum_object_size=67108864)"
    query = f"SELECT count(DISTINCT one.eventID) FROM (SELECT unnest(Records) AS one FROM {reader})"
    return timed(lambda: duckdb.connect().execute(query, [str(folder / "*.json.gz")]).fetchall())


def multiplied(store: LogStore, copies: int, folder: Path) -> None:
    """The rows so many times, each copy with other numbers and event IDs."""
    import duckdb

    folder.mkdir()
    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{folder}'")
    for copy in range(copies):
        connection.execute(
            f"COPY (SELECT * REPLACE (row_number + {copy << 40} AS row_number, event_id || '-{copy}' AS event_id)"
            f" FROM ({table_query(store.patterns('rows'))})) TO '{folder}/rows-{copy}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )
    connection.execute(f"COPY (SELECT * FROM ({table_query(store.patterns('sessions'))})) TO '{folder}/sessions.parquet' (FORMAT parquet)")
    connection.execute(f"COPY (SELECT CAST(1 AS BIGINT) AS row_number WHERE false) TO '{folder}/doubled.parquet' (FORMAT parquet)")


def in_a_process(folder: Path, task: str) -> dict[str, float]:
    """The figures of a task on its own, so that its peak is its own."""
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.usage", "--task", task, "--folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=STAGE_SECONDS,
    )
    figures: dict[str, float] = json.loads(result.stdout)
    return figures


def task(name: str, folder: Path) -> dict[str, float]:
    """Reduce or replay the rows below `folder`."""
    rows = sum(1 for _ in folder.glob("rows-*.parquet"))
    store = LogStore(folder, counts=Counts(), first=None, last=None, has_doubled=False, has_requesters=False, session_tags=())
    old, new = (deployment_of(compile_access(parse_access(declaration(prefix)), TARGET)) for prefix in ("team-", "team-1"))
    engine = DuckDbEngine(store)
    found: dict[str, float] = {"files": rows}

    def work() -> None:
        if name == "reduce":
            policies = policies_of(old) + policies_of(new)
            found["questions"] = len({one.question for one in reduce_rows(engine, store, policies).classes})
        else:
            answer = replay(engine, store, new, old)
            found["breaks"] = answer.requests(ReplayEffect.BREAKS)

    found["cpu_s"] = timed(work)
    found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def stage(text: str) -> None:
    """Say on standard error what begins."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure(rows: int) -> dict[str, float]:
    """All figures."""
    with tempfile.TemporaryDirectory(prefix="bucketpass-bench-") as name:
        place = Path(name)
        stage(f"write a log of {DISTINCT:,} records and an access log of {LINES:,} lines")
        (place / "logs").mkdir()
        (place / "store").mkdir()
        write_logs(place / "logs", DISTINCT)
        write_lines(place / "access", LINES)
        stage("read both")
        files = log_files([str(place / "logs")], place)
        (place / "one").mkdir()
        one_process = timed(lambda: ingest(files, place / "one", processes=1))
        (place / "two").mkdir()
        access = timed(lambda: ingest(log_files([str(place / "access")], place), place / "two", processes=1))
        store = open_store([str(place / "logs")], place / "store")
        stage("read by DuckDB's own reader")
        found = {
            "cloudtrail_rows_per_cpu_s": DISTINCT / one_process,
            "duckdb_reader_rows_per_cpu_s": DISTINCT / duckdb_reader(place / "logs"),
            "access_log_rows_per_cpu_s": LINES / access,
        }
        seconds: dict[int, float] = {}
        for size in sorted({DISTINCT, GROWTH, rows}):
            stage(f"reduce {size:,} rows")
            multiplied(store, size // DISTINCT, place / str(size))
            reduced = in_a_process(place / str(size), "reduce")
            seconds[size] = reduced["cpu_s"]
            label = {DISTINCT: "200k", rows: "10m"}.get(size, "1m")
            found |= {f"questions_{label}": reduced["questions"], f"reduce_{label}_peak_mib": reduced["peak_mib"]}
        stage(f"replay {rows:,} rows")
        replayed = in_a_process(place / str(rows), "replay")
        folders = duckdb_folders(place / str(rows))
        return {
            **{key: round(value, 1) for key, value in found.items()},
            "reduce_rows_per_cpu_s": round(rows / seconds[rows]),
            # Seconds for each further million rows: the same at every size where the growth is linear.
            "reduce_s_per_million_first": round((seconds[GROWTH] - seconds[DISTINCT]) / ((GROWTH - DISTINCT) / 1e6), 2),
            "reduce_s_per_million_last": round((seconds[rows] - seconds[GROWTH]) / max((rows - GROWTH) / 1e6, 1e-9), 2),
            "replay_10m_s": round(replayed["cpu_s"], 2),
            "replay_peak_mib": round(replayed["peak_mib"], 1),
            "folders_10m": folders,
            "rows": rows,
        }


def duckdb_folders(folder: Path) -> int:
    """How many questions there would be with one for each principal, operation and folder."""
    import duckdb

    folders = "SELECT DISTINCT principal, operation, bucket, regexp_extract(object_key, '^.*/')"
    query = f"SELECT count(*) FROM ({folders} FROM read_parquet('{folder}/rows-*.parquet'))"
    return int((duckdb.connect().execute(query).fetchone() or (0,))[0])


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only form there is")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the large log (default: 10 million)")
    parser.add_argument("--task", choices=("reduce", "replay"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    print(json.dumps(task(arguments.task, arguments.folder) if arguments.task else measure(arguments.rows)))


if __name__ == "__main__":
    main()

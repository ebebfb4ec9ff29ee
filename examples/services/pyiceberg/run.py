"""An Iceberg table in S3: made, appended to and read back, for as many seconds as SECONDS says, then purged."""

import os
import tempfile
import time

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

catalog = SqlCatalog(
    "local",
    uri=f"sqlite:///{tempfile.mkdtemp()}/catalog.db",
    warehouse="s3://lake/warehouse",
    **{"py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO"},
)
catalog.create_namespace("training")
rows = pa.table({"id": [1, 2, 3], "text": ["a", "b", "c"]})
table = catalog.create_table("training.samples", schema=rows.schema)
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    table.append(rows)
    rounds += 1
    if table.scan().to_arrow().num_rows != 3 * rounds:
        raise SystemExit("rows are missing")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
catalog.purge_table("training.samples")
print(f"{rounds} appends")

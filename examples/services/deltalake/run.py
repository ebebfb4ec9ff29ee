"""A Delta table in S3: appended to and read back, for as many seconds as SECONDS says, then vacuumed."""

import os
import time

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

PLACE = "s3://lake/delta/samples"
# delta-rs knows AWS_ENDPOINT_URL alone; on AWS it needs no options.
endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
options = {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true"} if endpoint else {}
rows = pa.table({"id": [1, 2, 3]})
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    write_deltalake(PLACE, rows, mode="append", storage_options=options)
    rounds += 1
    if DeltaTable(PLACE, storage_options=options).to_pyarrow_table().num_rows != 3 * rounds:
        raise SystemExit("rows are missing")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
write_deltalake(PLACE, rows, mode="overwrite", storage_options=options)
table = DeltaTable(PLACE, storage_options=options)
removed = table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
if len(removed) != rounds:
    raise SystemExit(f"{len(removed)} files removed of {rounds}")
print(f"{rounds} appends")

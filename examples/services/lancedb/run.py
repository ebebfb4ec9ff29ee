"""A vector table in S3: made, added to and searched, for as many seconds as SECONDS says, then dropped."""

import os
import time

import lancedb

database = lancedb.connect("s3://vectors/lance")
table = database.create_table("documents", [{"vector": [0.0, 1.0], "text": "first"}])
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    rounds += 1
    table.add([{"vector": [float(rounds), 1.0], "text": f"document {rounds}"}])
    (nearest,) = table.search([float(rounds), 1.0]).limit(1).to_list()
    if nearest["text"] != f"document {rounds}":
        raise SystemExit(f"found {nearest['text']}")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
database.drop_table("documents")
print(f"{rounds} documents")

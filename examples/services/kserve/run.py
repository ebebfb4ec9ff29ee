"""A model fetched as KServe's initializer does, again and again, for as many seconds as SECONDS says."""

import os
import tempfile
import time
from pathlib import Path

from kserve_storage import Storage

if endpoint := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
    os.environ["AWS_ENDPOINT_URL"] = endpoint  # the only name that it knows; on AWS none is needed
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    rounds += 1
    folder = Storage.download("s3://models/classifier/", tempfile.mkdtemp())  # with its slash: the listing is of the prefix
    if (Path(folder) / "weights.txt").read_text() != "0.5 0.25\n":
        raise SystemExit("the model is another one")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
print(f"{rounds} models")

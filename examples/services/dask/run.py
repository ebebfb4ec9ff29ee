"""A Dask frame in S3 as Parquet: written over and read back by worker processes, for as many seconds as SECONDS says."""

import os
import time

import dask
import dask.dataframe as dd
import pandas as pd


def main() -> None:
    """Write and read, past the end of a session."""
    # Processes, as on a cluster: each has its own client, and its own credentials from the endpoint of `bucketpass exec`.
    dask.config.set(scheduler="processes", num_workers=2)
    until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
    rounds = 0
    while True:
        rounds += 1
        frame = dd.from_pandas(pd.DataFrame({"id": range(10 * rounds)}), npartitions=2)
        frame.to_parquet("s3://lake/dask/numbers", overwrite=True)
        if len(dd.read_parquet("s3://lake/dask/numbers")) != 10 * rounds:
            raise SystemExit("rows are missing")
        if time.monotonic() > until:
            break
        time.sleep(0.5)
    print(f"{rounds} frames")


if __name__ == "__main__":
    main()

"""One task of an array: its shard written and read again, for as many seconds as SECONDS says."""

import os
import time

import boto3

key = f"tokens/{os.environ.get('SLURM_ARRAY_TASK_ID', '0')}"
s3 = boto3.client("s3")
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    rounds += 1
    s3.put_object(Bucket="shards", Key=key, Body=f"round {rounds}".encode())
    if s3.get_object(Bucket="shards", Key=key)["Body"].read() != f"round {rounds}".encode():
        raise SystemExit("the shard is another one")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
print(f"{rounds} rounds")

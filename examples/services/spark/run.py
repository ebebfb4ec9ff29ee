"""Parquet in S3 by Spark and S3A: written over and read back, for as many seconds as SECONDS says."""

import os
import time
from pathlib import Path

from pyspark.sql import SparkSession

builder = SparkSession.builder.master("local[1]").appName("bucketpass example")
# hadoop-aws: from a folder that has it, or from Maven.
if jars := os.environ.get("JARS"):
    builder = builder.config("spark.jars", ",".join(map(str, Path(jars).glob("*.jar"))))
else:
    builder = builder.config("spark.jars.packages", "org.apache.hadoop:hadoop-aws:3.4.1")
for line in (Path(__file__).parent / "spark-defaults.conf").read_text().splitlines():
    if line and not line.startswith("#"):
        builder = builder.config(*line.split(maxsplit=1))
# S3A knows neither of AWS's variables; on AWS it needs no endpoint.
if endpoint := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
    builder = builder.config("spark.hadoop.fs.s3a.endpoint", endpoint).config("spark.hadoop.fs.s3a.path.style.access", "true")
spark = builder.getOrCreate()
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    rounds += 1
    spark.range(100 * rounds).write.mode("overwrite").parquet("s3a://lake/spark/numbers")
    if spark.read.parquet("s3a://lake/spark/numbers").count() != 100 * rounds:
        raise SystemExit("rows are missing")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
spark.stop()
print(f"{rounds} commits")

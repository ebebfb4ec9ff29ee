# mypy: ignore-errors
# PySpark lives in an environment of its own, which is not there where the types are checked.
"""Spark reads by hadoop-aws (S3A), as `read.py` does: `python s3a.py KIND`, with JARS in the environment; prints `ok`.

The kinds: `exec`, from the endpoint of `bucketpass exec`; `own`, from an endpoint in this process, whose environment the JVM inherits;
`profile`, from a profile that starts the credential process.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import SparkSession

# S3A's default chain asks the machine's metadata service for good, once the endpoint had no credentials.
SDK = "software.amazon.awssdk.auth.credentials"
PROVIDERS = {"profile": f"{SDK}.ProfileCredentialsProvider", "environment": f"{SDK}.EnvironmentVariableCredentialsProvider"}
CONTAINER = f"{SDK}.ContainerCredentialsProvider"


def session(kind: str) -> SparkSession:
    if kind == "own":
        from bucketpass.credentials import use_container_environment

        use_container_environment()
    settings = {
        "spark.jars": ",".join(map(str, Path(os.environ["JARS"]).glob("*.jar"))),
        "spark.ui.enabled": "false",
        "spark.executor.memory": "512m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.hadoop.fs.s3a.endpoint": os.environ["AWS_ENDPOINT_URL_S3"],
        "spark.hadoop.fs.s3a.endpoint.region": os.environ["AWS_REGION"],
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.aws.credentials.provider": PROVIDERS.get(kind, CONTAINER),
    }
    builder = SparkSession.builder.master(os.environ.get("MASTER", "local[1]"))
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def text_reader(kind: str) -> Callable[[], bytes]:
    spark = session(kind)

    def read() -> bytes:
        rows = spark.read.text(f"s3a://{os.environ['BUCKET']}/{os.environ['KEY']}").collect()
        return "\n".join([*(row.value for row in rows), ""]).encode()

    return read


def main() -> None:
    expected = Path(os.environ["EXPECTED"]).read_bytes()
    read = text_reader(sys.argv[1])
    for pause in (0.0, float(os.environ["SECONDS"])):
        time.sleep(pause)
        got = read()
        if got != expected:
            sys.exit(f"got {got!r}, expected {expected!r}")
    print("ok")


if __name__ == "__main__":
    main()

"""Usage and replay of one log by DuckDB and by Spark: prints both answers, a line each. Run by the tests in Spark's environment."""

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from bucketpass.compile import Target, compile_access
from bucketpass.deployment.resources import deployment_of
from bucketpass.model import load_access
from bucketpass.usage.engines.duckdb import DuckDbEngine
from bucketpass.usage.engines.interface import QueryEngine
from bucketpass.usage.engines.spark import SparkEngine
from bucketpass.usage.grants import usage_of
from bucketpass.usage.replay import replay
from bucketpass.usage.report import replay_object, usage_object
from bucketpass.usage.store import open_store

access, narrower = (load_access(Path(name)) for name in sys.argv[1:3])
target = Target("111122223333", "us-east-1")
store = open_store([sys.argv[3]], Path(sys.argv[4]))


def answer(engine: QueryEngine) -> str:
    used = usage_object(usage_of(access, target, engine, store), store.counts)
    old, new = (deployment_of(compile_access(one, target)) for one in (access, narrower))
    return json.dumps([used, replay_object(replay(engine, store, new, old), store.counts)])


print(answer(DuckDbEngine(store)))
session = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .getOrCreate()
)
session.sparkContext.setLogLevel("ERROR")
print(answer(SparkEngine(store, session)))
session.stop()

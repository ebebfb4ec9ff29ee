"""What Airflow's tasks and their logs do in S3, by its hook and its remote logging, for as many seconds as SECONDS says. No DAG is run."""

import os
import time
from pathlib import Path

for line in (Path(__file__).parent / "airflow.env").read_text().splitlines():
    if line and not line.startswith("#"):
        name, _, value = line.partition("=")
        os.environ[name] = value
os.environ["AIRFLOW_HOME"] = home = str(Path.cwd() / "airflow")

from airflow.providers.amazon.aws.hooks.s3 import S3Hook  # noqa: E402
from airflow.providers.amazon.aws.log.s3_task_handler import S3RemoteLogIO  # noqa: E402

logs = S3RemoteLogIO(
    remote_base=os.environ["AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER"], base_log_folder=Path(home), delete_local_copy=False
)
hook = S3Hook("aws_default")
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    rounds += 1
    hook.load_string(f"round {rounds}", "airflow/data/table.csv", "pipelines", replace=True)
    if hook.read_key("airflow/data/table.csv", "pipelines") != f"round {rounds}":
        raise SystemExit("the data are others")
    log = f"s3://pipelines/airflow/logs/task/attempt={rounds}.log"
    if logs.s3_log_exists(log) or not logs.write("started\n", log) or not logs.s3_log_exists(log):
        raise SystemExit("the log did not reach S3")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
print(f"{rounds} rounds")

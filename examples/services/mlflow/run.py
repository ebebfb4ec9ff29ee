"""An experiment whose artifacts lie in S3: logged, listed and read back, for as many seconds as SECONDS says."""

import os
import tempfile
import time
from pathlib import Path

import mlflow

folder = Path(tempfile.mkdtemp())
mlflow.set_tracking_uri(f"sqlite:///{folder}/runs.db")
experiment = mlflow.create_experiment("training", artifact_location="s3://experiments/mlflow")
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    with mlflow.start_run(experiment_id=experiment) as run:
        mlflow.log_metric("loss", 1 / (rounds + 1))
        mlflow.log_text(f"round {rounds}", "notes/round.txt")
        found = [file.path for file in mlflow.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="notes")]
        text = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/round.txt")
    if (found, text) != (["notes/round.txt"], f"round {rounds}"):
        raise SystemExit(f"read back {found}, {text!r}")
    rounds += 1
    if time.monotonic() > until:
        break
    time.sleep(0.5)
print(f"{rounds} runs")

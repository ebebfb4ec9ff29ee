# mypy: ignore-errors
# Each client lives in an environment of its own; none of them is there where the types are checked.
"""What people do with one S3 client below `s3://lake/team/ml/`. `python needs.py CLIENT` prints, as JSON, `ok` or the error of each step.

`raw/a.csv` and `raw/sub/b.csv` are there. A step that reports success and did nothing is an error here.
"""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

ENDPOINT = os.environ["AWS_ENDPOINT_URL_S3"]
HOST, REGION = ENDPOINT.partition("://")[2], os.environ["AWS_REGION"]
HOME = "lake/team/ml"
URL = f"s3://{HOME}"


def expect(what):
    if not what:
        raise AssertionError("nothing happened, or something else")


def write(file):
    with file:
        file.write(b"x")


def arrow():
    import pyarrow.dataset
    import pyarrow.parquet
    from pyarrow.fs import FileSelector, FileType, S3FileSystem

    files = S3FileSystem(endpoint_override=HOST, scheme="http", region=REGION)
    table = pyarrow.table({"v": [1, 2]})
    return {
        "read": lambda: files.open_input_stream(f"{HOME}/raw/a.csv").read(),
        "information on a missing key": lambda: expect(files.get_file_info(f"{HOME}/none").type == FileType.NotFound),
        "dataset of a folder": lambda: pyarrow.dataset.dataset(f"{HOME}/raw", format="csv", filesystem=files).to_table(),
        "dataset of the grant": lambda: pyarrow.dataset.dataset(HOME, format="csv", filesystem=files).to_table(),
        "list the grant": lambda: expect(files.get_file_info(FileSelector(HOME, recursive=True))),
        "list the bucket": lambda: expect(files.get_file_info(FileSelector("lake"))),
        "write a file": lambda: pyarrow.parquet.write_table(table, f"{HOME}/new.parquet", filesystem=files),
        "write a dataset": lambda: pyarrow.dataset.write_dataset(table, f"{HOME}/out", format="parquet", filesystem=files),
        "create_dir": lambda: files.create_dir(f"{HOME}/made"),
        "move": lambda: files.move(f"{HOME}/new.parquet", f"{HOME}/moved.parquet"),
        "delete_dir": lambda: files.delete_dir(f"{HOME}/raw/sub"),
        "delete_file": lambda: files.delete_file(f"{HOME}/raw/a.csv"),
    }


def s3fs():
    import s3fs

    files = s3fs.S3FileSystem(endpoint_url=ENDPOINT)

    def gone(path, delete):
        delete()
        files.invalidate_cache()
        expect(not files.exists(path))

    return {
        "read": lambda: files.cat_file(f"{HOME}/raw/a.csv"),
        "exists of a missing key": lambda: expect(not files.exists(f"{HOME}/none")),
        "exists of the grant": lambda: expect(files.exists(HOME)),
        "ls": lambda: expect(files.ls(HOME)),
        "glob": lambda: expect(files.glob(f"{HOME}/*/*.csv")),
        "ls of the bucket": lambda: expect(files.ls("lake")),
        "ls of the folder above": lambda: expect(files.ls("lake/team")),
        "write": lambda: write(files.open(f"{HOME}/new", "wb")),
        "makedirs": lambda: files.makedirs(f"{HOME}/dir/x", exist_ok=True),
        "mv": lambda: gone(f"{HOME}/new", lambda: files.mv(f"{HOME}/new", f"{HOME}/moved")),
        "rm": lambda: gone(f"{HOME}/raw/sub", lambda: files.rm(f"{HOME}/raw/sub", recursive=True)),
    }


def pandas():
    import pandas

    options, frame = {"endpoint_url": ENDPOINT}, pandas.DataFrame({"v": [1]})
    return {
        "read_csv": lambda: pandas.read_csv(f"{URL}/raw/a.csv", storage_options=options),
        "to_parquet": lambda: frame.to_parquet(f"{URL}/new.parquet", storage_options=options),
        "to_parquet in parts": lambda: frame.to_parquet(f"{URL}/parts", partition_cols=["v"], storage_options=options),
    }


def polars():
    import polars

    options = {"aws_endpoint_url": ENDPOINT, "aws_allow_http": "true", "aws_region": REGION, "aws_virtual_hosted_style_request": "false"}
    more = {"storage_options": options, "credential_provider": None}
    return {
        "scan a pattern": lambda: polars.scan_csv(f"{URL}/**/*.csv", **more).collect(),
        "write": lambda: polars.DataFrame({"v": [1]}).write_parquet(f"{URL}/new.parquet", **more),
    }


def duckdb():
    import duckdb
    from duckdb_extensions import import_extension

    connection = duckdb.connect()
    for name in ("httpfs", "aws"):
        import_extension(name)
        connection.load_extension(name)
    where = f"ENDPOINT '{HOST}', URL_STYLE 'path', USE_SSL false, REGION '{REGION}'"
    connection.execute(f"CREATE SECRET (TYPE s3, PROVIDER credential_chain, CHAIN 'env', {where})")
    copy = f"COPY (SELECT 1 AS v, 2 AS w) TO '{URL}/parts' (FORMAT parquet, PARTITION_BY (w)"
    return {
        "read a pattern": lambda: expect(connection.execute(f"SELECT * FROM '{URL}/**/*.csv'").fetchall()),
        "write partitions": lambda: connection.execute(f"{copy})"),
        "overwrite partitions": lambda: connection.execute(f"{copy}, OVERWRITE)"),
    }


def lance():
    import lance
    import pyarrow

    table, place = pyarrow.table({"v": [1, 2]}), f"{URL}/table.lance"
    options = {"storage_options": {"aws_endpoint": ENDPOINT, "allow_http": "true", "aws_region": REGION}}

    def cleanup():
        lance.dataset(place, **options).cleanup_old_versions(older_than=timedelta(seconds=0), delete_unverified=True)

    return {
        "write": lambda: lance.write_dataset(table, place, **options),
        "append": lambda: lance.write_dataset(table, place, mode="append", **options),
        "read": lambda: lance.dataset(place, **options).to_table(),
        "cleanup": cleanup,
    }


def dask():
    import dask.dataframe
    import pandas

    options = {"endpoint_url": ENDPOINT}
    frame = pandas.DataFrame({"v": [1, 2]})

    def overwrite():
        place = {"path": f"{URL}/again", "storage_options": options}
        dask.dataframe.from_pandas(frame, npartitions=2).to_parquet(**place)
        dask.dataframe.from_pandas(frame, npartitions=1).to_parquet(**place, overwrite=True)
        expect(len(dask.dataframe.read_parquet(**place)) == len(frame))

    return {
        "read_csv": lambda: dask.dataframe.read_csv(f"{URL}/raw/*.csv", storage_options=options).compute(),
        "to_parquet": lambda: dask.dataframe.from_pandas(frame, npartitions=2).to_parquet(f"{URL}/parts", storage_options=options),
        "read_parquet": lambda: expect(len(dask.dataframe.read_parquet(f"{URL}/parts", storage_options=options)) == len(frame)),
        "overwrite": overwrite,
    }


def pyiceberg():
    import pyarrow
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("c", uri="sqlite:///:memory:", warehouse=URL, **{"s3.endpoint": ENDPOINT, "s3.region": REGION})
    table = pyarrow.table({"v": [1, 2]})

    def purge():
        location = catalog.load_table("n.t").metadata_location
        catalog.purge_table("n.t")
        try:
            catalog._load_file_io(location=location).new_input(location).open().close()
        except FileNotFoundError:
            return
        raise AssertionError("the files are still there")

    return {
        "create": lambda: (catalog.create_namespace("n"), catalog.create_table("n.t", table.schema)),
        "append": lambda: catalog.load_table("n.t").append(table),
        "scan": lambda: expect(len(catalog.load_table("n.t").scan().to_arrow()) == len(table)),
        "purge": purge,
    }


def mlflow():
    import tempfile

    import mlflow

    os.environ["MLFLOW_S3_ENDPOINT_URL"] = ENDPOINT
    folder = tempfile.mkdtemp()
    mlflow.set_tracking_uri(f"sqlite:///{folder}/runs.db")
    experiment = mlflow.create_experiment("e", artifact_location=f"{URL}/runs")
    with mlflow.start_run(experiment_id=experiment) as run:
        identifier, where = run.info.run_id, run.info.artifact_uri

    def gc():
        mlflow.delete_run(identifier)
        words = ["gc", "--backend-store-uri", f"sqlite:///{folder}/runs.db", "--run-ids", identifier]
        done = subprocess.run([Path(sys.executable).parent / "mlflow", *words], capture_output=True, text=True, check=False)
        expect(done.returncode == 0)
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        expect(not get_artifact_repository(where).list_artifacts())

    return {
        "log_text": lambda: mlflow.MlflowClient().log_text(identifier, "x", "notes.txt"),
        "list_artifacts": lambda: expect(mlflow.artifacts.list_artifacts(artifact_uri=where)),
        "download_artifacts": lambda: mlflow.artifacts.download_artifacts(artifact_uri=f"{where}/notes.txt"),
        "gc": gc,
    }


def jupyter():
    from s3contents import S3ContentsManager

    manager = S3ContentsManager(bucket="lake", prefix="team/ml", endpoint_url=ENDPOINT, region_name=REGION)
    file = {"type": "file", "format": "text", "content": "x"}

    def gone(path, delete):
        delete()
        manager.fs.fs.invalidate_cache()
        expect(not manager.file_exists(path))

    return {
        "list": lambda: expect(manager.get("raw", type="directory")["content"]),
        "read": lambda: expect(manager.get("raw/a.csv")["content"]),
        "save": lambda: manager.save(dict(file), "notes.txt"),
        "rename": lambda: gone("notes.txt", lambda: manager.rename_file("notes.txt", "moved.txt")),
        "delete": lambda: gone("moved.txt", lambda: manager.delete_file("moved.txt")),
    }


def dvc():
    import tempfile

    folder = Path(tempfile.mkdtemp())
    # DVC reads the configuration itself, and takes no device for it.
    surroundings = {name: value for name, value in os.environ.items() if name != "AWS_CONFIG_FILE"} | {"DVC_NO_ANALYTICS": "1"}

    def run(*words):
        command = [Path(sys.executable).parent / "dvc", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=surroundings)
        if done.returncode:
            raise AssertionError(done.stderr.strip()[:300])

    run("init", "--no-scm", "-q")
    run("remote", "add", "-d", "store", URL)
    run("remote", "modify", "store", "endpointurl", ENDPOINT)

    def add(text):
        (folder / "data.txt").write_text(text)
        run("add", "-q", "data.txt")

    def gc():
        import s3fs

        add("second")
        run("push", "-q")
        run("gc", "-w", "-c", "-f", "-q")
        expect(len(s3fs.S3FileSystem(endpoint_url=ENDPOINT).find(f"{HOME}/files")) == 1)

    return {
        "push": lambda: (add("first"), run("push", "-q")),
        "status": lambda: run("status", "-c", "-q"),
        "pull": lambda: (subprocess.run(["rm", "-rf", folder / ".dvc/cache"], check=True), run("pull", "-q", "-f")),
        # From here on each command looks at the grant by its name, without the slash.
        "import-url of the grant": lambda: run("import-url", "-q", "--no-exec", "remote://store", "whole"),
        "gc": gc,
    }


def spark():
    import s3a

    session = s3a.session("environment")
    files = session._jvm.org.apache.hadoop.fs
    lake = files.FileSystem.get(session._jvm.java.net.URI("s3a://lake/"), session._jsc.hadoopConfiguration())
    home, rows = f"s3a://{HOME}", session.createDataFrame([("a", 1), ("b", 2)], ["n", "v"])

    def at(name):
        return files.Path(f"{home}/{name}" if name else home)

    def written(mode, count):
        rows.write.mode(mode).parquet(f"{home}/out")
        expect(session.read.parquet(f"{home}/out").count() == count)

    return {
        "read a file": lambda: expect(session.read.csv(f"{home}/raw/a.csv", header=True).count() == 1),
        "read a folder": lambda: expect(session.read.csv(f"{home}/raw", recursiveFileLookup=True, header=True).count() == 2),
        "list the grant": lambda: expect(len(lake.listStatus(at(""))) > 0),
        "list the bucket": lambda: lake.listStatus(files.Path("s3a://lake/")),
        "a missing file": lambda: expect(not lake.exists(at("none"))),
        "write": lambda: written("error", 2),
        "append": lambda: written("append", 4),
        "overwrite": lambda: written("overwrite", 2),
        "partitions": lambda: rows.write.partitionBy("n").parquet(f"{home}/parts"),
        "mkdirs": lambda: expect(lake.mkdirs(at("made/deep"))),
        "rename": lambda: expect(lake.rename(at("raw/sub"), at("moved")) and not lake.exists(at("raw/sub"))),
        "delete": lambda: expect(lake.delete(at("raw"), True) and not lake.exists(at("raw"))),
    }


def awscli():
    def run(*words):
        aws = Path(sys.executable).parent / "aws"
        done = subprocess.run([aws, "--endpoint-url", ENDPOINT, "s3", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(done.stderr.strip())

    return {
        "cp": lambda: run("cp", f"{URL}/raw/a.csv", "-"),
        "ls": lambda: run("ls", f"{URL}/"),
        "ls without the slash": lambda: run("ls", URL),
        "ls of the bucket": lambda: run("ls", "s3://lake/"),
        "mv": lambda: run("mv", f"{URL}/raw/a.csv", f"{URL}/moved.csv"),
        "rm": lambda: run("rm", f"{URL}/raw", "--recursive"),
    }


def outcomes(steps):
    for name, step in steps.items():
        try:
            step()
            yield name, "ok"
        except Exception as error:
            yield name, f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    print(json.dumps(dict(outcomes(globals()[sys.argv[1]]()))), flush=True)
    os._exit(0)  # pyarrow's threads may outlive the interpreter and abort it (apache/arrow issue 34314)

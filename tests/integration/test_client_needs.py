"""`clients`: what each client is seen to ask for at the sandbox is what its recipe grants, no less and no more."""

import json
import os
import subprocess
from collections.abc import Iterator

import pytest
from tests.integration.test_clients import ROOT, python_of, spark_variables
from tests.sandboxes import SandboxWorld, sandbox_world

from bucketpass.model.clients import CLIENTS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]

STEPS = ROOT / "tests" / "clients" / "needs.py"
# Some of the clients speak plain http to the sandbox.
ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  lake: {relax: {tls: clients that do not know the certificate of the sandbox}}
services:
"""
MEASURED = ("arrow", "s3fs", "pandas", "aws-cli", "dask", "pyiceberg", "mlflow", "jupyter", "dvc", "spark")
SERVICES = {"plain": "", "root": "listing: bucket-root", **{name: f"clients: {name}" for name in MEASURED}}
ACCESS += "".join(
    f"""
  {name}:
    identity: {{issuer: okta, subject: {name}}}
    grants: {{bucket: lake, prefix: team/ml/, access: [read, write, delete], {needs}}}
  {name}-without-delete:
    identity: {{issuer: okta, subject: {name}-without-delete}}
    grants: {{bucket: lake, prefix: team/ml/, access: [read, write], {needs}}}
"""
    for name, needs in SERVICES.items()
)


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(ACCESS) as world:
        yield world


def refused(world: SandboxWorld, client: str, environment: str, module: str, service: str) -> set[str]:
    """The steps that do not work with the session of this service."""
    python = python_of(environment, module)
    s3, keys = world.s3(), world.assume(service)
    for stored in s3.list_objects_v2(Bucket="lake").get("Contents", []):
        s3.delete_object(Bucket="lake", Key=stored["Key"])
    for key in ("team/ml/raw/a.csv", "team/ml/raw/sub/b.csv", "team/other/secret.csv", "private/secret.csv"):
        s3.put_object(Bucket="lake", Key=key, Body=b"n,v\na,1\n")
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret,
        "AWS_SESSION_TOKEN": keys.token or "",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": world.sandbox.http_url,
        "AWS_CONFIG_FILE": os.devnull,
        "PYTHONWARNINGS": "ignore",
        **spark_variables(python),
    }
    done = subprocess.run([python, str(STEPS), client], env=variables, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {step for step, outcome in json.loads(done.stdout).items() if outcome != "ok"}


ARROW, S3FS, PANDAS, AWSCLI = (
    ("arrow", "data", "pyarrow"),
    ("s3fs", "data", "s3fs"),
    ("pandas", "data", "pandas"),
    ("awscli", "awscli", "awscli"),
)
# These take a minute each: `make services` runs them.
LONG = pytest.mark.skipif("BUCKETPASS_SERVICES" not in os.environ, reason="make services")
DASK, DVC, JUPYTER, MLFLOW, PYICEBERG, SPARK = (
    ("dask", "pipelines", "dask"),
    ("dvc", "pipelines", "dvc"),
    ("jupyter", "pipelines", "s3contents"),
    ("mlflow", "services", "mlflow"),
    ("pyiceberg", "services", "pyiceberg"),
    ("spark", "spark", "pyspark"),
)


@pytest.mark.parametrize(
    ("client", "recipe", "without", "beyond"),
    [
        (ARROW, "arrow", {"dataset of the grant", "list the bucket", "write a dataset", "create_dir"}, {"list the bucket"}),
        (
            S3FS,
            "s3fs",
            {"exists of the grant", "makedirs", "ls of the bucket", "ls of the folder above"},
            {"ls of the bucket", "ls of the folder above"},
        ),
        (PANDAS, "pandas", {"to_parquet in parts"}, set()),
        (AWSCLI, "aws-cli", {"ls without the slash", "ls of the bucket"}, {"ls of the bucket"}),
        pytest.param(DASK, "dask", {"to_parquet", "read_parquet", "overwrite"}, set(), marks=LONG),
        pytest.param(DVC, "dvc", {"gc"}, set(), marks=LONG),
        pytest.param(JUPYTER, "jupyter", set(), set(), marks=LONG),
        pytest.param(MLFLOW, "mlflow", set(), set(), marks=LONG),
        pytest.param(PYICEBERG, "pyiceberg", set(), set(), marks=LONG),
        pytest.param(SPARK, "spark", {"list the bucket", "rename"}, {"list the bucket"}, marks=LONG),
    ],
)
def test_a_recipe_grants_what_its_client_asks_for(
    world: SandboxWorld, client: tuple[str, str, str], recipe: str, without: set[str], beyond: set[str]
) -> None:
    assert refused(world, *client, "plain") == without
    assert refused(world, *client, recipe) == beyond


@pytest.mark.parametrize(("client", "steps"), [(S3FS, {"makedirs"}), (ARROW, {"write a dataset", "create_dir"})])
def test_the_bucket_can_be_looked_through_from_its_root(world: SandboxWorld, client: tuple[str, str, str], steps: set[str]) -> None:
    assert refused(world, *client, "root") == steps


@pytest.mark.parametrize("client", [("polars", "data", "polars"), ("duckdb", "data", "duckdb_extensions"), ("lance", "data", "lance")])
def test_clients_without_a_recipe_ask_for_nothing_else(world: SandboxWorld, client: tuple[str, str, str]) -> None:
    assert client[0] not in CLIENTS
    assert refused(world, *client, "plain") == set()


@pytest.mark.parametrize(
    ("client", "recipe", "steps"),
    [
        (ARROW, "arrow", {"move", "delete_dir", "delete_file"}),
        (S3FS, "s3fs", {"mv", "rm"}),
        (AWSCLI, "aws-cli", {"mv", "rm"}),
        pytest.param(DASK, "dask", {"overwrite"}, marks=LONG),
        pytest.param(DVC, "dvc", {"gc"}, marks=LONG),
        pytest.param(JUPYTER, "jupyter", {"rename", "delete"}, marks=LONG),
        pytest.param(MLFLOW, "mlflow", {"gc"}, marks=LONG),
        pytest.param(PYICEBERG, "pyiceberg", {"purge"}, marks=LONG),
        pytest.param(SPARK, "spark", {"write", "append", "overwrite", "partitions", "rename", "delete"}, marks=LONG),
    ],
)
def test_without_delete_a_client_leaves_objects(world: SandboxWorld, client: tuple[str, str, str], recipe: str, steps: set[str]) -> None:
    assert CLIENTS[recipe].deletes
    assert refused(world, *client, f"{recipe}-without-delete") >= steps


def test_a_recipe_shows_no_other_prefix(world: SandboxWorld) -> None:
    s3 = world.service("arrow")
    for call in (
        lambda: s3.get_object(Bucket="lake", Key="private/secret.csv"),
        lambda: s3.list_objects_v2(Bucket="lake", Prefix="private/"),
        lambda: s3.put_object(Bucket="lake", Key="team/other/x", Body=b"x"),
        lambda: s3.delete_object(Bucket="lake", Key="team/"),
    ):
        with pytest.raises(s3.exceptions.ClientError):
            call()

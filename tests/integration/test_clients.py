"""Every S3 client against the sandbox: it reads, its session ends, it reads on with new keys.

Clients that are not installed here are skipped; `make clients` gives them environments of their own and runs this.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from tests.processes import end

from bucketpass.model import parse_access
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "build" / "clients"
JARS = ENVIRONMENTS / "hadoop" / "jars"
READ = ROOT / "tests" / "clients" / "read.py"
S3A = ROOT / "tests" / "clients" / "s3a.py"
TRAIN = ROOT / "tests" / "clients" / "train.py"
SESSION_SECONDS = 6
CONTENT = b"name,value\nalpha,1\nbeta,2\n"
DECLARATION = """
issuers:
  okta: {preset: generic, url: "https://issuer.test/oauth2", audience: s3-data}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: okta, subject: trainer}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
"""
TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
 "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.test/oauth2"},
 "Action": "sts:AssumeRoleWithWebIdentity",
 "Condition": {"StringEquals": {"issuer.test/oauth2:sub": "trainer", "issuer.test/oauth2:aud": "s3-data"}}}]}"""
POLICY = """{"Version": "2012-10-17", "Statement": [
 {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::datasets/raw/*"},
 {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::datasets"}]}"""


# Library -> where its table stands below raw/, and how it writes one.
TABLES = {
    "lance": ("table", "import lance; lance.write_dataset(table, sys.argv[2])"),
    "deltalake": ("delta", "import deltalake; deltalake.write_deltalake(sys.argv[2], table)"),
}


class Service:
    """A deployed service on the sandbox, whose token is renewed all the time, and whose sessions live for six seconds."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox = sandbox
        self.directory = directory
        self.token = directory / "token"
        self.rotate()
        self.expected = directory / "expected"
        self.expected.write_bytes(CONTENT)
        admin = boto3.Session(sandbox.admin.access_key_id, sandbox.admin.secret.reveal(), region_name="us-east-1")
        iam, s3 = admin.client("iam", endpoint_url=sandbox.http_url), admin.client("s3", endpoint_url=sandbox.http_url)
        iam.create_open_id_connect_provider(Url="https://issuer.test/oauth2", ClientIDList=["s3-data"])
        self.role = iam.create_role(RoleName="bucketpass-trainer", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.put_role_policy(RoleName="bucketpass-trainer", PolicyName="data", PolicyDocument=POLICY)
        s3.create_bucket(Bucket="datasets")
        s3.put_object(Bucket="datasets", Key="raw/data.csv", Body=CONTENT)
        self.s3 = s3

    def rotate(self) -> None:
        self.token.write_text(self.sandbox.mint("trainer").reveal())

    def variables(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "AWS_ROLE_ARN": self.role,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(self.token),
            "BUCKETPASS_DURATION": str(SESSION_SECONDS),
            "BUCKETPASS_CACHE": str(self.directory / "cache"),
            "AWS_ENDPOINT_URL_STS": self.sandbox.https_url,
            "AWS_ENDPOINT_URL_S3": self.sandbox.http_url,
            "AWS_CA_BUNDLE": str(self.sandbox.ca_file),
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "PYTHONPATH": str(ROOT / "src"),
            "BUCKET": "datasets",
            "KEY": "raw/data.csv",
            "SECONDS": str(SESSION_SECONDS + 1),
            "EXPECTED": str(self.expected),
            "SCRATCH": str(self.directory / "scratch"),
            **more,
        }

    def put_table(self, python: str, module: str) -> None:
        """A table of this library with the content stands below raw/, written by the client's own environment."""
        name, write = TABLES[module]
        local = self.directory / name
        if not local.exists():
            code = f"import pyarrow, sys; table = pyarrow.table({{'text': [open(sys.argv[1]).read()]}}); {write}"
            subprocess.run([python, "-c", code, str(self.expected), str(local)], check=True, capture_output=True)
        for path in local.rglob("*"):
            if path.is_file():
                self.s3.upload_file(str(path), "datasets", f"raw/{name}/{path.relative_to(local)}")

    def keys_that_read(self, since: int) -> set[str]:
        """The access keys of the reads since the event of this number."""
        return {event.access_key_id for event in self.sandbox.events.since(since) if event.operation == "GetObject" and event.allowed}

    def latest(self) -> int:
        return max((event.number for event in self.sandbox.events.since()), default=0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    options = SandboxOptions(access=parse_access(DECLARATION, "access.yaml"), min_session_seconds=1)
    with Sandbox(options) as sandbox:
        yield Service(sandbox, tmp_path_factory.mktemp("service"))


def python_of(environment: str, module: str) -> str:
    """The interpreter of a client's environment. Skips where it, or the client in it, is missing."""
    python = sys.executable if environment == "own" else str(ENVIRONMENTS / environment / "bin" / "python")
    if not Path(python).exists():
        pytest.skip(f"no environment `{environment}`: make clients")
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    if found.returncode:
        pytest.skip(f"`{module}` is not installed in `{environment}`: make clients")
    return python


def bucketpass(*words: str) -> list[str]:
    return [sys.executable, "-m", "bucketpass", *words]


@pytest.mark.parametrize(
    ("client", "environment", "module"),
    [
        ("boto3", "own", "boto3"),
        ("s3fs", "data", "s3fs"),
        ("obstore", "data", "obstore"),
        ("polars", "data", "polars"),
        ("pyarrow", "data", "pyarrow"),
        ("duckdb", "data", "duckdb_extensions"),
        ("s3torchconnector", "data", "s3torchconnectorclient"),
        ("datasets", "data", "datasets"),
        ("lance", "data", "lance"),
        ("deltalake", "lakes", "deltalake"),
        ("tensorstore", "lakes", "tensorstore"),
        ("daft", "lakes", "daft"),
    ],
)
def test_under_exec_a_client_outlives_its_session(service: Service, client: str, environment: str, module: str) -> None:
    python = python_of(environment, module)
    if module in TABLES:
        service.put_table(python, module)
    since = service.latest()
    command = bucketpass("exec", "--", python, str(READ), client)
    done = subprocess.run(command, env=service.variables(), capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr[-2000:]
    assert len(service.keys_that_read(since)) >= 2


@pytest.mark.parametrize("client", ["obstore", "polars", "s3fs"])
def test_under_exec_a_client_asks_no_proxy_for_its_keys(service: Service, client: str) -> None:
    python = python_of("data", client)
    proxied = dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9") | {"NO_PROXY": "localhost"}
    command = bucketpass("exec", "--", python, str(READ), client)
    done = subprocess.run(command, env=service.variables(SECONDS="0", **proxied), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr[-2000:]


@pytest.mark.parametrize(
    ("client", "environment", "module"),
    [
        ("own-boto3", "own", "boto3"),
        ("own-s3fs", "data", "s3fs"),
        ("own-aiobotocore", "data", "aiobotocore"),
        ("own-obstore", "data", "obstore"),
        ("own-polars", "data", "polars"),
        ("own-pyarrow", "data", "pyarrow"),
        ("own-duckdb", "data", "duckdb_extensions"),
        ("own-datasets", "data", "datasets"),
        ("own-lance", "data", "lance"),
        ("own-deltalake", "lakes", "deltalake"),
        ("own-tensorstore", "lakes", "tensorstore"),
        ("own-daft", "lakes", "daft"),
    ],
)
def test_with_its_adapter_a_client_outlives_its_session(service: Service, client: str, environment: str, module: str) -> None:
    python = python_of(environment, module)
    if module in TABLES:
        service.put_table(python, module)
    since = service.latest()
    done = subprocess.run([python, str(READ), client], env=service.variables(), capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr[-2000:]
    assert len(service.keys_that_read(since)) >= 2


def slow_token_variables(service: Service, directory: Path) -> dict[str, str]:
    """An environment in which each fetch of the token takes a second, and a file is there as long as one goes on."""
    fetch, refreshing = directory / "fetch", directory / "refreshing"
    fetch.write_text(f"touch {refreshing}; sleep 1; cat {service.token}; rm -f {refreshing}")
    variables = service.variables(BUCKETPASS_TOKEN_SOURCE=f"command:sh {fetch}", REFRESHING=str(refreshing))
    del variables["AWS_WEB_IDENTITY_TOKEN_FILE"]
    return variables


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("dataset", ["own-boto3", "own-map", "map", "iterable"])
def test_workers_of_a_data_loader_outlive_sessions_and_are_started_while_one_is_renewed(
    service: Service, tmp_path: Path, dataset: str, start: str
) -> None:
    python = python_of("torch", "s3torchconnector")
    since = service.latest()
    words = [python, str(TRAIN), dataset, start]
    command = words if dataset.startswith("own-") else bucketpass("exec", "--", *words)
    done = subprocess.run(command, env=slow_token_variables(service, tmp_path), capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr[-2000:]
    assert len(service.keys_that_read(since)) >= 2


def process_variables(service: Service, directory: Path) -> dict[str, str]:
    """An environment in which a profile starts the credential process, and nothing comes before the profile."""
    profile = subprocess.run(
        bucketpass("credential-process", "--print-profile", "trainer"), env=service.variables(), capture_output=True, text=True, check=True
    )
    config = directory / "config"
    config.write_text(profile.stdout)
    variables = service.variables(AWS_CONFIG_FILE=str(config), AWS_PROFILE="trainer")
    variables["BUCKETPASS_ROLE_ARN"] = variables.pop("AWS_ROLE_ARN")
    variables["BUCKETPASS_TOKEN_FILE"] = variables.pop("AWS_WEB_IDENTITY_TOKEN_FILE")
    return variables


@pytest.mark.parametrize("client", ["boto3", "s3fs"])
def test_by_credential_process_a_client_outlives_its_session(service: Service, tmp_path: Path, client: str) -> None:
    python = python_of("own" if client == "boto3" else "data", client)
    since = service.latest()
    variables = process_variables(service, tmp_path)
    done = subprocess.run([python, str(READ), client], env=variables, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr[-2000:]
    assert len(service.keys_that_read(since)) >= 2


def spark_variables(python: str) -> dict[str, str]:
    """What Spark's script and its JVM need to know: which Python it is for, and an address of this machine."""
    return {"JARS": str(JARS), "PYSPARK_PYTHON": python, "SPARK_LOCAL_IP": "127.0.0.1"}


@pytest.mark.parametrize("kind", ["exec", "own", "profile"])
def test_spark_outlives_its_session_by_s3a(service: Service, tmp_path: Path, kind: str) -> None:
    python = python_of("spark", "pyspark")
    if not JARS.exists() or shutil.which("java") is None:
        pytest.skip("no hadoop-aws, or no Java: make clients")
    since = service.latest()
    variables = process_variables(service, tmp_path) if kind == "profile" else service.variables()
    variables |= spark_variables(python)
    words = [python, str(S3A), kind]
    command = bucketpass("exec", "--", *words) if kind == "exec" else words
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=150, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr[-2000:]
    assert len(service.keys_that_read(since)) >= 2


@pytest.mark.timeout(500)
def test_workers_of_a_spark_cluster_take_the_credentials_of_their_own_host(service: Service, tmp_path: Path) -> None:
    python = python_of("spark", "pyspark")
    if not JARS.exists() or shutil.which("java") is None:
        pytest.skip("no hadoop-aws, or no Java: make clients")
    found = subprocess.run([python, "-c", "import pyspark; print(pyspark.__path__[0])"], capture_output=True, text=True, check=True)
    deploy = [f"{found.stdout.strip()}/bin/spark-class", "org.apache.spark.deploy"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    address, here = f"spark://127.0.0.1:{port}", ["--host", "127.0.0.1", "--webui-port", "0"]
    since = service.latest()

    def variables(host: str) -> dict[str, str]:
        own = {"BUCKETPASS_SESSION_NAME": host, "BUCKETPASS_CACHE": str(tmp_path / host), "BUCKETPASS_DURATION": "900"}
        return service.variables(**own, **spark_variables(python), SECONDS="0", MASTER=address, SPARK_MASTER_HOST="127.0.0.1")

    nothing = {name: value for name, value in variables("master").items() if not name.startswith(("AWS_", "BUCKETPASS_"))}
    work = ["--cores", "1", "--memory", "600m", "--work-dir", str(tmp_path / "work"), address]
    master_words = [deploy[0], f"{deploy[1]}.master.Master", *here, "--port", port]
    worker_words = bucketpass("exec", "--", deploy[0], f"{deploy[1]}.worker.Worker", *here, *work)
    master = subprocess.Popen(master_words, env=nothing, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    worker = subprocess.Popen(worker_words, env=variables("worker"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        driver = bucketpass("exec", "--", python, str(S3A), "exec")
        done = subprocess.run(driver, env=variables("driver"), capture_output=True, text=True, timeout=400, check=False)
    finally:
        end(worker)
        end(master)
    assert (done.returncode, done.stdout.strip()) == (0, "ok"), done.stderr[-2000:]
    readers = {event.principal.rpartition("/")[2] for event in service.sandbox.events.since(since) if event.operation == "GetObject"}
    assert readers == {"worker"}


def twice(program: str) -> list[str]:
    """The program now, and again when the session is over."""
    return ["sh", "-ec", f"{program}; sleep $SECONDS; {program}"]


def test_under_exec_aws_cli_outlives_its_session(service: Service) -> None:
    aws = ENVIRONMENTS / "awscli" / "bin" / "aws"
    if not aws.exists():
        pytest.skip("no aws-cli: make clients")
    since = service.latest()
    words = bucketpass("exec", "--", *twice(f"{aws} s3 cp s3://$BUCKET/$KEY -"))
    done = subprocess.run(words, env=service.variables(), capture_output=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, CONTENT * 2), done.stderr[-2000:]
    assert len(service.keys_that_read(since)) >= 2


def test_by_credential_process_aws_cli_2_outlives_its_session(service: Service, tmp_path: Path) -> None:
    # Debian's aws-cli (2.9) knows neither a token file of an endpoint nor AWS_ENDPOINT_URL.
    aws = "/usr/bin/aws"
    if not os.access(aws, os.X_OK) or b"aws-cli/2" not in subprocess.run([aws, "--version"], capture_output=True, check=True).stdout:
        pytest.skip("no aws-cli 2: apt-get install awscli")
    since = service.latest()
    words = twice(f"{aws} --endpoint-url $AWS_ENDPOINT_URL_S3 s3 cp s3://$BUCKET/$KEY -")
    done = subprocess.run(words, env=process_variables(service, tmp_path), capture_output=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, CONTENT * 2), done.stderr[-2000:]
    assert len(service.keys_that_read(since)) >= 2


def test_by_credential_process_rclone_outlives_its_session(service: Service, tmp_path: Path) -> None:
    # Debian's rclone (1.60) knows no token file of an endpoint, and fails on AWS_CA_BUNDLE.
    if shutil.which("rclone") is None:
        pytest.skip("no rclone: apt-get install rclone")
    since = service.latest()
    variables = process_variables(service, tmp_path) | {
        "BUCKETPASS_CA_BUNDLE": str(service.sandbox.ca_file),
        "RCLONE_S3_ENDPOINT": service.sandbox.http_url,
    }
    del variables["AWS_CA_BUNDLE"]
    words = twice("rclone cat :s3,provider=Other,env_auth=true:$BUCKET/$KEY")
    done = subprocess.run(words, env=variables, capture_output=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, CONTENT * 2), done.stderr[-2000:]
    assert len(service.keys_that_read(since)) >= 2


def test_the_doctor_finds_a_healthy_service_healthy(service: Service) -> None:
    access = service.directory / "access.yaml"
    access.write_text(DECLARATION)
    words = bucketpass("doctor", "s3://datasets/raw/", "--access", str(access), "--duration", str(SESSION_SECONDS), "--json")
    done = subprocess.run(words, env=service.variables(), capture_output=True, text=True, timeout=60, check=False)
    verdicts = {finding["check"]: finding["verdict"] for finding in json.loads(done.stdout)["checks"]}
    assert (set(verdicts.values()), done.returncode) == ({"good"}, 0), done.stdout


def test_the_doctor_sees_that_another_prefix_is_not_granted(service: Service) -> None:
    words = bucketpass("doctor", "s3://datasets/secret/x", "--duration", str(SESSION_SECONDS))
    done = subprocess.run(words, env=service.variables(COLUMNS="200"), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "`s3://datasets/secret/x` was not read: AccessDenied" in done.stdout


def test_a_training_job_with_workers_outlives_its_sessions_while_its_token_rotates(service: Service) -> None:
    script = (
        "import os, time, multiprocessing\n"
        "from bucketpass.credentials import boto3_session\n"
        "session = boto3_session()\n"
        "def work(number):\n"
        "    client = session.client('s3')\n"
        "    end = time.monotonic() + 9\n"
        "    reads = 0\n"
        "    while time.monotonic() < end:\n"
        "        client.get_object(Bucket=os.environ['BUCKET'], Key=os.environ['KEY'])['Body'].read()\n"
        "        reads += 1\n"
        "        time.sleep(0.05)\n"
        "    return reads\n"
        "session.client('s3').get_object(Bucket=os.environ['BUCKET'], Key=os.environ['KEY'])\n"
        "with multiprocessing.get_context('fork').Pool(4) as pool:\n"
        "    print(min(pool.map(work, range(4))) > 10)\n"
    )
    since = service.latest()
    variables = service.variables(PYTHONWARNINGS="ignore")
    job = subprocess.Popen([sys.executable, "-c", script], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    rotating = threading.Timer(3.0, service.rotate)
    rotating.start()
    output, errors = job.communicate(timeout=100)
    rotating.join()
    assert (job.returncode, output.strip()) == (0, "True"), errors[-2000:]
    exchanges = [event for event in service.sandbox.events.since(since) if event.operation == "AssumeRoleWithWebIdentity"]
    assert 2 <= len(service.keys_that_read(since)) <= len(exchanges) + 1 <= 8

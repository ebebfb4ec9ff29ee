"""What `bucketpass configure` prints, used: a real client in a process of its own, which has nothing but that, on the sandbox."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.sandboxes import SandboxWorld, sandbox_world

from bucketpass.configure import Options, Site, service_text

pytestmark = pytest.mark.slow
DECLARATION = """
issuers:
  cluster: {preset: kubernetes, url: https://oidc.acme.io/one}
  builds: {preset: gitlab, audience: https://s3.acme.io}
buckets:
  datasets: {}
services:
  trainer:
    identity:
      - {issuer: cluster, namespace: ml, service_account: trainer}
      - {issuer: builds, project: acme/train, branch: main}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
"""
CLIENT = """
import json
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
print(s3.get_object(Bucket="datasets", Key="raw/1")["Body"].read().decode())
try:
    s3.get_object(Bucket="datasets", Key="other/1")
except ClientError as error:
    print(error.response["Error"]["Code"])
"""


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(DECLARATION) as world:
        for key in ("raw/1", "other/1"):
            world.s3().put_object(Bucket="datasets", Key=key, Body=key.encode())
        yield world


def text(world: SandboxWorld, form: str, token_file: Path, **options: Any) -> str:
    access = world.sandbox.options.access
    assert access is not None
    site = Site(access, world.account, world.sandbox.options.region, world.sandbox.https_url, str(world.sandbox.ca_file))
    return service_text("trainer", form, site, Options(token_file=str(token_file), **options))


def result(environment: dict[str, str]) -> list[str]:
    """What the client sees with this environment and no other."""
    clean = {"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", **environment}
    done = subprocess.run([sys.executable, "-c", CLIENT], check=False, env=clean, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def of_shell(text: str) -> dict[str, str]:
    lines = (shlex.split(line) for line in text.splitlines())
    return dict(word.split("=", 1) for _, word in lines)


def of_docker(text: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(text, comments=True) if word.startswith(("AWS_", "SSL_")))


def of_systemd(text: str) -> dict[str, str]:
    return dict(
        json.loads(line.removeprefix("Environment=")).split("=", 1) for line in text.splitlines() if line.startswith("Environment=")
    )


def of_compose(text: str) -> dict[str, str]:
    environment: dict[str, str] = yaml.safe_load(text)["services"]["trainer"]["environment"]
    return environment


def of_kubernetes(text: str) -> dict[str, str]:
    _, pod = yaml.safe_load_all(text)
    return {entry["name"]: entry["value"] for entry in pod["spec"]["containers"][0]["env"]}


READERS: dict[str, Callable[[str], dict[str, str]]] = {
    "env": of_shell,
    "docker": of_docker,
    "systemd": of_systemd,
    "compose": of_compose,
    "kubernetes": of_kubernetes,
}


@pytest.fixture
def token_file(world: SandboxWorld, tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(world.sandbox.mint("trainer").reveal())
    return file


@pytest.mark.parametrize("form", READERS)
def test_the_environment_of_a_form_is_all_that_a_client_needs(form: str, world: SandboxWorld, token_file: Path) -> None:
    assert result(READERS[form](text(world, form, token_file))) == ["raw/1", "AccessDenied"]


def test_the_profile_is_all_that_a_client_needs(world: SandboxWorld, token_file: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(text(world, "aws-profile", token_file))
    assert result({"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "trainer"}) == ["raw/1", "AccessDenied"]


def test_the_credential_process_is_all_that_a_client_needs(world: SandboxWorld, token_file: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(text(world, "credential-process", token_file, source=f"file:{token_file}"))
    environment = {
        "AWS_CONFIG_FILE": str(config),
        "AWS_PROFILE": "trainer",
        "BUCKETPASS_CACHE": "off",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    assert result(environment) == ["raw/1", "AccessDenied"]


def test_the_script_of_a_gitlab_job_hands_the_token_over(world: SandboxWorld, token_file: Path) -> None:
    job = yaml.safe_load(text(world, "gitlab", token_file))["trainer"]
    script = "\n".join([*job["before_script"], 'echo "$AWS_WEB_IDENTITY_TOKEN_FILE"'])
    token = world.sandbox.mint("trainer", issuer="builds").reveal()
    done = subprocess.run(
        ["sh", "-euc", script], env={**os.environ, "GITLAB_OIDC_TOKEN": token}, capture_output=True, text=True, check=True
    )
    written = Path(done.stdout.strip())
    try:
        assert written.stat().st_mode & 0o077 == 0
        assert result({**job["variables"], "AWS_WEB_IDENTITY_TOKEN_FILE": str(written)}) == ["raw/1", "AccessDenied"]
    finally:
        written.unlink()

"""The files of examples/deploy do what they are for: what they start serves the client that has the environment they give it."""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from tests.integration.fake_sts import FakeSts
from tests.tokens import unsigned_token

pytestmark = pytest.mark.slow

DEPLOY = Path(__file__).parents[2] / "examples" / "deploy"
UNIT = DEPLOY / "bucketpass.service"
SHOW = "import boto3; c = boto3.Session().get_credentials(); print(c.method, c.access_key)"
PROBE_SECONDS = 20.0


class Place:
    """This machine in place of the example's: its directories below a temporary one, its port one that is free."""

    def __init__(self, directory: Path, moved: Mapping[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        self.changes = {"4747": str(port)} | {there: str(directory / here) for there, here in moved.items()}
        for here in moved.values():
            (directory / here).mkdir(mode=0o700, exist_ok=True)

    def __call__(self, text: str) -> str:
        for there, here in self.changes.items():
            text = text.replace(there, here)
        return text

    def environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        return {each["name"]: self(each["value"]) for each in container["env"]}


@pytest.fixture
def sts() -> Iterator[FakeSts]:
    with FakeSts() as sts:
        yield sts


@contextmanager
def started(words: list[str], environment: Mapping[str, str], sts: FakeSts) -> Iterator[None]:
    own = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL_STS": sts.url, **environment}
    server = subprocess.Popen([sys.executable, "-m", "bucketpass", *words], env=own, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        server.terminate()
        server.wait(20)


def until_it_succeeds(words: list[str]) -> None:
    end = time.monotonic() + PROBE_SECONDS
    while subprocess.run(words, capture_output=True, check=False, env={"PATH": os.environ["PATH"]}).returncode != 0:
        assert time.monotonic() < end, f"never succeeded: {words}"
        time.sleep(0.1)


def seen_by_a_client(environment: Mapping[str, str]) -> list[str]:
    own = {"PATH": os.environ["PATH"], "AWS_CONFIG_FILE": os.devnull, **environment}
    return subprocess.run([sys.executable, "-c", SHOW], env=own, capture_output=True, text=True, timeout=60, check=True).stdout.split()


def manifests(name: str) -> list[Any]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


@pytest.mark.parametrize("name", ["sidecar.yaml", "daemonset.yaml"])
def test_kubernetes_takes_the_manifest(name: str) -> None:
    for document in manifests(name):
        kubernetes_validate.validate(document, "1.31", strict=True)


def in_a_pod(tmp_path: Path) -> Place:
    place = Place(tmp_path, {"/var/run/secrets/bucketpass": "identity", "/run/bucketpass": "endpoint"})
    (tmp_path / "identity" / "token").write_text(unsigned_token(claims={"aud": "sts.amazonaws.com"}))
    return place


def test_the_sidecar_serves_the_main_container_once_its_probe_succeeds(tmp_path: Path, sts: FakeSts) -> None:
    place = in_a_pod(tmp_path)
    [pod] = manifests("sidecar.yaml")
    [sidecar], [main] = pod["spec"]["initContainers"], pod["spec"]["containers"]
    with started([place(word) for word in sidecar["args"]], place.environment(sidecar), sts):
        until_it_succeeds([place(word) for word in sidecar["startupProbe"]["exec"]["command"]])
        assert seen_by_a_client(place.environment(main)) == ["container-role", "ASIATEST00000001"]


def test_the_daemon_set_serves_a_training_pod_of_the_same_user(tmp_path: Path, sts: FakeSts) -> None:
    place = in_a_pod(tmp_path)
    daemons, training = manifests("daemonset.yaml")
    spec = daemons["spec"]["template"]["spec"]
    [daemon], [main] = spec["containers"], training["spec"]["containers"]
    assert spec["securityContext"]["runAsUser"] == training["spec"]["securityContext"]["runAsUser"]
    assert {volume["hostPath"]["path"] for each in (spec, training["spec"]) for volume in each["volumes"] if "hostPath" in volume} == {
        "/run/bucketpass-trainer"
    }
    with started([place(word) for word in daemon["args"]], place.environment(daemon), sts):
        until_it_succeeds([place(word) for word in daemon["livenessProbe"]["exec"]["command"]])
        assert seen_by_a_client(place.environment(main)) == ["container-role", "ASIATEST00000001"]


def test_the_unit_serves_the_programs_that_have_its_comments_variables(tmp_path: Path, sts: FakeSts) -> None:
    place = Place(tmp_path, {"/var/lib/trainer": "home", "/run/bucketpass": "run"})
    (tmp_path / "home" / "token").write_text(unsigned_token())
    lines = [place(line) for line in UNIT.read_text().splitlines()]
    environment = dict(line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment="))
    client = dict(line.removeprefix("#").strip().split("=", 1) for line in lines if line.startswith("#   "))
    [start] = [line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")]
    with started(shlex.split(start)[1:], environment, sts):
        until_it_succeeds(["test", "-s", client["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]])
        assert seen_by_a_client(client) == ["container-role", "ASIATEST00000001"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze: apt-get install systemd")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    program = tmp_path / "bucketpass"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "bucketpass.service"
    unit.write_text(UNIT.read_text().replace("/opt/bucketpass/bin/bucketpass", str(program)))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")

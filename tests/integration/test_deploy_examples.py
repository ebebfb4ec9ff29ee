"""The files of examples/deploy do what they are for: what they start serves the client that has the environment they give it."""

import json
import os
import re
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

from bucketpass.credentials.client_file import read_clients
from bucketpass.credentials.metrics import METRICS

pytestmark = pytest.mark.slow

DEPLOY = Path(__file__).parents[2] / "examples" / "deploy"
UNIT = DEPLOY / "bucketpass.service"
SHOW = "import boto3; c = boto3.Session().get_credentials(); print(c.method, c.access_key)"
PROBE_SECONDS = 20.0


class Place:
    """This machine in place of the example's: its directories below a temporary one, its port one that is free."""

    def __init__(self, directory: Path, moved: Mapping[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
            ports = {"4747": str(taken.getsockname()[1]), "9464": str(other.getsockname()[1])}
        self.changes = ports | {there: str(directory / here) for there, here in moved.items()}
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


def until_it_answers(place: Place, probe: Mapping[str, Any], container: Mapping[str, Any]) -> None:
    """A kubelet's httpGet probe."""
    asked = probe["httpGet"]
    named = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
    url = f"http://127.0.0.1:{place(str(named.get(asked['port'], asked['port'])))}{asked['path']}"
    until_it_succeeds([sys.executable, "-c", f"import urllib.request; urllib.request.urlopen({url!r}, timeout=1)"])


def seen_by_a_client(environment: Mapping[str, str]) -> list[str]:
    own = {"PATH": os.environ["PATH"], "AWS_CONFIG_FILE": os.devnull, **environment}
    return subprocess.run([sys.executable, "-c", SHOW], env=own, capture_output=True, text=True, timeout=60, check=True).stdout.split()


def manifests(name: str) -> list[Any]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


@pytest.mark.parametrize("name", ["sidecar.yaml", "daemonset.yaml"])
def test_kubernetes_takes_the_manifest(name: str) -> None:
    for document in manifests(name):
        kubernetes_validate.validate(document, "1.31", strict=True)


def restricted_faults(spec: Mapping[str, Any]) -> list[str]:
    """What Pod Security `restricted` forbids in a pod. See: Kubernetes, "Pod Security Standards"."""
    faults = [field for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    pod = spec.get("securityContext", {})
    faults += [
        f"volume {volume['name']}" for volume in spec["volumes"] if not {"projected", "emptyDir", "configMap", "secret"} & volume.keys()
    ]
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        own = {**pod, **container.get("securityContext", {})}
        expected = {
            "runAsNonRoot": own.get("runAsNonRoot") is True,
            "seccompProfile": own.get("seccompProfile", {}).get("type") in {"RuntimeDefault", "Localhost"},
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "capabilities": own.get("capabilities", {}).get("drop") == ["ALL"] and not own.get("capabilities", {}).get("add"),
        }
        faults += [f"{container['name']}: {name}" for name, holds in expected.items() if not holds]
    return faults


def test_the_sidecar_passes_pod_security_restricted_and_the_daemon_set_cannot() -> None:
    [pod] = manifests("sidecar.yaml")
    assert restricted_faults(pod["spec"]) == []
    daemons, _ = manifests("daemonset.yaml")
    faults = restricted_faults(daemons["spec"]["template"]["spec"])
    assert {"hostNetwork", "volume endpoint"} <= set(faults)
    assert not any(fault.startswith("credentials: allow") for fault in faults)


def test_the_component_and_the_charts_values_add_the_same_sidecar() -> None:
    [pod], [patch], [values] = manifests("sidecar.yaml"), manifests("kustomize/sidecar.yaml"), manifests("helm-values.yaml")
    patched = patch["spec"]["template"]["spec"]
    sidecar = pod["spec"]["initContainers"][0]
    for other in (patched["initContainers"][0], values["initContainers"][0]):
        assert {name: other[name] for name in ("args", "volumeMounts", "securityContext")} == {
            name: sidecar[name] for name in ("args", "volumeMounts", "securityContext")
        }
    assert patched["volumes"] == values["extraVolumes"] == pod["spec"]["volumes"]
    main = {each["name"]: each["value"] for each in pod["spec"]["containers"][0]["env"]}
    for environment in (patched["containers"][0]["env"], values["extraEnv"]):
        assert {each["name"]: each["value"] for each in environment}.items() <= main.items()
    assert patched["securityContext"] == values["podSecurityContext"] == pod["spec"]["securityContext"]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl: its kustomize builds the overlay")
def test_the_component_gives_an_application_the_sidecar_and_changes_nothing_else() -> None:
    overlay = DEPLOY / "overlay"
    built = subprocess.run(["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, timeout=60, check=True)
    [deployment] = yaml.safe_load_all(built.stdout)
    kubernetes_validate.validate(deployment, "1.31", strict=True)
    spec = deployment["spec"]["template"]["spec"]
    assert restricted_faults(spec) == []
    [sidecar], [main] = spec["initContainers"], spec["containers"]
    [pod], [own] = manifests("sidecar.yaml"), manifests("overlay/deployment.yaml")
    assert sidecar["args"] == pod["spec"]["initContainers"][0]["args"]
    assert {each["name"]: each["value"] for each in sidecar["env"]}["AWS_REGION"] == "eu-central-1"
    [before] = own["spec"]["template"]["spec"]["containers"]
    assert {name: main[name] for name in before} == before
    assert deployment["metadata"] == own["metadata"]


def test_a_chart_that_takes_these_values_makes_a_pod_that_kubernetes_takes_and_restricted_lets_in() -> None:
    [values] = manifests("helm-values.yaml")
    [pod] = manifests("sidecar.yaml")
    # What a chart's template does with them.
    main = {**pod["spec"]["containers"][0], "env": values["extraEnv"], "volumeMounts": values["extraVolumeMounts"]}
    spec = {
        "initContainers": values["initContainers"],
        "containers": [main],
        "volumes": values["extraVolumes"],
        "securityContext": values["podSecurityContext"],
    }
    made = {**pod, "metadata": {"name": "any", "annotations": values["podAnnotations"]}, "spec": spec}
    kubernetes_validate.validate(made, "1.31", strict=True)
    assert restricted_faults(spec) == []


def test_the_clients_of_a_host_are_read() -> None:
    path = DEPLOY / "clients.ini"
    assert {name: client.user for name, client in read_clients(path.read_text(), str(path), {}).items()} == {
        "trainer": 1001,
        "analyst": 1002,
    }


def test_dashboard_and_alerts_ask_for_metrics_that_there_are() -> None:
    names = {f"bucketpass_{metric.name}" for metric in METRICS}
    series = names | {f"{name}_{part}" for name in names for part in ("bucket", "sum", "count")}
    asked = [panel["targets"][0]["expr"] for panel in json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text())["panels"]]
    rules = manifests("monitoring/alerts.yaml")[0]["groups"][0]["rules"]
    asked += [rule["expr"] for rule in rules]
    found = {name for expression in asked for name in re.findall(r"bucketpass_\w+", expression)}
    assert found <= series
    assert len(found) >= 8
    assert all(rule["labels"]["severity"] and rule["annotations"]["summary"] for rule in rules)


def in_a_pod(tmp_path: Path) -> Place:
    place = Place(tmp_path, {"/var/run/secrets/bucketpass": "identity", "/run/bucketpass": "endpoint"})
    (tmp_path / "identity" / "token").write_text(unsigned_token(claims={"aud": "sts.amazonaws.com"}))
    return place


def test_the_sidecar_serves_the_main_container_once_its_probe_succeeds(tmp_path: Path, sts: FakeSts) -> None:
    place = in_a_pod(tmp_path)
    [pod] = manifests("sidecar.yaml")
    [sidecar], [main] = pod["spec"]["initContainers"], pod["spec"]["containers"]
    with started([place(word) for word in sidecar["args"]], place.environment(sidecar), sts):
        until_it_answers(place, sidecar["startupProbe"], sidecar)
        until_it_answers(place, sidecar["livenessProbe"], sidecar)
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
        until_it_answers(place, daemon["livenessProbe"], daemon)
        until_it_succeeds(["test", "-s", place("/run/bucketpass/endpoint-token")])
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

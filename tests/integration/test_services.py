"""AI services that others wrote, each as its folder in examples/services has it, at work past the end of a session.

Where their environment is missing they are skipped; `make services` makes them all. What takes long runs there alone.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.sandboxes import sandbox_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in (ROOT / "examples" / "services").glob("*/run.py"))
# Folder -> its environment below build/clients, where it is not `services`.
ENVIRONMENTS = {"deltalake": "lakes", "spark": "spark", "ray": "workers", "vllm": "workers", "airflow": "airflow"} | dict.fromkeys(
    ("dask", "dvc", "jupyter", "kserve", "metaflow"), "pipelines"
)
LONG = {"spark", "ray"}
JARS = ROOT / "build" / "clients" / "hadoop" / "jars"
SCRIPT = ROOT / "tests" / "clients" / "script.py"
SESSION_SECONDS = 6


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.timeout(300)
def test_a_service_works_on_when_its_session_ends(folder: Path, tmp_path: Path) -> None:
    name = ENVIRONMENTS.get(folder.name, "services")
    python = ROOT / "build" / "clients" / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no environment `{name}`: make services")
    if folder.name in LONG and "BUCKETPASS_SERVICES" not in os.environ:
        pytest.skip("takes long: make services")
    if folder.name == "spark" and not (JARS.exists() and shutil.which("keytool")):
        pytest.skip("no hadoop-aws, or no Java: make services")
    declaration = (folder / "access.yaml").read_text()
    (service,) = yaml.safe_load(declaration)["services"]
    with sandbox_world(declaration, min_session_seconds=1) as world:
        for path in (folder / "objects").rglob("*"):  # what is there before the service comes
            if path.is_file():
                bucket, _, key = path.relative_to(folder / "objects").as_posix().partition("/")
                world.s3().upload_file(str(path), bucket, key)
        (tmp_path / "token").write_text(world.sandbox.mint(service).reveal())
        environment = {
            **world.sandbox.environment(),
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT / "src"),
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "AWS_ROLE_ARN": world.role_arn(service),
            "BUCKETPASS_DURATION": str(SESSION_SECONDS),
            "BUCKETPASS_CACHE": str(tmp_path / "cache"),
            "SECONDS": str(2 * SESSION_SECONDS),
            "JARS": str(JARS),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING": "0",  # no address of this machine has subdomains
        }
        if folder.name == "spark":  # Java has a trust store of its own
            store = ["-keystore", str(tmp_path / "trust"), "-storepass", "changeit", "-noprompt"]
            authority = environment["AWS_CA_BUNDLE"]
            subprocess.run(["keytool", "-importcert", "-file", authority, *store], check=True, capture_output=True)
            environment["JAVA_TOOL_OPTIONS"] = (
                f"-Djavax.net.ssl.trustStore={tmp_path / 'trust'} -Djavax.net.ssl.trustStorePassword=changeit"
            )
        command = [sys.executable, "-m", "bucketpass", "exec", "--", str(python), str(SCRIPT), str(folder / "run.py")]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        events = [event for event in world.sandbox.events.since() if event.access_key_id and event.operation in {"PutObject", "GetObject"}]
        assert len({event.access_key_id for event in events}) >= 2
        assert [
            f"{event.operation} {event.path} {event.error}" for event in world.sandbox.events.since() if event.error == "AccessDenied"
        ] == []

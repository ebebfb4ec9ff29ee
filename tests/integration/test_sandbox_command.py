"""`bucketpass sandbox` as people and programs use it: a process that announces itself, serves, and leaves nothing behind."""

import base64
import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from tests.json_outputs import validated
from tests.processes import end
from tests.sandboxes import ACCESS

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "bucketpass", "sandbox"]


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and what it printed first."""
    with subprocess.Popen([*COMMAND, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            end(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_announces_itself_serves_and_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "access.yaml").write_text(ACCESS)
    file = tmp_path / ".bucketpass" / "sandbox.json"
    with running(tmp_path, "--json") as (process, line):
        printed = validated(line)
        known = json.loads(file.read_text())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert known["secret_access_key"] not in line
        assert printed["issuers"]["okta"] == {
            "issuer": "https://acme.okta.com/oauth2/default",
            "url": f"{printed['url']}/_oidc/okta",
        }
        client = boto3.client(
            "s3",
            endpoint_url=known["url"],
            region_name=known["region"],
            verify=known["ca_bundle"],
            aws_access_key_id=known["access_key_id"],
            aws_secret_access_key=known["secret_access_key"],
        )
        client.create_bucket(Bucket="reachable")
        client.close()
        process.send_signal(number)
        assert process.wait(10) == 0
    assert not file.exists()
    assert not Path(known["ca_bundle"]).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(printed["url"].rpartition(":")[2])))


def test_a_declared_service_gets_its_token_and_the_administrator_a_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "access.yaml").write_text(ACCESS)
    with running(tmp_path, "--json"):
        asked = subprocess.run([*COMMAND, "token", "trainer"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert (asked.stdout.count("."), asked.stdout.strip(), asked.stderr) == (2, asked.stdout, "")
        wrong = subprocess.run([*COMMAND, "token", "trianer"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (wrong.returncode, wrong.stdout) == (3, "")
        assert "the declared services are: trainer, evaluator" in wrong.stderr
        for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".bucketpass" / "sandbox.aws"))
        client = boto3.Session(profile_name="sandbox-admin").client("sts")
        assert client.get_caller_identity()["Account"] == "111122223333"
        client.close()


def test_the_exports_are_lines_that_a_shell_takes(tmp_path: Path) -> None:
    with running(tmp_path) as (process, first):
        assert first.startswith("# bucketpass sandbox: https://localhost:")
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(9)]
        exports = [line for line in lines if line.startswith("export ")]
        script = "\n".join([*exports, 'echo "$AWS_ENDPOINT_URL|$AWS_CA_BUNDLE|$SSL_CERT_FILE"'])
        shown = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})
        url, bundle, certificates = shown.stdout.strip().split("|")
        assert url.startswith("https://localhost:")
        assert Path(bundle).is_file()
        assert bundle == certificates


def failed(folder: Path, *arguments: str) -> tuple[int, str]:
    ended = subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, ended.stderr


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, told = failed(tmp_path, "--port", str(port))
    assert code == 1
    assert f"port `{port}` is in use" in told
    assert "Traceback" not in told
    assert not (tmp_path / ".bucketpass" / "sandbox.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "99999"], "expected 0 to 65535"),
        (["--region", "nowhere"], "expected a name such as"),
        (["--administrator", "me"], "got the administrator `me`"),
        (["--min-session-seconds", "0"], "sessions of at least"),
        (["--access", "missing.yaml"], "missing.yaml"),
    ],
)
def test_an_option_that_is_wrong_is_told(tmp_path: Path, arguments: list[str], words: str) -> None:
    code, told = failed(tmp_path, *arguments)
    assert code == 3
    assert words in told
    assert "Traceback" not in told


@pytest.mark.parametrize(("blocked", "arguments"), [(".bucketpass", []), ("kept", ["--persist", "kept/here"])])
def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path, blocked: str, arguments: list[str]) -> None:
    (tmp_path / blocked).write_text("a file in the folder's place")
    code, told = failed(tmp_path, *arguments)
    assert code == 1
    assert told.splitlines()[0] == "error failed"
    assert told.splitlines()[1].startswith(f"  `{blocked}")
    assert told.splitlines()[2:] == ["  remedy: check the path, its permissions and the space on the disk"]


def test_a_second_sandbox_in_the_same_place_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, "--json"):
        code, told = failed(tmp_path)
    assert code == 1
    assert "a sandbox runs here already" in told


def test_what_a_sandbox_is_asked_is_shown_as_it_happens(tmp_path: Path) -> None:
    with running(tmp_path, "--json"):
        known = json.loads((tmp_path / ".bucketpass" / "sandbox.json").read_text())
        with subprocess.Popen([*COMMAND, "tail"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as tail:
            assert tail.stdout is not None
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"{known['http_url']}/some-bucket/some-key").close()
            assert "NoSuchBucket" in tail.stdout.readline()
            end(tail)


def test_without_a_sandbox_there_is_nothing_to_show(tmp_path: Path) -> None:
    code, told = failed(tmp_path, "tail")
    assert code == 1
    assert f"no sandbox is running in `{tmp_path}`" in told


def test_a_service_that_nobody_has_declared_is_not_followed_in_silence(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text((Path(__file__).parents[2] / "examples" / "access.yaml").read_text())
    with running(tmp_path):
        code, told = failed(tmp_path, "tail", "--no-follow", "--service", "traner")
    assert (code, "did you mean `trainer`?" in told) == (3, True)


def test_tokens_can_differ_from_the_services_own(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text((Path(__file__).parents[2] / "examples" / "access.yaml").read_text())

    def claims(*words: str) -> dict[str, object]:
        done = subprocess.run([*COMMAND, "token", "trainer", *words], cwd=tmp_path, capture_output=True, text=True, check=True)
        payload = done.stdout.split(".")[1]
        found: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return found

    with running(tmp_path, "--json"):
        own = claims()
        other = claims("--subject", "x", "--audience", "y", "--claims", '{"team": "z"}', "--expired")
    assert (own["sub"], own["aud"]) == ("0oa1trainer", "s3-data")
    assert (other["iss"], other["sub"], other["aud"], other["team"]) == (own["iss"], "x", "y", "z")
    assert int(str(other["exp"])) < time.time() - 3000 < int(str(own["exp"]))


def test_the_requests_so_far_can_be_shown_by_result(tmp_path: Path) -> None:
    with running(tmp_path, "--json"):
        known = json.loads((tmp_path / ".bucketpass" / "sandbox.json").read_text())
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"{known['http_url']}/some-bucket/some-key").close()
        for words, expected in ((("--denied",), 1), (("--service", "trainer"), 0), (("--since", "1h"), 1)):
            done = subprocess.run([*COMMAND, "tail", "--no-follow", *words], cwd=tmp_path, capture_output=True, text=True, check=True)
            assert len(done.stdout.splitlines()) == expected
        records = subprocess.run([*COMMAND, "tail", "--no-follow", "--json"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert [validated(record)["schema"] for record in records.stdout.splitlines()] == ["bucketpass.sandbox-tail/1"]


def test_a_service_that_the_file_declares_anew_has_its_token_and_objects_stay(tmp_path: Path) -> None:
    declaration = tmp_path / "access.yaml"
    declaration.write_text(ACCESS)
    with running(tmp_path, "--json") as (process, _):
        before = json.loads((tmp_path / ".bucketpass" / "sandbox.json").read_text())
        declaration.write_text(ACCESS + "  new: {identity: {issuer: okta, subject: 0oa1new}, grants: [{bucket: datasets, access: read}]}\n")
        asked = subprocess.run([*COMMAND, "token", "new"], cwd=tmp_path, capture_output=True, text=True, check=True)
        payload = asked.stdout.split(".")[1]
        assert json.loads(base64.urlsafe_b64decode(payload + "==="))["sub"] == "0oa1new"
        after = json.loads((tmp_path / ".bucketpass" / "sandbox.json").read_text())
        assert [client for client in after["clients"] if client in before["clients"]] == before["clients"]
        declaration.write_text("services: nonsense\n")
        assert process.stderr is not None
        assert "access.yaml" in process.stderr.readline()  # and it serves on
        assert subprocess.run([*COMMAND, "token", "new"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout


def test_an_issuer_can_be_the_real_one(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text(ACCESS)
    with running(tmp_path, "--json", "--real-issuer", "okta") as (_, line):
        assert list(validated(line)["issuers"]) == ["ci"]
        asked = subprocess.run([*COMMAND, "token", "trainer"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (asked.returncode, asked.stdout) == (3, "")
        assert "come from its real issuer here, `https://acme.okta.com/oauth2/default`" in asked.stderr
        assert subprocess.run([*COMMAND, "token", "evaluator"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

"""The commands that hand credentials to others, as people start them."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.fake_sts import ROLE, FakeSts
from tests.json_outputs import validated
from tests.sandboxes import ACCESS
from tests.tokens import unsigned_token

pytestmark = pytest.mark.slow

SHOW = "import boto3; c = boto3.Session().get_credentials(); print(c.method, c.access_key)"


@pytest.fixture
def sts() -> Iterator[FakeSts]:
    with FakeSts() as sts:
        yield sts


@pytest.fixture
def variables(tmp_path: Path, sts: FakeSts) -> dict[str, str]:
    token = tmp_path / "token"
    token.write_text(unsigned_token())
    return {
        "PATH": os.environ["PATH"],
        "AWS_ROLE_ARN": ROLE,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ENDPOINT_URL_STS": sts.url,
        "BUCKETPASS_CACHE": str(tmp_path / "cache"),
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
    }


def bucketpass(*words: str, variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "bucketpass", *words]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)


def test_exec_gives_the_command_the_services_credentials_and_no_others(variables: dict[str, str]) -> None:
    node = {"AWS_ACCESS_KEY_ID": "AKIANODE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_PROFILE": "admin"}
    done = bucketpass("exec", "--", sys.executable, "-c", SHOW, variables=variables | node)
    assert (done.returncode, done.stdout.split()) == (0, ["container-role", "ASIATEST00000001"]), done.stderr


def test_exec_passes_over_a_default_profile_with_keys(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id = AKIANODE\naws_secret_access_key = x\n")
    (tmp_path / ".aws" / "config").write_text("[default]\nregion = eu-west-1\n")
    del variables["AWS_CONFIG_FILE"], variables["AWS_REGION"]
    show = f"{SHOW}; print(boto3.Session().region_name)"
    done = bucketpass("exec", "--", sys.executable, "-c", show, variables=variables | {"HOME": str(tmp_path)})
    assert done.stdout.split() == ["container-role", "ASIATEST00000001", "eu-west-1"], done.stderr


def test_exec_has_the_commands_exit_code(variables: dict[str, str]) -> None:
    assert bucketpass("exec", "--", "sh", "-c", "exit 7", variables=variables).returncode == 7
    assert bucketpass("exec", "--", "sh", "-c", "kill -KILL $$", variables=variables).returncode == 137


@pytest.mark.parametrize(("command", "code"), [("no-such-program", 127), ("/etc/hostname", 126)])
def test_exec_says_what_cannot_be_run(variables: dict[str, str], command: str, code: int) -> None:
    done = bucketpass("exec", "--", command, variables=variables)
    assert done.returncode == code
    assert f"`{command}`" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_exec_passes_signals_on_and_leaves_nothing_behind(variables: dict[str, str], tmp_path: Path, number: signal.Signals) -> None:
    script = f"trap 'echo got; exit 3' {number.name.removeprefix('SIG')}; echo ready; while :; do sleep 0.05; done"
    command = [sys.executable, "-m", "bucketpass", "exec", "--", "sh", "-c", script]
    # Of a session of its own: without a terminal, as under systemd or in a container.
    process = subprocess.Popen(
        command, env=variables | {"TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=20)[0] == "got\n"
    assert process.returncode == 3
    assert list(tmp_path.glob("bucketpass-*")) == []


def test_exec_tells_a_refusal_before_the_command_starts(variables: dict[str, str], sts: FakeSts) -> None:
    sts.refuse(403, "AccessDenied")
    before = time.monotonic()
    done = bucketpass("exec", "--", "echo", "started", variables=variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert "AccessDenied" in done.stderr
    assert time.monotonic() - before < 3


KEYS = "import os; print(os.environ['AWS_ACCESS_KEY_ID'], 'AWS_CONTAINER_CREDENTIALS_FULL_URI' in os.environ, flush=True)"


def test_exec_gives_keys_to_a_command_that_knows_nothing_else(variables: dict[str, str]) -> None:
    done = bucketpass("exec", "--env-keys", "--", sys.executable, "-c", KEYS, variables=variables | {"AWS_PROFILE": "admin"})
    assert (done.returncode, done.stdout.split()) == (0, ["ASIATEST00000001", "False"]), done.stderr
    assert "the command's keys end at" in done.stderr


def test_exec_starts_the_command_again_before_its_keys_end(variables: dict[str, str], sts: FakeSts, tmp_path: Path) -> None:
    sts.life = 3.0
    program = f"{KEYS}; import time; time.sleep(60) if os.environ['AWS_ACCESS_KEY_ID'].endswith('1') else None"
    done = bucketpass("exec", "--env-keys", "--restart-before-expiry", "--", sys.executable, "-c", program, variables=variables)
    keys = done.stdout.split()[::2]
    assert done.returncode == 0, done.stderr
    assert keys[0] == "ASIATEST00000001"
    assert len(keys) == 2
    assert keys[1] > keys[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--min-remaining", "soon"], "`soon` is not a duration"),
        (["--min-remaining", "13h"], "s cannot always have 46,800 s left"),
        (["--restart-before-expiry"], "without --env-keys"),
    ],
)
def test_exec_refuses_options_that_cannot_be_meant(variables: dict[str, str], words: list[str], says: str) -> None:
    done = bucketpass("exec", *words, "--", "true", variables=variables)
    assert done.returncode == 3
    assert says in done.stderr


def test_exec_keeps_as_much_life_as_was_asked(variables: dict[str, str], sts: FakeSts) -> None:
    sts.life = 10_000.0
    bucketpass("exec", "--", "true", variables=variables)
    [entry] = [path for path in Path(variables["BUCKETPASS_CACHE"]).iterdir() if b"AccessKeyId" in path.read_bytes()]
    usual = float(entry.read_bytes().split()[3])
    entry.unlink()
    bucketpass("exec", "--min-remaining", "80m", "--", "true", variables=variables)
    assert usual - float(entry.read_bytes().split()[3]) == pytest.approx(10_000 * 0.55 - (10_000 - 4800), abs=600)


def test_exec_says_that_only_the_cache_still_has_a_session(variables: dict[str, str], tmp_path: Path) -> None:
    assert bucketpass("exec", "--", "true", variables=variables).stderr == ""
    now = int(time.time())
    (tmp_path / "expired").write_text(unsigned_token(claims={"iat": now - 7200, "exp": now - 3600}))
    done = bucketpass("exec", "--", "true", variables=variables | {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "expired")})
    assert done.returncode == 0
    assert "the token expired 3,60" in done.stderr


def test_exec_without_a_command_is_an_error(variables: dict[str, str]) -> None:
    assert bucketpass("exec", variables=variables).returncode == 3


def test_a_program_need_not_keep_its_endpoint_which_outlives_its_children_and_goes_with_it(
    variables: dict[str, str], tmp_path: Path
) -> None:
    program = (
        "import gc, os, sys\n"
        "from bucketpass.credentials import use_container_environment\n"
        "use_container_environment()\n"
        "gc.collect()\n"
        "if os.fork() == 0:\n"
        "    sys.exit()\n"
        "os.wait()\n"
    )
    command = [sys.executable, "-c", program + SHOW]
    scratch = {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=variables | scratch, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["container-role", "ASIATEST00000001"], done.stderr
    assert list(tmp_path.glob("bucketpass-*")) == []


def test_serve_prints_what_clients_need_and_ends_clean(variables: dict[str, str], tmp_path: Path) -> None:
    token_file = tmp_path / "endpoint-token"
    command = [sys.executable, "-m", "bucketpass", "serve", "--endpoint-token-file", str(token_file)]
    server = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    exports = dict(server.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(4))
    del variables["AWS_ROLE_ARN"], variables["AWS_WEB_IDENTITY_TOKEN_FILE"]
    done = subprocess.run([sys.executable, "-c", SHOW], env=variables | exports, capture_output=True, text=True, timeout=60, check=False)
    server.terminate()
    server.communicate(timeout=20)
    assert done.stdout.split() == ["container-role", "ASIATEST00000001"]
    assert (server.returncode, token_file.exists()) == (0, False)


def test_serve_on_a_unix_socket_says_how_to_ask_it(variables: dict[str, str], socket_folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bucketpass",
        "serve",
        "--listen",
        f"unix:{socket_folder}/s",
        "--endpoint-token-file",
        f"{socket_folder}/t",
    ]
    server = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    told = [server.stdout.readline(), server.stdout.readline()]
    server.terminate()
    printed = "".join(told) + server.communicate(timeout=20)[0]
    assert f'curl --unix-socket {socket_folder}/s -H "Authorization: $(cat {socket_folder}/t)" http://localhost/credentials' in printed
    # No AWS SDK reads an address of a Unix socket.
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in printed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts processes of other users")
def test_serve_tells_the_users_of_a_host_apart(variables: dict[str, str], sts: FakeSts, tmp_path: Path, socket_folder: Path) -> None:
    users = {"trainer": 61001, "analyst": os.geteuid()}
    sections = []
    for name, user in users.items():
        (tmp_path / name).write_text(unsigned_token(name))
        sections.append(f"[{name}]\nuser = {user}\nrole-arn = {ROLE}\ntoken-file = {tmp_path}/{name}\nsession-name = {name}\n")
    (tmp_path / "clients").write_text("\n".join(sections))
    socket_folder.chmod(0o755)
    words = ["serve", "--clients", f"{tmp_path}/clients", "--listen", f"unix:{socket_folder}/s", "--endpoint-token-file", f"{tmp_path}/t"]
    server = subprocess.Popen([sys.executable, "-m", "bucketpass", *words], env=variables, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    lines = [server.stdout.readline().strip() for _ in range(6)]
    line = next(line for line in lines if line.startswith("credential_process = ")).partition(" = ")[2]
    try:
        asked = {user: subprocess.run(shlex.split(line), user=user, capture_output=True, check=False) for user in (*users.values(), 61002)}
        config = socket_folder / "config"
        config.write_text(f"[default]\ncredential_process = {line}\n")
        own = {"PATH": variables["PATH"], "AWS_CONFIG_FILE": str(config), "HOME": str(socket_folder)}
        by_sdk = subprocess.run([sys.executable, "-c", SHOW], env=own, capture_output=True, text=True, check=False)
    finally:
        server.terminate()
        server.communicate(timeout=20)
    keys = {user: json.loads(done.stdout)["AccessKeyId"] for user, done in asked.items() if not done.returncode}
    assert asked[61002].stdout == b""
    by_name = {call["RoleSessionName"]: f"ASIATEST{number:08d}" for number, call in enumerate(sts.calls, start=1)}
    assert keys == {users[name]: key for name, key in by_name.items()}
    assert by_sdk.stdout.split() == ["custom-process", by_name["analyst"]], by_sdk.stderr


def test_serve_starts_while_sts_is_down(variables: dict[str, str], sts: FakeSts) -> None:
    sts.refuse(503, "ServiceUnavailable")
    server = subprocess.Popen([sys.executable, "-m", "bucketpass", "serve"], env=variables, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline().startswith("export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:")
    server.terminate()
    server.communicate(timeout=20)
    assert server.returncode == 0


def test_serve_gives_each_client_its_own_narrower_session_and_operations_a_port_without_credentials(
    variables: dict[str, str], sts: FakeSts, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    words = ["--endpoint-token-file", f"{tmp_path}/t", "--operations", f"127.0.0.1:{port}", "--log-format", "json"]
    clients = ["--client", "agent=datasets/raw/:read", "--client", "writer=datasets/out/:write"]
    command = [sys.executable, "-m", "bucketpass", "serve", *words, *clients]
    server = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout is not None
    printed = [server.stdout.readline().strip() for _ in range(10)]

    def keys(client: str) -> str:
        url = next(line for line in printed if "FULL_URI" in line).partition("=")[2]
        request = urllib.request.Request(url, headers={"Authorization": (tmp_path / f"t-{client}").read_text()})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return str(json.load(answer)["AccessKeyId"])

    def operations(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    try:
        assert len({keys("agent"), keys("writer")}) == 2
        assert operations("/ready") == operations("/health") == '{"status": "ok"}'
        assert 'bucketpass_renewals_total{client="agent"} 1' in operations("/metrics")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            operations("/credentials")
    finally:
        server.terminate()
        server.communicate(timeout=20)
    policies = [json.loads(call["Policy"]) for call in sts.calls]
    assert [any("s3:PutObject" in str(policy) for policy in policies), len(policies)] == [True, 2]
    assert not list(tmp_path.glob("t-*"))


def test_serve_logs_changes_of_state_as_json(variables: dict[str, str], sts: FakeSts) -> None:
    sts.refuse(503, "ServiceUnavailable")
    command = [sys.executable, "-m", "bucketpass", "serve", "--log-format", "json"]
    server = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    failed = json.loads(server.stderr.readline())
    sts.recover()
    recovered = json.loads(server.stderr.readline())
    server.terminate()
    server.communicate(timeout=20)
    assert [failed["event"], failed["cause"], failed["level"]] == ["no-credentials", "ServiceUnavailable", "warning"]
    assert [recovered["event"], recovered["level"]] == ["recovered", "info"]


@pytest.mark.parametrize("client", ["agent", "agent=", "=datasets/raw/", "a b=datasets/", "agent=datasets/raw/:admin"])
def test_serve_refuses_a_client_that_cannot_be_read(variables: dict[str, str], client: str) -> None:
    assert bucketpass("serve", "--client", client, variables=variables).returncode == 3


def test_serve_refuses_an_address_that_others_can_reach(variables: dict[str, str]) -> None:
    done = bucketpass("serve", "--listen", "0.0.0.0:0", variables=variables)
    assert done.returncode == 3
    assert "cannot listen on `0.0.0.0:0`" in done.stderr


def test_the_printed_profile_works_in_botocore(variables: dict[str, str], tmp_path: Path) -> None:
    done = bucketpass("credential-process", "--role-arn", ROLE, "--print-profile", "trainer", variables=variables)
    config = tmp_path / "config"
    config.write_text(done.stdout)
    own = {"BUCKETPASS_TOKEN_FILE": variables.pop("AWS_WEB_IDENTITY_TOKEN_FILE"), "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "trainer"}
    del variables["AWS_ROLE_ARN"]
    shown = subprocess.run([sys.executable, "-c", SHOW], env=variables | own, capture_output=True, text=True, timeout=60, check=False)
    assert shown.stdout.split() == ["custom-process", "ASIATEST00000001"], shown.stderr


def test_credential_process_prints_the_same_as_its_script(variables: dict[str, str]) -> None:
    assert json.loads(bucketpass("credential-process", variables=variables).stdout)["AccessKeyId"] == "ASIATEST00000001"


def test_token_shows_what_aws_sees_and_no_signature(variables: dict[str, str]) -> None:
    done = bucketpass("token", "--json", variables=variables)
    shown = json.loads(done.stdout)
    assert done.returncode == 0
    assert shown["condition_keys"]["issuer.test:sub"] == "trainer"
    signature = Path(variables["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text().rpartition(".")[2]
    assert signature not in done.stdout
    assert "trainer" in bucketpass("token", variables=variables).stdout


def test_token_names_the_audience_that_is_wrong(variables: dict[str, str]) -> None:
    done = bucketpass("token", "--audience", "other", variables=variables)
    assert done.returncode == 1
    assert "expected `other`" in " ".join(done.stdout.split())


def test_token_says_when_it_expired_as_people_read_it(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "old").write_text(unsigned_token(claims={"exp": 1_700_000_000}))
    done = bucketpass("token", "--token-file", f"{tmp_path}/old", variables=variables | {"COLUMNS": "120"})
    assert done.returncode == 1
    assert "expired " in done.stdout.splitlines()[0]
    assert "1700000000 (2023-11-14 22:13:20 UTC)" in done.stdout


def test_token_takes_the_source_that_exec_would(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "other").write_text(unsigned_token("other"))
    both = {"BUCKETPASS_TOKEN_SOURCE": f"file:{tmp_path}/other"}
    assert validated(bucketpass("token", "--json", variables=variables | both).stdout)["claims"]["sub"] == "other"
    done = bucketpass("token", "--json", "--source", f"file:{tmp_path}/other", "--token-file", "/nope", variables=variables)
    assert json.loads(done.stdout)["claims"]["sub"] == "other"


def test_doctor_shows_each_check_and_the_remedy(variables: dict[str, str], sts: FakeSts, tmp_path: Path) -> None:
    done = bucketpass("doctor", variables=variables)
    assert done.returncode == 0, done.stdout
    assert "good exchange: STS gave a session" in done.stdout
    sts.refuse(403, "AccessDenied")
    done = bucketpass("doctor", "--json", variables=variables)
    findings = {finding["check"]: finding for finding in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert findings["exchange"]["verdict"] == "bad"
    assert findings["exchange"]["remedy"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("datasets/raw/",), "`datasets/raw/` is not an S3 address"),
        (("--trust-policy", "trust.json"), "trust.json` is no trust policy that AWS takes"),
        (("--trust-policy", "nowhere.json"), "cannot read `nowhere.json`"),
        (("--access", "nowhere.yaml"), "`nowhere.yaml` does not exist"),
    ],
)
def test_doctor_refuses_what_it_cannot_read_before_it_looks(
    variables: dict[str, str], tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    (tmp_path / "trust.json").write_text("{")
    command = [sys.executable, "-m", "bucketpass", "doctor", *words]
    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert says in done.stderr


@pytest.mark.parametrize("text", ["", "garbage", "a.b.c", unsigned_token(iss="")], ids=["empty", "opaque", "not a JWT", "without iss"])
def test_a_token_that_is_none_has_one_code_in_every_command(text: str, variables: dict[str, str]) -> None:
    token = Path(variables["AWS_WEB_IDENTITY_TOKEN_FILE"])
    token.write_text(text)
    access = token.with_name("access.yaml")
    access.write_text(ACCESS)
    explained = ("explain", "trainer", "get", "s3://datasets/raw/x", "--access", str(access), "--token", str(token), "--json")
    asked = [
        bucketpass("token", "--json", variables=variables),
        bucketpass(*explained, variables=variables),
    ]
    examined = bucketpass("doctor", "--json", variables=variables)
    codes = [[one["code"] for one in json.loads(done.stdout)["diagnostics"]] for done in asked]
    assert codes == [["token-unusable"], ["token-unusable"]]
    assert "token-unusable" in [check["code"] for check in json.loads(examined.stdout)["checks"] if check["check"] == "token"]

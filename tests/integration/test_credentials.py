"""The exchange against an STS on loopback: many processes, an STS that fails in every way, a holder that dies."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.fake_sts import ROLE, FakeSts, granted
from tests.tokens import unsigned_token

from bucketpass.credentials.budgets import LOCK_GRACE_SECONDS, REQUEST_SECONDS
from bucketpass.credentials.cache import postponed
from bucketpass.credentials.cold import shared
from bucketpass.credentials.entry import decode_entry
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.service import service_provider
from bucketpass.credentials.warm import alias_of, files_of
from bucketpass.errors import BucketpassError, ExchangeError, IdentityError
from bucketpass.identity.file import FileSource
from bucketpass.identity.interface import this_machine

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "src" / "bucketpass" / "credentials" / "run_process.py"


@pytest.fixture
def sts() -> Iterator[FakeSts]:
    with FakeSts() as sts:
        yield sts


class Service:
    """A service on this host: its token file, its cache and its STS."""

    def __init__(self, directory: Path, sts: FakeSts) -> None:
        self.token = directory / "token"
        self.cache = directory / "cache"
        self.sts = sts
        self.rotate()

    def rotate(self, subject: str = "trainer", **claims: object) -> None:
        draft = self.token.with_suffix(".new")
        draft.write_text(unsigned_token(subject, claims={"jti": os.urandom(4).hex(), **claims}) + "\n")
        draft.rename(self.token)

    def command(self) -> list[str]:
        words = ["--role-arn", ROLE, "--token-file", str(self.token), "--endpoint-url", self.sts.url, "--cache", str(self.cache)]
        return [sys.executable, "-I", "-S", str(SCRIPT), *words]

    def process(self, **more: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], **more}
        return subprocess.run(self.command(), capture_output=True, text=True, timeout=60, env=environment, check=False)

    def provider(self, cache: str | None = None) -> Provider:
        # A source of its own, and so a provider of its own: the package shares one provider for the same options.
        source = FileSource(this_machine(), str(self.token))
        return service_provider(role_arn=ROLE, source=source, endpoint_url=self.sts.url, cache=cache or str(self.cache))


@pytest.fixture
def service(tmp_path: Path, sts: FakeSts) -> Service:
    return Service(tmp_path, sts)


def key(output: str) -> str:
    return str(json.loads(output)["AccessKeyId"])


def test_a_credential_process_prints_what_aws_sdks_read(service: Service) -> None:
    done = service.process()
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert (printed["Version"], printed["AccessKeyId"]) == (1, "ASIATEST00000001")
    assert printed["Expiration"].endswith("Z")


def test_the_second_process_asks_nobody(service: Service) -> None:
    assert service.process().stdout == service.process().stdout
    assert len(service.sts.calls) == 1


def test_a_token_that_is_replaced_while_a_process_starts_is_not_found_by_the_name_of_the_first(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    values = {"role-arn": ROLE, "token-file": str(service.token), "endpoint-url": service.sts.url}
    files = files_of(values, {})
    service.rotate("other")
    assert shared(str(service.cache), values, {"BUCKETPASS_CACHE": str(service.cache)}, alias_of(values, {}, files), files) == 0
    assert key(capfd.readouterr().out) == "ASIATEST00000001"
    subjects = [decode_entry(path.read_bytes()) for path in service.cache.iterdir()]
    assert [found[0].identity.subject for found in subjects if found is not None] == ["trainer"]


def test_a_part_of_a_token_that_two_may_have_in_common_is_no_name_for_a_session(service: Service) -> None:
    service.token.write_text(service.token.read_text()[:40])
    failed = service.process()
    assert (failed.returncode, failed.stderr[:27]) == (1, "error: the token is an opaq")
    assert list(service.cache.iterdir()) == []
    service.rotate()
    assert key(service.process().stdout)


def test_a_profile_with_another_address_of_sts_has_sessions_of_its_own(service: Service, tmp_path: Path) -> None:
    with FakeSts() as other:
        other.answer = lambda number: (200, granted(number + 100, time.time() + 3600))
        config = tmp_path / "config"
        config.write_text(f"[default]\nendpoint_url = {service.sts.url}\n[profile other]\nendpoint_url = {other.url}\n")
        at = service.command().index("--endpoint-url")
        words = service.command()[:at] + service.command()[at + 2 :]
        keys = []
        for more in ({}, {"AWS_PROFILE": "other"}):
            environment = {"AWS_CONFIG_FILE": str(config), **more}
            done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment, check=True)
            keys.append(key(done.stdout))
    assert keys == ["ASIATEST00000001", "ASIATEST00000101"]


def test_64_cold_processes_make_one_exchange(service: Service) -> None:
    service.sts.delay = 0.05
    processes = [subprocess.Popen(service.command(), stdout=subprocess.PIPE, text=True) for _ in range(64)]
    outputs = {process.communicate(timeout=60)[0] for process in processes}
    assert (len(outputs), len(service.sts.calls)) == (1, 1)
    assert {process.returncode for process in processes} == {0}


def test_a_refusal_is_shared_by_all_who_waited_for_it(service: Service) -> None:
    service.sts.delay = 0.5
    service.sts.refuse(403, "AccessDenied")
    processes = [subprocess.Popen(service.command(), stderr=subprocess.PIPE, text=True) for _ in range(12)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert all("STS refused (AccessDenied)" in error for error in errors)
    assert {process.returncode for process in processes} == {1}
    assert len(service.sts.calls) <= 3


def test_a_holder_that_is_killed_in_mid_exchange_holds_nobody_up(service: Service) -> None:
    service.sts.hold.clear()
    holder = subprocess.Popen(service.command(), stdout=subprocess.PIPE)
    while not service.sts.calls:
        time.sleep(0.01)
    waiter = subprocess.Popen(service.command(), stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    service.sts.hold.set()
    service.sts.hold = threading.Event()
    service.sts.hold.set()
    holder.kill()
    killed = time.monotonic()
    output = waiter.communicate(timeout=30)[0]
    assert time.monotonic() - killed <= 1.0
    assert key(output)
    holder.communicate()


def test_a_holder_that_is_frozen_in_mid_exchange_holds_nobody_up_for_long(service: Service) -> None:
    service.sts.hold.clear()
    holder = subprocess.Popen(service.command(), stdout=subprocess.PIPE)
    while not service.sts.calls:
        time.sleep(0.01)
    holder.send_signal(signal.SIGSTOP)
    service.sts.hold.set()
    started = time.monotonic()
    try:
        others = [subprocess.Popen(service.command(), stdout=subprocess.PIPE) for _ in range(4)]
        assert [json.loads(other.communicate(timeout=30)[0])["Version"] for other in others] == [1] * 4
        assert time.monotonic() - started < REQUEST_SECONDS + LOCK_GRACE_SECONDS + 3
        assert len(service.sts.calls) == 2
    finally:
        holder.send_signal(signal.SIGCONT)
        assert json.loads(holder.communicate(timeout=30)[0])["Version"] == 1


def test_a_token_that_was_rotated_belongs_to_the_same_session(service: Service) -> None:
    first = service.process()
    service.rotate()
    assert service.process().stdout == first.stdout
    assert len(service.sts.calls) == 1


def test_a_token_of_another_subject_never_gets_the_first_ones_session(service: Service) -> None:
    first = service.process()
    service.rotate("evaluator")
    assert key(service.process().stdout) != key(first.stdout)


def test_a_session_that_is_due_is_printed_at_once_and_renewed_unseen(service: Service) -> None:
    service.sts.life = 4.0
    first = service.process()
    time.sleep(2.6)
    service.sts.delay = 0.8
    before = time.monotonic()
    second = service.process()
    assert time.monotonic() - before < 0.7
    assert second.stdout == first.stdout
    deadline = time.monotonic() + 5
    while len(service.sts.calls) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(1.2)
    assert key(service.process().stdout) == "ASIATEST00000002"
    assert len(service.sts.calls) == 2


def test_a_renewal_that_fails_unseen_is_reported_once(service: Service) -> None:
    service.sts.life = 60.0
    first = key(service.process().stdout)
    [entry] = [path for path in service.cache.iterdir() if b"AccessKeyId" in path.read_bytes()]
    data = entry.read_bytes()
    entry.write_bytes(postponed(data, 0.0, 0))
    service.sts.refuse(403, "AccessDenied")
    assert service.process().stderr == ""
    while b"AccessDenied" not in b"".join(path.read_bytes() for path in service.cache.glob("*.failing")):
        time.sleep(0.01)
    reported = [service.process() for _ in range(3)]
    assert [key(done.stdout) for done in reported] == [first] * 3
    assert ["AccessDenied" in done.stderr for done in reported] == [True, False, False]
    assert "still good" in reported[0].stderr


@pytest.mark.parametrize("damage", [b"", b"bucketpass 2 x", b"\x00" * 5000])
def test_a_damaged_cache_heals(service: Service, damage: bytes) -> None:
    service.process()
    for path in service.cache.iterdir():
        path.write_bytes(damage)
    done = service.process()
    assert (done.returncode, len(service.sts.calls)) == (0, 2)
    assert service.process().stdout == done.stdout


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda service: service.token.write_text(""), 1, "is empty"),
        (lambda service: service.token.unlink(), 1, "No such file"),
        (lambda service: service.token.write_text(unsigned_token(life=-360)), 1, "the token expired 36"),
        (lambda service: service.token.write_text("opaque"), 1, "opaque token"),
    ],
)
def test_a_token_that_is_no_good_is_one_clear_line(service: Service, change: object, code: int, says: str) -> None:
    assert callable(change)
    change(service)
    done = service.process()
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert all(call.get("WebIdentityToken") is None for call in service.sts.calls)


def test_no_secret_is_on_the_command_line_or_in_an_error(service: Service) -> None:
    service.sts.refuse(403, "AccessDenied")
    done = service.process()
    assert service.token.read_text().strip() not in done.stderr + " ".join(service.command())


@pytest.mark.parametrize(("status", "code"), [(500, "InternalFailure"), (400, "Throttling"), (403, "AccessDenied")])
def test_valid_credentials_are_served_without_an_error_while_sts_fails(service: Service, status: int, code: str) -> None:
    service.sts.life = 4.0
    own = service.provider()
    first = own.current()
    service.sts.refuse(status, code)
    worst = 0.0
    while time.time() < first.good_until - 0.1:
        before = time.perf_counter()
        assert own.current() == first
        worst = max(worst, time.perf_counter() - before)
        time.sleep(0.002)
    assert worst < 0.1
    assert service.sts.most_in_flight == 1
    assert own.status().failures > 0
    time.sleep(0.5)
    with pytest.raises(ExchangeError, match=code):
        own.current(patience=0.3)
    service.sts.recover()
    time.sleep(1.05)
    assert own.current().access_key_id != first.access_key_id


@pytest.mark.parametrize("garbage", ["<html>portal</html>", "", "\x00" * 2000, "<a>" * 5000])
def test_garbage_instead_of_an_answer_is_one_clear_error(service: Service, garbage: str) -> None:
    service.sts.answer = lambda number: (200, garbage)
    with pytest.raises(ExchangeError, match="but with no credentials"):
        service.provider().current()
    assert len(service.sts.calls) == 3


def test_valid_credentials_are_served_while_sts_hangs(service: Service) -> None:
    service.sts.life = 6.0
    own = service.provider()
    first = own.current()
    service.sts.hold.clear()
    worst = 0.0
    while time.time() < first.good_until - 0.1:
        before = time.perf_counter()
        assert own.current() == first
        worst = max(worst, time.perf_counter() - before)
        time.sleep(0.002)
    assert worst < 0.1
    assert len(service.sts.calls) == 2


@pytest.mark.parametrize("skew", [-600.0, 600.0])
def test_a_clock_that_is_ten_minutes_wrong_changes_nothing(service: Service, skew: float) -> None:
    service.sts.skew = skew
    now = int(time.time() + skew)
    service.rotate(iat=now, exp=now + 300)
    own = service.provider()
    credentials = own.current()
    assert credentials.expires - time.time() == pytest.approx(3600, abs=5)
    expiration = json.loads(service.process().stdout)["Expiration"]
    assert abs(time.time() + 3600 - credentials.expiration.timestamp()) < 5
    assert expiration == credentials.expiration.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_process_never_becomes_another_service(service: Service) -> None:
    service.sts.life = 4.0  # and up to a second less: STS tells whole seconds
    own = service.provider()
    first = own.current()
    service.rotate("evaluator")
    time.sleep(2.5)
    assert own.current() == first
    time.sleep(1.6)
    with pytest.raises(IdentityError, match=r"`evaluator`.*`trainer`"):
        own.current()


def test_a_token_that_is_rotated_while_sts_refuses_the_old_one_is_picked_up(service: Service) -> None:
    def refuse_first(number: int) -> tuple[int, str]:
        service.rotate()
        service.sts.recover()
        return 400, "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>x</Message></Error></ErrorResponse>"

    service.sts.answer = refuse_first
    assert service.provider().current().access_key_id == "ASIATEST00000002"
    assert service.sts.calls[0]["WebIdentityToken"] != service.sts.calls[1]["WebIdentityToken"]


def test_a_renewal_takes_so_little_of_the_interpreter_that_no_event_loop_stands_still(service: Service) -> None:
    own = service.provider(cache="off")
    own.current()
    taken = []
    for _ in range(9):
        own._renew = 0.0
        start = time.thread_time()
        own.renew_if_due()
        taken.append(time.thread_time() - start)
    # 0.8 ms on an idle machine; processor time too is longer where two threads share a core.
    assert sorted(taken)[4] < 0.003


def test_nobody_listening_is_one_clear_error(service: Service) -> None:
    source = FileSource(this_machine(), str(service.token))
    nowhere = service_provider(role_arn=ROLE, source=source, endpoint_url="http://127.0.0.1:9", cache="off")
    with pytest.raises(BucketpassError, match="no answer: Connection refused"):
        nowhere.current(patience=0.5)


FORKS = """
import os, sys, threading, time
from bucketpass.credentials.service import service_provider
own = service_provider(cache=sys.argv[1])
own.current()
print("ready", flush=True)
sys.stdin.readline()
own._renew = 0.0
own._turnstile.wake()
time.sleep(1.1)
hung = wrong = 0
for _ in range(1000):
    child = os.fork()
    if child == 0:
        os._exit(0 if own.current().access_key_id.startswith("ASIATEST") else 3)
    deadline = time.monotonic() + 10
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done or time.monotonic() > deadline:
            break
        time.sleep(0.0005)
    hung += not done
    wrong += bool(done and status)
print(hung, wrong)
"""


def test_a_thousand_forks_during_a_renewal_hang_never(service: Service, tmp_path: Path) -> None:
    service.sts.life = 120.0
    service.sts.delay = 0.0
    script = tmp_path / "forks.py"
    # Renewal is due at once, and hangs: every fork happens in the middle of one.
    script.write_text(FORKS)
    variables = {
        **os.environ,
        "AWS_ROLE_ARN": ROLE,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(service.token),
        "AWS_ENDPOINT_URL_STS": service.sts.url,
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, str(script), str(service.cache)]
    process = subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    service.sts.hold.clear()
    output = process.communicate("go\n", timeout=110)[0]
    assert output.split() == ["0", "0"]


def test_a_forked_child_does_not_keep_its_killed_parents_lock(service: Service, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, sys, time\n"
        "from bucketpass.credentials.cache import HostCache\n"
        "lock = HostCache(sys.argv[1]).try_lock('entry')\n"
        "if os.fork() == 0:\n"
        "    print('forked', flush=True)\n"
        "    time.sleep(30)\n"
        "time.sleep(30)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script), str(service.cache)], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "forked\n"
    from bucketpass.credentials.cache import HostCache

    store = HostCache(str(service.cache))
    assert store.try_lock("entry") is None
    parent.kill()
    parent.wait()
    lock = store.try_lock("entry")
    assert lock is not None
    lock.release()
    os.killpg(parent.pid, signal.SIGKILL)
    parent.stdout.close()


def test_output_that_cannot_be_written_is_one_line_and_no_traceback(service: Service) -> None:
    for _ in range(2):  # from STS, and from the cache
        with open("/dev/full", "w") as full:  # noqa: PTH123
            done = subprocess.run(service.command(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (1, "error: this process cannot go on: No space left on device\n")

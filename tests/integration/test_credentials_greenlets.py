"""Under gevent and eventlet no greenlet stands still while STS does not answer: whoever waits for it yields."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.fake_sts import ROLE, FakeSts
from tests.tokens import unsigned_token

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EVENTLET = ROOT / "build" / "clients" / "eventlet" / "bin" / "python"
STS_SECONDS = 1.5
LONGEST_STALL_SECONDS = 0.5
LIFE_SECONDS = 8.0  # renewed after 4 to 5, given out for 6 at least

PATCHED = {
    "gevent": "from gevent import monkey; monkey.patch_all(); from gevent import sleep, spawn",
    "eventlet": "import eventlet; eventlet.monkey_patch(); from eventlet import sleep, spawn",
}
# What runs beside a greenlet that should be able to work every 10 ms; the script prints the longest time that it could not.
SCRIPT = """
import sys, time

role, token, url = sys.argv[1:]
stalls = []

def work():
    while True:
        before = time.monotonic()
        sleep(0.01)
        stalls.append(time.monotonic() - before)

def ask():
    from bucketpass.wire.client import HttpRequest
    from bucketpass.wire.network import Network
    Network().send(HttpRequest("POST", url, body=b"Action=AssumeRoleWithWebIdentity"), timeout=5)

def provider():
    from bucketpass.credentials import service_provider
    return service_provider(role_arn=role, source=f"file:{token}", endpoint_url=url, cache="off")

def get():
    provider().current()

def renew():
    own = provider()
    first = own.current()
    end = time.monotonic() + 5.8
    while time.monotonic() < end:
        before = time.monotonic()
        held = own.current()
        stalls.append(time.monotonic() - before)
        assert held is first
        sleep(0.01)

import bucketpass.credentials.service, bucketpass.wire.network
worker = spawn(work)
sleep(0.05)
{call}()
print(max(stalls), len(stalls))
"""


def python_of(library: str) -> str:
    """The interpreter that has the library. Skips where there is none."""
    if library == "gevent":
        return sys.executable
    if not EVENTLET.exists():
        pytest.skip("no environment `eventlet`: make client-environments")
    return str(EVENTLET)


def longest_stall(library: str, call: str, token: Path, sts: FakeSts) -> tuple[float, float]:
    """The longest time that a greenlet stood still, and how many steps it made."""
    token.write_text(unsigned_token())
    words = [python_of(library), "-W", "ignore", "-c", PATCHED[library] + SCRIPT.replace("{call}", call), ROLE, str(token), sts.url]
    done = subprocess.run(words, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    longest, steps = map(float, done.stdout.split())
    return longest, steps


@pytest.mark.parametrize("library", PATCHED)
@pytest.mark.parametrize("call", ["ask", "get"])
def test_greenlets_go_on_while_sts_hangs(tmp_path: Path, library: str, call: str) -> None:
    with FakeSts(delay=STS_SECONDS) as sts:
        longest, steps = longest_stall(library, call, tmp_path / "token", sts)
    assert longest < LONGEST_STALL_SECONDS
    assert steps > STS_SECONDS / 0.01 / 4


@pytest.mark.parametrize("library", PATCHED)
def test_nobody_waits_for_sts_while_there_are_credentials(tmp_path: Path, library: str) -> None:
    with FakeSts(life=LIFE_SECONDS) as sts:

        def hang_from_the_second_call_on(number: int) -> tuple[int, str]:
            if number > 1:
                sts.hold.clear()
                sts.hold.wait(30)
            return sts.grant(number)

        sts.answer = hang_from_the_second_call_on
        longest, _ = longest_stall(library, "renew", tmp_path / "token", sts)
        calls = len(sts.calls)
        sts.hold.set()
    assert calls >= 2
    assert longest < LONGEST_STALL_SECONDS

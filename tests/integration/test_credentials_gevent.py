"""Under gevent no greenlet stands still while STS does not answer: whoever waits for it yields."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.fake_sts import ROLE, FakeSts
from tests.tokens import unsigned_token

pytestmark = pytest.mark.slow

STS_SECONDS = 1.5
LONGEST_STALL_SECONDS = 0.5

# What runs beside a greenlet that should be able to work every 10 ms; the script prints the longest time that it could not.
SCRIPT = """
from gevent import monkey
monkey.patch_all()
import gevent, sys, time

role, token, url = sys.argv[1:]
stalls = []

def work():
    while True:
        before = time.monotonic()
        gevent.sleep(0.01)
        stalls.append(time.monotonic() - before)

def ask():
    from bucketpass.wire.client import HttpRequest
    from bucketpass.wire.network import Network
    Network().send(HttpRequest("POST", url, body=b"Action=AssumeRoleWithWebIdentity"), timeout=5)

def get():
    from bucketpass.credentials import service_provider
    service_provider(role_arn=role, source=f"file:{token}", endpoint_url=url, cache="off").current()

import bucketpass.credentials.service, bucketpass.wire.network
worker = gevent.spawn(work)
gevent.sleep(0.05)
{call}()
print(max(stalls), len(stalls))
"""


@pytest.mark.parametrize("call", ["ask", "get"])
def test_greenlets_go_on_while_sts_hangs(tmp_path: Path, call: str) -> None:
    token = tmp_path / "token"
    token.write_text(unsigned_token())
    with FakeSts(delay=STS_SECONDS) as sts:
        words = [sys.executable, "-c", SCRIPT.replace("{call}", call), ROLE, str(token), sts.url]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    longest, steps = map(float, done.stdout.split())
    assert longest < LONGEST_STALL_SECONDS
    assert steps > STS_SECONDS / 0.01 / 4

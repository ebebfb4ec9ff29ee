"""Real threads, and those who wait for them."""

import subprocess
import sys
import threading
import time

from bucketpass.credentials.native_threads import Turnstile, threads_of_this_process

# A gevent program: a greenlet ticks while the keeper asks an STS that does not answer.
GREEN = """
import gevent.monkey; gevent.monkey.patch_all()
import gevent, time
from bucketpass.credentials.native_threads import threads_of_this_process
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.host import Held
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.values import Credentials
from bucketpass.secret import Secret
import _socket
calls = []
left, right = _socket.socketpair()
def fetch(**asked):
    calls.append(asked["renewing"])
    left.settimeout(0.3)
    try: left.recv(1)  # blocks the whole thread, as a call of C does
    except TimeoutError: pass
    now = time.time()
    return Held(Credentials(f"ASIA{len(calls)}", Secret("s"), Secret("t"), now, now + 60, "arn", TokenIdentity("i", "s")), now + 0.1)
assert threads_of_this_process().is_green
provider = Provider(fetch)
gaps = []
def tick():
    last = time.monotonic()
    while len(calls) < 4:
        gevent.sleep(0.01)
        gaps.append(time.monotonic() - last)
        last = time.monotonic()
ticking = gevent.spawn(tick)
callers = [gevent.spawn(provider.current) for _ in range(5)]
gevent.joinall([*callers, ticking], timeout=10)
assert {caller.value.access_key_id for caller in callers} == {"ASIA1"}, callers
print(len(calls), max(gaps))
"""


def test_greenlets_go_on_while_the_keeper_waits_for_sts() -> None:
    done = subprocess.run([sys.executable, "-c", GREEN], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    calls, longest = done.stdout.split()
    assert int(calls) == 4
    assert float(longest) < 0.2


def test_one_who_waits_goes_on_when_something_changed_or_the_time_is_over() -> None:
    turnstile = Turnstile(threads_of_this_process())
    with turnstile:
        started = time.monotonic()
        turnstile.wait(0.02)
        assert time.monotonic() - started >= 0.02
        assert not turnstile.has_waiters
    went_on = threading.Event()

    def wait() -> None:
        with turnstile:
            turnstile.wait(10)
            went_on.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not turnstile.has_waiters:
        time.sleep(0.001)
    with turnstile:
        turnstile.changed()
    assert went_on.wait(5)
    waiting.join()


def test_a_keeper_that_was_woken_before_it_sleeps_does_not_sleep() -> None:
    turnstile = Turnstile(threads_of_this_process())
    turnstile.wake()
    turnstile.wake()
    started = time.monotonic()
    turnstile.sleep(5)
    turnstile.sleep(0.01)
    assert time.monotonic() - started < 1

"""Files that only this user can read."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bucketpass.credentials.budgets import LOCK_GRACE_SECONDS
from bucketpass.credentials.cache import HostCache, Lock, promise


@pytest.fixture
def store(tmp_path: Path) -> HostCache:
    return HostCache(str(tmp_path / "a" / "cache"))


def test_the_directory_and_its_files_are_for_this_user_only(store: HostCache) -> None:
    store.write("entry", b"secret")
    directory = Path(store.directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "entry").stat().st_mode) == 0o600
    assert [path.name for path in directory.iterdir()] == ["entry"]


def test_an_entry_is_replaced_whole(store: HostCache) -> None:
    store.write("entry", b"long long text")
    store.write("entry", b"short")
    assert store.read("entry") == b"short"


def test_a_missing_entry_is_none(store: HostCache) -> None:
    assert store.read("none") is None


def test_a_directory_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    HostCache(str(tmp_path))
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_lock_is_held_by_one(store: HostCache) -> None:
    first = store.try_lock("entry")
    assert first is not None
    assert store.try_lock("entry") is None
    first.release()
    first.release()
    second = store.try_lock("entry")
    assert second is not None
    second.release()


def test_one_who_comes_first_gets_the_lock_and_one_who_comes_later_what_was_made(store: HostCache) -> None:
    got = store.found_or_lock("entry", lambda: store.read("entry"), 0)
    assert isinstance(got, Lock)
    with got:
        assert store.found_or_lock("entry", lambda: store.read("entry"), 0) is None
        store.write("entry", b"made")
    assert store.found_or_lock("entry", lambda: store.read("entry"), 0) == b"made"


def test_what_was_made_just_before_the_lock_was_free_is_seen(store: HostCache) -> None:
    looks = iter([None, b"made"])
    assert store.found_or_lock("entry", lambda: next(looks), 0) == b"made"
    again = store.try_lock("entry")
    assert again is not None
    again.release()


def test_a_lock_whose_holder_has_not_gone_on_as_it_promised_is_passed_over(store: HostCache) -> None:
    stopped = store.try_lock("entry")
    assert stopped is not None
    assert store.try_lock("entry") is None
    stopped.promise(-LOCK_GRACE_SECONDS)
    second = store.try_lock("entry")
    assert second is not None
    assert store.try_lock("entry") is None
    promise(-LOCK_GRACE_SECONDS)
    third = store.try_lock("entry")
    assert third is not None
    for lock in (stopped, second, third):
        lock.release()


def test_what_an_earlier_holder_promised_says_nothing_of_the_next(store: HostCache) -> None:
    first = store.try_lock("entry")
    assert first is not None
    first.promise(-10)
    first.release()
    assert (Path(store.directory) / "entry.lock").read_bytes() == b""


def test_a_lock_without_a_promise_is_not_passed_over(store: HostCache) -> None:
    first = store.try_lock("entry")
    assert first is not None
    (Path(store.directory) / "entry.lock").write_text("")
    assert store.try_lock("entry") is None
    first.release()


def test_a_child_does_not_take_back_its_parents_promise(store: HostCache) -> None:
    lock = store.try_lock("entry")
    assert lock is not None
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert float((Path(store.directory) / "entry.lock").read_text()) > 0
    lock.release()


def test_files_that_nothing_touched_for_a_day_are_removed(store: HostCache) -> None:
    for name in ("old", "young"):
        store.write(name, b"x")
    os.utime(Path(store.directory) / "old", (1_000_000, 1_000_000))
    os.utime(Path(store.directory) / "young", (1_090_000, 1_090_000))
    store.prune(1_100_000)
    assert (store.read("old"), store.read("young")) == (None, b"x")


def test_half_an_entry_is_never_put_in_place(store: HostCache) -> None:
    store.write("entry", b"whole")
    code = f"""
import resource, signal
from bucketpass.credentials.cache import HostCache
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    HostCache({store.directory!r}).write("entry", b"x" * 20)
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "no room for the entry\n"
    assert store.read("entry") == b"whole"
    assert [path.name for path in Path(store.directory).iterdir()] == ["entry"]


def test_a_process_without_descriptors_leaves_the_lock_of_another_in_place(store: HostCache) -> None:
    lock = store.try_lock("entry")
    assert lock is not None
    script = f"""
import resource
from bucketpass.credentials.cache import HostCache
store = HostCache({store.directory!r})
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    store.try_lock("entry")
except OSError as error:
    print(error.errno)
"""
    with lock:
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "24"
        assert store.try_lock("entry") is None

"""The cache under whoever can reach its directory: links, foreign files, FIFOs, wide modes."""

import os
import stat
from pathlib import Path

import pytest

from bucketpass.credentials.cache import HostCache
from bucketpass.secret import Secret

NOBODY = 65_534


@pytest.fixture
def store(tmp_path: Path) -> HostCache:
    return HostCache(str(tmp_path / "cache"))


@pytest.fixture
def directory(store: HostCache) -> Path:
    return Path(store.directory)


def test_a_link_to_somebodys_file_is_not_read(store: HostCache, directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"their credentials")
    other.chmod(0o600)
    (directory / "entry").symlink_to(other)
    assert store.read("entry") is None


def test_a_link_is_replaced_and_its_target_left_alone(store: HostCache, directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"precious")
    (directory / "entry").symlink_to(other)
    store.write("entry", b"ours")
    assert store.read("entry") == b"ours"
    assert other.read_bytes() == b"precious"


def test_a_file_with_a_second_name_is_not_read(store: HostCache, directory: Path, tmp_path: Path) -> None:
    store.write("entry", b"ours")
    os.link(directory / "entry", tmp_path / "second")
    assert store.read("entry") is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_a_file_that_others_could_read_or_write_is_not_read(store: HostCache, directory: Path, mode: int) -> None:
    store.write("entry", b"ours")
    (directory / "entry").chmod(mode)
    assert store.read("entry") is None


def test_a_fifo_does_not_make_anybody_wait(store: HostCache, directory: Path) -> None:
    os.mkfifo(directory / "entry", 0o600)
    assert store.read("entry") is None
    os.mkfifo(directory / "other.lock", 0o600)
    lock = store.try_lock("other")
    assert lock is not None
    lock.release()


def test_a_directory_in_the_place_of_an_entry_is_no_entry(store: HostCache, directory: Path) -> None:
    (directory / "entry").mkdir()
    assert store.read("entry") is None


def test_a_huge_file_is_not_read(store: HostCache, directory: Path) -> None:
    store.write("entry", b"x")
    with (directory / "entry").open("r+b") as file:
        file.truncate(1 << 30)
    assert store.read("entry") is None


def test_a_lock_that_is_a_link_is_replaced(store: HostCache, directory: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (directory / "entry.lock").symlink_to(victim)
    lock = store.try_lock("entry")
    assert lock is not None
    lock.release()
    assert not victim.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_somebody_elses_file_is_not_read(store: HostCache, directory: Path) -> None:
    store.write("entry", b"theirs")
    os.chown(directory / "entry", NOBODY, NOBODY)
    assert store.read("entry") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give directories away")
def test_somebody_elses_directory_is_not_used(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    with pytest.raises(PermissionError):
        HostCache(str(tmp_path))


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_directory_that_others_may_write_to_is_not_used(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(PermissionError):
        HostCache(str(tmp_path))


def test_a_link_in_the_place_of_the_directory_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "cache").symlink_to(tmp_path / "real")
    with pytest.raises(OSError, match="cache"):
        HostCache(str(tmp_path / "cache"))


def test_a_directory_that_is_swapped_afterwards_is_not_looked_at(store: HostCache, directory: Path, tmp_path: Path) -> None:
    store.write("entry", b"ours")
    directory.rename(tmp_path / "moved")
    directory.mkdir(mode=0o700)
    (directory / "entry").write_bytes(b"planted")
    assert store.read("entry") == b"ours"


def test_modes_do_not_hang_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = HostCache(str(tmp_path / "cache"))
        store.write("entry", b"x")
        lock = store.try_lock("entry")
        assert lock is not None
        lock.release()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "cache").iterdir()} == {0o600}


def test_a_secret_cannot_be_pickled_into_a_worker() -> None:
    import pickle

    with pytest.raises(TypeError):
        pickle.dumps(Secret("s"))

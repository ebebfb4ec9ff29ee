"""A Ceph cluster of one monitor, one memory OSD and one RADOS Gateway, from nothing, on loopback, in about a second.

    with ceph(folder) as gateway:
        gateway.client("s3").list_buckets()

The processes are ours (no daemon is left behind) and everything that they write is below `folder`. Debian's packages
`ceph-mon`, `ceph-osd` and `radosgw` bring the programs.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engines.site import Site

from bucketpass.secret import Secret

if TYPE_CHECKING:
    from tests.identity_providers.tls import Authority

__all__ = ["PACKAGES", "ceph", "free_port", "missing_programs"]

PACKAGES = ("ceph-mon", "ceph-osd", "radosgw")
PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
ADMINISTRATOR_CAPABILITIES = "roles=*;oidc-provider=*;user-policy=*"
START_SECONDS = 30.0

CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{monitor_port}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
run dir = {folder}
admin socket = {folder}/$name.asok
pid file =
log file = {folder}/$name.log
crash dir = {folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
paxos propose interval = 0.02
paxos min wait = 0.01
mon osd min up ratio = 0
[mon]
mon data = {folder}/mon
mon data avail crit = 1
mon cluster log file = {folder}/cluster.log
[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd numa auto affinity = false
[client.rgw]
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{http_port} ssl_endpoint=127.0.0.1:{https_port} ssl_certificate={certificate}
rgw sts key = {sts_key}
rgw s3 auth use sts = true
rgw sts min session duration = 1
rgw crypt require ssl = false
# The gateway has no setting for a certificate authority: it asks the machine's own store, which knows no test's authority.
rgw verify ssl = false
"""


def missing_programs() -> tuple[str, ...]:
    """The programs of Ceph that this machine does not have."""
    return tuple(program for program in PROGRAMS if shutil.which(program) is None)


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def ceph(folder: Path, authority: Authority) -> Iterator[Site]:
    """A gateway that answers, with an administrator who may make roles and providers; all processes end with the block."""
    ports = {name: free_port() for name in ("monitor_port", "http_port", "https_port")}
    for part in ("mon", "osd", "rgw"):
        (folder / part).mkdir(parents=True)
    fsid, settings = str(uuid.uuid4()), folder / "ceph.conf"
    settings.write_text(
        CONFIGURATION.format(
            folder=folder, fsid=fsid, certificate=authority.server_pem(folder / "rgw.pem"), sts_key=uuid.uuid4().hex[:16], **ports
        )
    )
    base = ("--conf", str(settings))
    secret = Secret.random()
    with contextlib.ExitStack() as daemons:

        def start(*command: str) -> _Daemon:
            return daemons.enter_context(_Daemon(command, folder / f"{command[0]}.out"))

        def retry(*command: str) -> None:
            # A client that comes before the monitor has its map is refused: `wrong fsid`.
            _until(lambda: _run(*command).returncode == 0, f"`{command[0]}`", folder)

        _check("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v1:127.0.0.1:{ports['monitor_port']}]", str(folder / "monmap"))
        _check("ceph-mon", *base, "--id", "a", "--mkfs", "--monmap", str(folder / "monmap"))
        start("ceph-mon", "-f", *base, "--id", "a")
        device = str(uuid.uuid4())
        retry("ceph", *base, "--connect-timeout", "5", "osd", "new", device)
        retry("ceph-osd", *base, "--id", "0", "--mkfs", "--osd-uuid", device)
        osd = start("ceph-osd", "-f", *base, "--id", "0")
        # A gateway that comes before the OSD is active waits five seconds for it.
        _until(lambda: osd.runs() and "booting -> active" in (folder / "osd.0.log").read_text(), "the OSD", folder)
        radosgw = start("radosgw", "-f", *base, "--name", "client.rgw")
        http_url = f"http://127.0.0.1:{ports['http_port']}"
        _until(lambda: radosgw.runs() and _answers(http_url), "the gateway", folder)
        _check(
            "radosgw-admin", *base, "--name", "client.rgw", "user", "create", "--uid", "admin", "--display-name", "administrator",
            "--access-key", "ADMINISTRATOR", "--secret-key", secret.reveal(), "--caps", ADMINISTRATOR_CAPABILITIES,
        )  # fmt: skip
        yield Site(http_url, f"https://localhost:{ports['https_port']}", authority.bundle, "ADMINISTRATOR", secret, dialect="rgw")


class _Daemon:
    """A process in the foreground of its own group: it runs from the block's start, and has ended after the block."""

    def __init__(self, command: tuple[str, ...], output: Path) -> None:
        self._command, self._output = command, output

    def __enter__(self) -> _Daemon:
        with self._output.open("ab") as sink:
            # A run that is killed takes its daemons with it: the kernel ends them with their parent.
            command = ("setpriv", "--pdeathsig", "TERM", *self._command)
            self._process = subprocess.Popen(command, stdout=sink, stderr=sink, start_new_session=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def runs(self) -> bool:
        """Whether it runs; one that ended (it came before the monitor knew it) is started again."""
        if self._process.poll() is None:
            return True
        self.__enter__()
        return False


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)


def _check(*command: str) -> str:
    done = _run(*command)
    if done.returncode != 0:
        raise RuntimeError(f"`{command[0]}` failed: {done.stderr.strip()}")
    return done.stdout


def _until(ready: Callable[[], bool], what: str, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not start in {START_SECONDS:.0f} s; its logs are in `{folder}`")
        time.sleep(0.02)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False

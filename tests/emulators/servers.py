"""The emulators: how each is installed, started in its strictest mode, and asked as its administrator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import urllib3
from benchmarks.sandbox import free_port
from botocore.exceptions import BotoCoreError, ClientError
from tests.emulators.lab import REGION, document, statement
from tests.processes import end
from tests.sandboxes import Keys

ENVIRONMENTS = Path(__file__).parents[2] / "build" / "emulators"
READY_SECONDS = 240
ROOT = Keys("AKIAADMINADMINADMIN0", "administrator-of-the-emulator-under-test")


class NotInstalled(Exception):
    """An emulator cannot be installed here."""


@dataclass(frozen=True)
class Emulator:
    """One emulator.

    requirement: of PyPI, None for bucketpass itself. python: the oldest that it runs on. arguments and environment: of its program,
    with `{port}`. `enforce` is called with its URL once its administrator exists.
    """

    name: str
    mode: str
    requirement: str | None
    python: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    enforce: Callable[[str], None] = lambda url: None

    @property
    def program(self) -> list[str]:
        """Its command. Installs it into an environment of its own where it is not. Raises NotInstalled."""
        if self.requirement is None:
            return [sys.executable, *self.arguments]
        folder = ENVIRONMENTS / self.name
        installed = folder / ".installed"
        if not installed.is_file() or installed.read_text() != self.requirement:
            shutil.rmtree(folder, ignore_errors=True)
            self._install(folder)
            installed.write_text(self.requirement)
        program, *arguments = self.arguments
        return [str(folder / "bin" / program), *arguments]

    def _install(self, folder: Path) -> None:
        python = _python(self.python)
        if python is None:
            raise NotInstalled(f"{self.name} needs Python {self.python} or newer, and there is none on the PATH")
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", str(self.requirement)]
        for command in ([python, "-m", "venv", str(folder)], pip):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotInstalled(f"{self.name}: {done.stderr.strip().rpartition(chr(10))[2]}")


def _python(oldest: str) -> str | None:
    """The first Python of that version or a later one that runs."""
    minor = int(oldest.partition(".")[2])
    if sys.version_info[:2] >= (3, minor):
        return sys.executable
    names = [f"python3.{number}" for number in range(minor, minor + 4)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [*filter(None, map(shutil.which, names)), *(str(path) for name in names for path in pyenv.glob(f"*/bin/{name}"))]
    return next((one for one in found if subprocess.run([one, "-c", ""], capture_output=True, check=False).returncode == 0), None)


def _enforce_moto(url: str) -> None:
    """From the next request on moto authenticates and authorizes."""
    urllib3.request("POST", f"{url}/moto-api/reset-auth", body=b"0")


EMULATORS = {
    one.name: one
    for one in (
        Emulator("bucketpass", "as it is", None, "3.11", ("-m", "bucketpass", "sandbox", "--port", "{port}")),
        Emulator(
            "ministack",
            "AUTH=true",
            "ministack==1.5.33",
            "3.11",
            ("ministack",),
            {"AUTH": "true", "GATEWAY_PORT": "{port}", "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"},
        ),
        Emulator(
            "localemu",
            "IAM_ENFORCEMENT=1",
            "localemu==1.3.2",
            "3.13",
            ("localemu", "start", "--host", "127.0.0.1", "--port", "{port}"),
            {"IAM_ENFORCEMENT": "1", "ROOT_ACCESS_KEYS": ROOT.access_key_id},
        ),
        Emulator(
            "moto", "INITIAL_NO_AUTH_ACTION_COUNT=0", "moto[server]==5.2.5", "3.11", ("moto_server", "-p", "{port}"), enforce=_enforce_moto
        ),
    )
}


@contextmanager
def running(emulator: Emulator, folder: Path, ca_file: Path) -> Iterator[tuple[str, Keys]]:
    """The URL of an emulator that runs, and the key of its administrator, who can assume roles: an IAM user. Raises NotInstalled."""
    port = free_port()
    url = f"http://localhost:{port}"
    command = [part.format(port=port) for part in emulator.program]
    key = {"AWS_ACCESS_KEY_ID": ROOT.access_key_id, "AWS_SECRET_ACCESS_KEY": ROOT.secret}
    own = {name: value.format(port=port) for name, value in emulator.environment.items()}
    trusted = {"SSL_CERT_FILE": str(ca_file), "TMPDIR": str(folder)}
    environment = {**os.environ, **(key if emulator.requirement else {}), **own, **trusted}
    log = (folder / "log").open("wb")
    with log, subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as process:
        try:
            yield url, _administrator(emulator, url, folder, process)
        finally:
            end(process)


def _administrator(emulator: Emulator, url: str, folder: Path, process: subprocess.Popen[bytes]) -> Keys:
    """A user that may do everything, made as the root user as soon as the emulator answers."""
    root = ROOT
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            if emulator.requirement is None:
                known = json.loads((folder / ".bucketpass" / "sandbox.json").read_text())
                root = Keys(known["access_key_id"], known["secret_access_key"])
            made = _make_administrator(url, root)
            break
        except (OSError, BotoCoreError, ClientError) as problem:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace").strip()
                raise NotInstalled(f"{emulator.name} does not answer: {problem}: {log[-400:]}") from problem
            time.sleep(0.2)
    emulator.enforce(url)
    return made


def _make_administrator(url: str, root: Keys) -> Keys:
    iam = boto3.client("iam", endpoint_url=url, region_name=REGION, aws_access_key_id=root.access_key_id, aws_secret_access_key=root.secret)
    try:
        iam.create_user(UserName="administrator")
        iam.put_user_policy(UserName="administrator", PolicyName="all", PolicyDocument=document(statement("*")))
        key = iam.create_access_key(UserName="administrator")["AccessKey"]
    finally:
        iam.close()
    return Keys(key["AccessKeyId"], key["SecretAccessKey"])

"""The file by which other programs find a running sandbox: `.bucketpass/sandbox.json`, readable by its owner alone.

It holds the administrator's key and the secrets of the issuer's clients, and is gone when the sandbox ends.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bucketpass.errors import SandboxError
from bucketpass.sandbox.service import Sandbox

__all__ = ["RUN_FILE", "announced", "contents"]

RUN_FILE = Path(".bucketpass") / "sandbox.json"


def contents(sandbox: Sandbox) -> dict[str, object]:
    """What other programs need to know. SECURITY: secrets are among it; it goes into a file of mode 0600 and nowhere else."""
    return {
        "pid": os.getpid(),
        "url": sandbox.https_url,
        "http_url": sandbox.http_url,
        "ca_bundle": str(sandbox.ca_file),
        "region": sandbox.options.region,
        "account": sandbox.account,
        "access_key_id": sandbox.admin.access_key_id,
        "secret_access_key": sandbox.admin.secret.reveal(),
        "issuers": {known.name: {"issuer": known.url, "url": f"{sandbox.https_url}{known.path}"} for known in sandbox.issuers.all},
        "clients": [
            {"issuer": stand_in.name, "client_id": client.id, "client_secret": client.secret.reveal()}
            for stand_in, client in sandbox.issuers.clients()
        ],
    }


@contextmanager
def announced(sandbox: Sandbox, path: Path = RUN_FILE) -> Iterator[Path]:
    """The file is there for as long as the block. Raises SandboxError where another sandbox that runs has it."""
    other = _running_elsewhere(path)
    if other is not None:
        raise SandboxError(f"a sandbox runs here already, as process `{other}`", remedy=f"stop it, or remove `{path}`")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp makes files of mode 0600.
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=".sandbox-")
    with os.fdopen(handle, "w") as file:
        json.dump(contents(sandbox), file, indent=2)
    Path(written).replace(path)
    try:
        yield path
    finally:
        with suppress(OSError, ValueError):
            if _pid(path) == os.getpid():
                path.unlink()


def _pid(path: Path) -> int | None:
    found = json.loads(path.read_text())
    pid = found.get("pid") if isinstance(found, dict) else None
    return pid if isinstance(pid, int) and pid > 0 else None


def _running_elsewhere(path: Path) -> int | None:
    try:
        pid = _pid(path)
        if pid is None or pid == os.getpid():
            return None
        os.kill(pid, 0)  # asks only whether the process is there
    except (OSError, ValueError):
        return None
    return pid

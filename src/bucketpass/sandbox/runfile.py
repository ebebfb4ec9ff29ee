"""The files by which other programs find a running sandbox, readable by their owner alone and gone when it ends.

`.bucketpass/sandbox.json` holds the administrator's key and the secrets of the issuer's clients; `.bucketpass/sandbox.aws` is the
administrator's profile, as AWS's own tools read it; each further account's root user has one there too.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bucketpass.errors import Place, SandboxError
from bucketpass.issuers import issuer_url
from bucketpass.sandbox.credentials import Credential
from bucketpass.sandbox.service import Sandbox

__all__ = ["PROFILE", "RUN_FILE", "announce", "announced", "contents", "known", "profile_file", "profile_of"]

RUN_FILE = Path(".bucketpass") / "sandbox.json"
PROFILE = "sandbox-admin"
_KEYS = frozenset({"url", "ca_bundle", "region", "access_key_id", "secret_access_key", "clients", "issuers"})


def profile_file(path: Path = RUN_FILE) -> Path:
    """Where the administrator's profile is: the value for AWS_CONFIG_FILE."""
    return path.with_suffix(".aws")


def known(path: Path = RUN_FILE) -> dict[str, Any]:
    """What a sandbox that runs here says of itself. Raises SandboxError where none does."""
    found: object = None
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text())
    if not isinstance(found, dict) or _KEYS - found.keys():
        folder = path.parent.parent.resolve()
        remedy = "start one here with `bucketpass sandbox`, or go to the folder in which one was started"
        raise SandboxError(f"no sandbox is running in `{folder}`", remedy=remedy, place=Place(str(path)))
    return found


def profile_of(account: str) -> str:
    """The name of the profile of a further account's root user."""
    return f"{PROFILE}-{account}"


def _profile(sandbox: Sandbox, name: str, key: Credential) -> str:
    lines = {
        "region": sandbox.options.region,
        "endpoint_url": sandbox.https_url,
        "ca_bundle": str(sandbox.ca_file),
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret.reveal(),
    }
    return "\n".join([f"[profile {name}]", *(f"{name} = {value}" for name, value in lines.items()), ""])


def contents(sandbox: Sandbox) -> dict[str, object]:
    """What other programs need to know. SECURITY: secrets are among it; it goes into a file of mode 0600 and nowhere else."""
    return {
        "pid": os.getpid(),
        "url": sandbox.https_url,
        "http_url": sandbox.http_url,
        "ca_bundle": str(sandbox.ca_file),
        "authority": str(sandbox.authority_file),
        "region": sandbox.options.region,
        "account": sandbox.account,
        "access_key_id": sandbox.admin.access_key_id,
        "secret_access_key": sandbox.admin.secret.reveal(),
        "issuers": {known.name: {"issuer": known.url, "url": f"{sandbox.https_url}{known.path}"} for known in sandbox.issuers.all},
        "clients": [
            {"issuer": mock.name, "client_id": client.id, "client_secret": client.secret.reveal()}
            for mock, client in sandbox.issuers.clients()
        ],
        "real_issuers": _real_issuers(sandbox),
    }


def _real_issuers(sandbox: Sandbox) -> dict[str, str]:
    """The services whose tokens come from an issuer that is not mocked, and its URL."""
    access, real = sandbox.access, sandbox.options.real_issuers
    return {
        name: issuer_url(access.issuers[identity.issuer])
        for name, service in (access.services.items() if access is not None else ())
        for identity in service.identity
        if access is not None and identity.issuer in real
    }


def announce(sandbox: Sandbox, path: Path, declaration: Path | None = None) -> None:
    """The file says what the sandbox is like now, and which declaration it follows."""
    followed = {"declaration": str(declaration.resolve())} if declaration is not None else {}
    _write(path, json.dumps(contents(sandbox) | followed, indent=2))


@contextmanager
def announced(sandbox: Sandbox, path: Path = RUN_FILE, *, declaration: Path | None = None) -> Iterator[Path]:
    """The file is there for as long as the block. Raises SandboxError where another sandbox that runs has it."""
    other = _running_elsewhere(path)
    if other is not None:
        remedy = f"Use that one, or stop it first; if that process is not a sandbox, remove `{path}`."
        raise SandboxError(f"a sandbox runs here already, as process `{other}`", remedy=remedy)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    profiles = {PROFILE: sandbox.admin, **{profile_of(account): key for account, key in sandbox.further_administrators.items()}}
    _write(profile_file(path), "\n".join(_profile(sandbox, name, key) for name, key in profiles.items()))
    announce(sandbox, path, declaration)
    try:
        yield path
    finally:
        with suppress(OSError, ValueError):
            if _pid(path) == os.getpid():
                path.unlink()
                profile_file(path).unlink()


def _write(path: Path, text: str) -> None:
    # mkstemp makes files of mode 0600.
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=".sandbox-")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(written).replace(path)


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

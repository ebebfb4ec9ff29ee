"""Where the identity providers' own packages are installed: not beside ours, with which they would conflict.

Each environment is made once below `build/`, from its pinned requirements, and made anew when those change.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["PROGRAMS", "keycloak", "node_modules", "python"]

PROGRAMS = Path(__file__).parent / "programs"
BUILD = Path(__file__).parents[2] / "build" / "identity-providers"


def python() -> Path:
    """The Python that has `pytest-iam` and `oidc-provider-mock`."""

    def install(folder: Path) -> None:
        _check(sys.executable, "-m", "venv", str(folder))
        _check(str(folder / "bin" / "pip"), "install", "--quiet", "--require-hashes", "--requirement", str(PROGRAMS / "requirements.txt"))

    return _environment("python", (PROGRAMS / "requirements.txt",), install) / "bin" / "python"


def node_modules() -> Path:
    """A folder whose `node_modules` has `oidc-provider`, and which has our program beside it."""
    source = PROGRAMS / "node"

    def install(folder: Path) -> None:
        shutil.copytree(source, folder)
        _check("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder))

    return _environment("node", tuple(sorted(source.iterdir())), install)


def keycloak() -> Path:
    """Keycloak's folder, from Maven Central, built for a database in memory: it then starts without a build of its own."""
    pinned = PROGRAMS / "keycloak.txt"
    artifact, digest = pinned.read_text().split()

    def install(folder: Path) -> None:
        folder.mkdir(parents=True)
        copy = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
        _check("mvn", "--quiet", "--batch-mode", copy, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}")
        (found,) = folder.glob("*.zip")
        if f"sha256:{hashlib.sha256(found.read_bytes()).hexdigest()}" != digest:
            raise RuntimeError(f"`{artifact}` is not what was pinned")
        shutil.unpack_archive(found, folder)
        found.unlink()
        (made,) = folder.glob("keycloak-*")
        made.rename(folder / "server")
        _check("sh", str(folder / "server" / "bin" / "kc.sh"), "build", "--db=dev-mem")

    return _environment("keycloak", (pinned,), install) / "server"


def _environment(name: str, sources: tuple[Path, ...], install: Callable[[Path], None]) -> Path:
    """The folder that `install` filled from `sources` as they are now."""
    wanted = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    folder = BUILD / name
    made = folder / ".made-from"
    with _lock(name):
        if not made.exists() or made.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            install(folder)
            made.write_text(wanted)
    return folder


@contextlib.contextmanager
def _lock(name: str) -> Iterator[None]:
    """One process at a time: tests run in several."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _check(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"`{' '.join(command[:4])}` failed: {(done.stderr or done.stdout).strip()[-2000:]}")

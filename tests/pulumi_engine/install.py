"""Pulumi's own program, and its generators of SDKs, built once from their Go modules: `python -m tests.pulumi_engine.install`."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["PULUMI", "SDKS", "SOURCE", "TYPES", "find_go", "main", "missing"]

SOURCE = Path(__file__).parent / "cli"
BUILD = Path(__file__).parents[2] / "build" / "engines"
PULUMI = BUILD / "bin" / "pulumi"  # where the Automation API looks below a root
SDKS = BUILD / "bin" / "sdks"  # the generators, which Pulumi's language hosts have within
TYPES = BUILD / "node_modules"  # TypeScript, and what a Node.js SDK is written against
# npm's package -> its version.
PACKED = {"@pulumi/pulumi": "3.270.0", "typescript": "5.9.3", "@types/node": "22.19.1"}
MODULE = "github.com/pulumi/pulumi/pkg/v3"
SDK = "github.com/pulumi/pulumi/sdk/v3"


def version() -> str:
    """The pinned version, without its `v`."""
    line = next(line for line in (SOURCE / "go.mod").read_text().splitlines() if line.split()[:1] == [MODULE] or f" {MODULE} " in line)
    return line.split(f"{MODULE} v")[1].split()[0]


def missing() -> str:
    """Why Pulumi's engine cannot be tried here, or nothing."""
    if PULUMI.exists() and _made_from().exists() and _made_from().read_text() == _wanted():
        return ""
    if find_go() is None:
        return "Pulumi's CLI is not built, and Go, with which `make engines` builds it, is not installed"
    return "Pulumi's CLI is not built; `make engines` builds it (some minutes, once)"


def main() -> int:
    """Build Pulumi's CLI if it is not there as pinned, then the generators, and print how long that took; 1 where it cannot be done."""
    go = find_go()
    if go is None:
        print(missing(), file=sys.stderr)
        return int(bool(missing()))
    if missing():
        print(f"building Pulumi's CLI {version()} from its Go modules, which takes some minutes", file=sys.stderr, flush=True)
        if not _built(go, PULUMI, f"{MODULE}/cmd/pulumi", "-ldflags", f"-s -w -X {SDK}/go/common/version.Version=v{version()}"):
            return 1
        _made_from().write_text(_wanted())
        SDKS.unlink(missing_ok=True)  # of another version
    for name, number in PACKED.items():
        _unpack(f"{name}@{number}", TYPES / name)
    # What the generators need beyond the CLI is added to a copy, so that the CLI stays as it is pinned.
    for name in ("mod", "sum"):
        shutil.copy(SOURCE / f"go.{name}", BUILD / f"sdks.{name}")
    return 0 if SDKS.exists() or _built(go, SDKS, "./sdks", "-mod=mod", f"-modfile={BUILD / 'sdks.mod'}") else 1


def _unpack(package: str, folder: Path) -> None:
    """The package alone, without its dependencies; where npm is missing or it is not served, its tests are skipped."""
    if folder.exists() or shutil.which("npm") is None:
        return
    with tempfile.TemporaryDirectory() as empty:
        packed = subprocess.run(["npm", "pack", "--silent", package], cwd=empty, check=False)
        for archive in Path(empty).glob("*.tgz") if packed.returncode == 0 else ():
            shutil.unpack_archive(archive, empty, "gztar", filter="data")
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(next(path for path in Path(empty).iterdir() if path.is_dir()), folder)


def _built(go: str, program: Path, package: str, *options: str) -> bool:
    began = time.monotonic()
    BUILD.mkdir(parents=True, exist_ok=True)
    command = [go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false", *options, "-o", str(program), package]
    done = subprocess.run(["nice", *command], cwd=SOURCE, env={**os.environ, "GOFLAGS": ""}, check=False)
    if not done.returncode:
        print(f"built {program} in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return not done.returncode


def find_go() -> str | None:
    """Return where Go is, if it is installed."""
    return shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")


def _made_from() -> Path:
    return BUILD / ".pulumi-made-from"


def _wanted() -> str:
    return hashlib.sha256((SOURCE / "go.sum").read_bytes() + (SOURCE / "go.mod").read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())

"""Pulumi's own program, built once from its Go modules: `python -m tests.pulumi_engine.install`."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["PULUMI", "SOURCE", "find_go", "main", "missing"]

SOURCE = Path(__file__).parent / "cli"
BUILD = Path(__file__).parents[2] / "build" / "engines"
PULUMI = BUILD / "bin" / "pulumi"  # where the Automation API looks below a root
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
    """Build Pulumi's CLI if it is not there as pinned, and print how long that took; 1 where it cannot be built."""
    if not missing():
        return 0
    go = find_go()
    if go is None:
        print(missing(), file=sys.stderr)
        return 1
    began = time.monotonic()
    print(f"building Pulumi's CLI {version()} from its Go modules, which takes some minutes", file=sys.stderr, flush=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    command = [
        go,
        "build",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        f"-s -w -X {SDK}/go/common/version.Version=v{version()}",
        "-o",
        str(PULUMI),
        f"{MODULE}/cmd/pulumi",
    ]
    done = subprocess.run(["nice", *command], cwd=SOURCE, env={**os.environ, "GOFLAGS": "-mod=readonly"}, check=False)
    if done.returncode:
        return 1
    _made_from().write_text(_wanted())
    print(f"built {PULUMI} in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


def find_go() -> str | None:
    """Return where Go is, if it is installed."""
    return shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")


def _made_from() -> Path:
    return BUILD / ".pulumi-made-from"


def _wanted() -> str:
    return hashlib.sha256((SOURCE / "go.sum").read_bytes() + (SOURCE / "go.mod").read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())

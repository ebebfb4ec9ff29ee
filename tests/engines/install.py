"""The engines, identity providers and clients that tests need beside Python's are on this machine: `python -m tests.engines.install`.

As root it asks Debian's package manager for what is missing; as anybody else it says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

__all__ = ["main", "missing_packages"]

# Program -> the Debian package that has it.
PACKAGES = {
    "ceph": "ceph-common",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "radosgw": "radosgw",
    "radosgw-admin": "radosgw",
    "glewlwyd": "glewlwyd",
    "node": "nodejs",
    "npm": "npm",
    "rclone": "rclone",
    "chromium": "chromium",  # the page of `bucketpass report`
    "zsh": "zsh",  # completion, beside bash
    "fish": "fish",
    "java": "openjdk-17-jre-headless",  # Keycloak
    "mvn": "maven",  # where Keycloak comes from
    "/usr/bin/aws": "awscli",  # aws-cli 2; another `aws` may stand before it on the path
}


def main() -> int:
    """Everything is there (0), or what is missing was said (1)."""
    missing = missing_packages()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", "-qq", *command], env=quiet, check=False, stdout=sys.stderr)
        missing = missing_packages()
    if missing:
        print(f"not installed: {' '.join(missing)} (as root: apt-get install --no-install-recommends {' '.join(missing)})", file=sys.stderr)
    return 1 if missing else 0


def missing_packages() -> list[str]:
    """Return the Debian packages whose program is not here."""
    return sorted({package for program, package in PACKAGES.items() if shutil.which(program) is None})


if __name__ == "__main__":
    raise SystemExit(main())

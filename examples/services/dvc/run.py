"""Data under DVC with its remote in S3: added, pushed and pulled again, for as many seconds as SECONDS says, then collected."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

folder = Path(tempfile.mkdtemp())


def dvc(*words: str) -> None:
    """Run DVC in the folder."""
    subprocess.run([sys.executable, "-m", "dvc", *words], cwd=folder, check=True)  # noqa: S603  the words below


dvc("init", "--no-scm", "--quiet")
# The remote is a folder below the prefix, never the prefix without its slash.
shutil.copy(Path(__file__).parent / "config", folder / ".dvc" / "config")
(folder / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n")  # this folder is not one of Git
if endpoint := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
    dvc("remote", "modify", "--local", "data", "endpointurl", endpoint)
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    rounds += 1
    (folder / "samples.csv").write_text(f"round {rounds}\n")
    dvc("add", "--quiet", "samples.csv")
    dvc("push", "--quiet")
    (folder / "samples.csv").unlink()
    shutil.rmtree(folder / ".dvc" / "cache")
    dvc("pull", "--quiet")
    if (folder / "samples.csv").read_text() != f"round {rounds}\n":
        raise SystemExit("the file is another one")
    if time.monotonic() > until:
        break
dvc("gc", "--workspace", "--cloud", "--force", "--quiet")
print(f"{rounds} versions")

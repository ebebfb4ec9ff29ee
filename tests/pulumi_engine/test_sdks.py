"""The SDKs that Pulumi's generators make of the component package: Go's compiles, and Python's is imported."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.pulumi_engine.install import SOURCE, find_go, missing

SCHEMA = Path(__file__).parents[2] / "pulumi" / "schema.json"
# What a Go SDK would import itself by; within our module, the versions are those of its go.sum.
OWN, WITHIN = "example.com/pulumi-bucketpass/sdk/go", "bucketpass.invalid/engines/made"


@pytest.mark.timeout(900)
def test_generated_sdks_compile(tmp_path: Path) -> None:
    go = find_go()
    # Where the command line could not be built, this would take as long in vain.
    if go is None or (absent := missing()):
        pytest.skip("Go is not installed" if go is None else absent)
    module = tmp_path / "module"
    shutil.copytree(SOURCE, module)
    variables = {**os.environ, "GOFLAGS": "-mod=mod -trimpath -buildvcs=false"}

    def run(*words: str) -> None:
        done = subprocess.run(words, cwd=module, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]

    run(go, "run", "./sdks", str(SCHEMA), str(tmp_path / "made"))
    shutil.copytree(tmp_path / "made" / "go", module / "made")
    for path in (module / "made").rglob("*.go"):
        path.write_text(path.read_text().replace(OWN, WITHIN))
    run(go, "build", "./made/...")
    assert (tmp_path / "made" / "nodejs" / "federatedAccess.ts").exists()
    about = tmp_path / "made" / "python" / "pulumi_bucketpass-0.0.0.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text("Metadata-Version: 2.1\nName: pulumi_bucketpass\nVersion: 0.0.0\n")
    imported = "import pulumi_bucketpass as made; made.FederatedAccess, made.ServiceRoleArgs, made.BucketArgs"
    variables |= {"PYTHONPATH": str(tmp_path / "made" / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    run(sys.executable, "-c", imported)

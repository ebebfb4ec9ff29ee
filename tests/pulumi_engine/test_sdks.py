"""The SDKs that Pulumi's generators make of the component package: Go's compiles, Node.js's and Python's are type-checked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.pulumi_engine.install import PACKED, SDKS, SOURCE, TYPES, find_go, missing

PACKAGE = Path(__file__).parents[2] / "pulumi"
# What a Go SDK would import itself by; within our module, the versions are those of its go.sum.
OWN, WITHIN = "example.com/pulumi-bucketpass/sdk/go", "bucketpass.invalid/engines/made"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run(*words: str | Path, folder: Path, **variables: str) -> None:
    done = subprocess.run(words, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDKs, each in the folder of its language."""
    if not SDKS.exists():
        pytest.skip(missing() or "the generators of SDKs are not built; `make engines` builds them")
    folder = tmp_path_factory.mktemp("sdks")
    run(SDKS, PACKAGE / "schema.json", folder, folder=folder)
    return folder


def test_the_go_sdk_compiles(made: Path, tmp_path: Path) -> None:
    go = find_go()
    # Where the command line could not be built, this would take as long in vain.
    if go is None or (absent := missing()):
        pytest.skip("Go is not installed" if go is None else absent)
    module = tmp_path / "module"
    shutil.copytree(SOURCE, module)
    shutil.copytree(made / "go", module / "made")
    for path in (module / "made").rglob("*.go"):
        path.write_text(path.read_text().replace(OWN, WITHIN))
    run(go, "build", "./made/...", folder=module, GOFLAGS="-mod=mod -trimpath -buildvcs=false")


def test_the_nodejs_sdk_and_the_typescript_example_are_type_checked(made: Path, tmp_path: Path) -> None:
    if not all((TYPES / name).exists() for name in PACKED):
        pytest.skip("TypeScript and Pulumi's Node.js SDK are not here; `make engines` brings them from npm")
    modules = tmp_path / "node_modules"
    (modules / "@pulumi").mkdir(parents=True)
    (modules / "@types").symlink_to(TYPES / "@types")
    (modules / "@pulumi" / "pulumi").symlink_to(TYPES / "@pulumi" / "pulumi")
    shutil.copytree(made / "nodejs", modules / "@pulumi" / "bucketpass")
    for name in ("index.ts", "tsconfig.json"):
        shutil.copy(PACKAGE / "examples" / "typescript" / name, tmp_path)
    compiler = ("node", TYPES / "typescript" / "bin" / "tsc", "--noEmit", "--preserveSymlinks", "--project")
    run(*compiler, modules / "@pulumi" / "bucketpass", folder=tmp_path)
    run(*compiler, tmp_path, folder=tmp_path)


def test_the_python_sdk_is_type_checked_and_imported(made: Path) -> None:
    folder = made / "python"
    # The generator's own helpers, which are the same in each SDK, are not typed as mypy has it.
    (folder / "mypy.ini").write_text("[mypy]\n[mypy-pulumi_bucketpass._utilities]\nignore_errors = True\n")
    run(sys.executable, "-m", "mypy", "--no-incremental", "pulumi_bucketpass", folder=folder)
    about = folder / "pulumi_bucketpass-0.0.0.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text("Metadata-Version: 2.1\nName: pulumi_bucketpass\nVersion: 0.0.0\n")
    imported = "import pulumi_bucketpass as made; made.FederatedAccess, made.ServiceRoleArgs, made.BucketArgs"
    run(sys.executable, "-c", imported, folder=folder, PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1")

"""What is published: an archive of sources, and the wheel that others make from it."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def built(kind: str, source: Path, into: Path) -> Path:
    """The archive of that kind, made from the tree in `source`."""
    make = f"import hatchling.build, sys; print(hatchling.build.build_{kind}(sys.argv[1]))"
    made = subprocess.run([sys.executable, "-c", make, str(into)], cwd=source, check=True, capture_output=True, text=True)
    return into / made.stdout.split()[-1]


def test_a_wheel_made_from_the_archive_of_sources_is_the_one_made_from_the_tree(tmp_path: Path) -> None:
    with tarfile.open(built("sdist", ROOT, tmp_path)) as archive:
        archive.extractall(tmp_path / "sources", filter="data")
    (sources,) = (tmp_path / "sources").iterdir()
    (tmp_path / "again").mkdir()
    wheels = built("wheel", sources, tmp_path / "again"), built("wheel", ROOT, tmp_path)
    first, second = (set(zipfile.ZipFile(wheel).namelist()) for wheel in wheels)
    assert first == second
    assert {f"bucketpass/{part}" for part in ("demo/example/access.yaml", "model/access.schema.json", "py.typed")} <= first

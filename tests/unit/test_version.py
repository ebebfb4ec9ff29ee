"""The version stands in one place."""

import tomllib
from pathlib import Path

import bucketpass
from bucketpass.version import VERSION


def test_the_package_and_its_metadata_say_the_same() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert bucketpass.__version__ == VERSION == project["version"]

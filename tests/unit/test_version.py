"""The version stands in one place, and what names it agrees."""

import json
import re
from pathlib import Path

import bucketpass
from bucketpass.version import VERSION

ROOT = Path(__file__).parents[2]


def test_the_package_the_component_and_the_manifests_say_the_same() -> None:
    assert bucketpass.__version__ == VERSION == json.loads((ROOT / "pulumi" / "schema.json").read_text())["version"]
    named = {
        version
        for path in (ROOT / "examples" / "deploy").rglob("*")
        if path.is_file()
        for version in re.findall(r"/bucketpass:(\S+)", path.read_text())
    }
    assert named == {VERSION}

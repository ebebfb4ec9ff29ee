"""bucketpass is on no package index: what the pages and messages tell people to install can be installed."""

import re
import tomllib
from pathlib import Path

from docs.check import ROOT

from bucketpass.errors import install_line

EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
FOLDERS = ("docs", "examples", "pulumi", "src/bucketpass")
LINE = re.compile(r"pip install ['\"](?P<what>bucketpass|\.)\[(?P<extras>[a-z,-]+)\](?P<at> @ \$BUCKETPASS)?['\"]")


def texts() -> list[tuple[Path, str]]:
    found = [
        ROOT / "README.md",
        *(path for name in FOLDERS for path in (ROOT / name).rglob("*") if path.suffix in {".md", ".py", ".yml", ".yaml"}),
    ]
    return [(path, path.read_text()) for path in found]


def test_each_line_installs_a_clone_or_an_address_and_extras_that_exist() -> None:
    lines = [(path, line) for path, text in texts() for line in LINE.finditer(text)]
    assert len(lines) >= 10
    assert [(path, line[0]) for path, line in lines if (line["what"] == ".") is bool(line["at"])] == []
    assert {extra for _, line in lines for extra in line["extras"].split(",")} <= EXTRAS
    assert LINE.match(install_line("prove"))


def test_no_page_says_that_an_index_has_it() -> None:
    assert [path for path, text in texts() if re.search(r"pip install ['\"]?bucketpass(?!\[[a-z,-]+\] @)", text)] == []

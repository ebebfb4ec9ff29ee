"""What a credential process does with a warm cache, and what that costs in imports."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bucketpass.credentials.cache import HostCache, sealed
from bucketpass.credentials.warm import alias_of, cached, default_directory, digest

SOURCE = Path(__file__).parents[3] / "src" / "bucketpass"


def imported_by(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found - {"__future__", "_typeshed", "_thread"}  # `_thread` is in the documentation of the standard library


def test_only_this_module_imports_cpythons_private_ones() -> None:
    private = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if any(name == "posix" or name.startswith("_") for name in imported_by(path))
    }
    assert private == {"credentials/warm.py"}


def test_nothing_of_the_warm_path_imports_what_is_slow() -> None:
    slow = {"os", "typing", "re", "enum", "functools", "collections", "contextlib", "json", "socket", "ssl", "hashlib", "datetime"}
    code = f"""
import sys
sys.path[:] = {sys.path!r}
import bucketpass.credentials.process
print(*sorted({slow} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_fresh_entry_is_found_by_its_alias(tmp_path: Path) -> None:
    store = HostCache(str(tmp_path / "cache"))
    alias = alias_of({"role-arn": "r"}, {}, b"token")
    now = time.time()
    store.write("entry", sealed(now + 10, now + 60, 0, b"output\nmore"))
    assert cached(store.directory, alias) is None
    store.write(alias, b"entry")
    found = cached(store.directory, alias)
    assert found is not None
    assert found[0] == pytest.approx(now + 10, abs=0.01)
    assert found[1] == b"output"
    assert alias_of({"role-arn": "r"}, {}, b"another token") != alias


@pytest.mark.parametrize("name", [b"../entry", b"", b"a/b", b"missing"])
def test_an_alias_leads_to_an_entry_of_the_directory_only(tmp_path: Path, name: bytes) -> None:
    store = HostCache(str(tmp_path / "cache"))
    store.write("alias", name)
    assert cached(store.directory, "alias") is None


def test_without_a_directory_that_can_be_trusted_nothing_is_cached(tmp_path: Path) -> None:
    assert cached(str(tmp_path / "missing"), "alias") is None
    tmp_path.chmod(0o777)
    assert cached(str(tmp_path), "alias") is None


def test_a_digest_tells_where_its_parts_are_cut() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4
    assert digest("abc") == digest(b"abc")


@pytest.mark.parametrize(
    ("variables", "directory"),
    [({"BUCKETPASS_CACHE": "off"}, None), ({"BUCKETPASS_CACHE": "/somewhere"}, "/somewhere")],
)
def test_the_directory_can_be_chosen_or_turned_off(variables: dict[str, str], directory: str | None) -> None:
    assert default_directory(variables) == directory


def test_by_default_it_is_this_users_own() -> None:
    directory = default_directory({"HOME": "/home/x"})
    assert directory is not None
    assert directory.endswith(f"bucketpass-{os.geteuid()}")

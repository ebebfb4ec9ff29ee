"""What a credential process does with a warm cache, and what that costs in imports."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bucketpass.credentials.cache import HostCache, sealed
from bucketpass.credentials.warm import alias_of, cached, default_directory, digest, files_of

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
    alias = alias_of({"role-arn": "r"}, {}, {"/token": b"token"})
    now = time.time()
    store.write("entry", sealed(now + 10, now + 60, 0, b"output\nmore"))
    assert cached(store.directory, alias) is None
    store.write(alias, b"entry")
    found = cached(store.directory, alias)
    assert found is not None
    assert found[0] == pytest.approx(now + 10, abs=0.01)
    assert found[1] == b"output"


def test_an_entry_from_before_the_clock_was_set_back_is_not_fresh(tmp_path: Path) -> None:
    store = HostCache(str(tmp_path / "cache"))
    store.write("alias", b"entry")
    now = time.time()
    store.write("entry", sealed(now + 3000, now + 9000, 0, b"output\n", now + 3600))
    assert cached(store.directory, "alias") is None
    store.write("entry", sealed(now + 3000, now + 9000, 0, b"output\n", now + 2))
    assert cached(store.directory, "alias") is not None


def test_an_alias_is_of_all_that_decides_the_session(tmp_path: Path) -> None:
    names = ("config", "token", "policy", "declaration")
    paths = {name: tmp_path / name for name in names}
    values = {"token-file": str(paths["token"]), "policy-file": str(paths["policy"]), "declaration": str(paths["declaration"])}
    variables = {"AWS_CONFIG_FILE": str(paths["config"])}

    def alias(options: dict[str, str] = values, **more: str) -> str:
        environment = {**variables, **more}
        return alias_of(options, environment, files_of(options, environment))

    made = [alias()]
    for path in paths.values():
        for text in ("one", "another"):
            path.write_text(text)
            made.append(alias())
    made += [alias(AWS_PROFILE="ceph"), alias(AWS_DEFAULT_PROFILE="other"), alias(AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true")]
    made += [alias({**values, "role-arn": "r"}), alias({**values, "endpoint-url": "https://sts.test"})]
    assert len(set(made)) == len(made)
    paths["config"].write_text("x" * 100_000)
    long = alias()
    paths["config"].write_text("x" * 100_000 + "y")
    assert alias() != long


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

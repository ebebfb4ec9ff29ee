"""The tree that a newcomer sees: unit tests mirror the source, modules stay small, a plain install stays light."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "bucketpass"
UNIT = ROOT / "tests" / "unit"
LINES_AT_MOST = 500

# Modules that only start processes, listen, or call a client library: what they do is seen in tests/integration alone.
TESTED_BY_INTEGRATION = {
    path.strip()
    for path in (Path(__file__).parent / "tested_by_integration.txt").read_text().splitlines()
    if path.strip() and not path.startswith("#")
}


def holds_logic(path: Path) -> bool:
    """Whether any function of the module does more than state its docstring or `...`."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(not isinstance(node.body[-1], ast.Expr) or not isinstance(node.body[-1].value, ast.Constant) for node in functions)


MODULES = sorted(path for path in SOURCE.rglob("*.py") if not path.name.startswith("__"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_is_small(path: Path) -> None:
    lines = path.read_text().count("\n")
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert lines <= LINES_AT_MOST or "Long because" in docstring


def test_every_module_with_logic_has_a_unit_test_in_the_same_place() -> None:
    without = [
        str(path.relative_to(SOURCE))
        for path in MODULES
        if holds_logic(path)
        and str(path.relative_to(SOURCE)) not in TESTED_BY_INTEGRATION
        and not (UNIT / path.relative_to(SOURCE)).with_name(f"test_{path.name}").exists()
    ]
    assert without == []


def test_the_list_of_exceptions_names_only_modules_that_exist_and_have_no_unit_test() -> None:
    needless = [
        name
        for name in TESTED_BY_INTEGRATION
        if not (SOURCE / name).exists() or (UNIT / name).with_name(f"test_{Path(name).name}").exists()
    ]
    assert needless == []


@pytest.mark.parametrize(
    "room",
    [
        "aws",
        "policy",
        "requests",
        "issuers",
        "model",
        "compile",
        "emit",
        "decide",
        "deployment",
        "identity",
        "credentials",
        "configure",
        "cli.main",
    ],
)
def test_a_plain_install_imports_no_pulumi_no_solver_and_no_moto(room: str) -> None:
    heavy = {"rich", "pulumi", "pulumi_aws", "grpc", "z3", "cvc5", "moto", "boto3", "botocore", "joserfc", "trustme", "werkzeug"}
    code = f"import bucketpass.{room}, sys; print(*sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_the_rooms_that_the_packages_docstring_shows_are_there_once_it_is_imported() -> None:
    code = """
import re, sys
import bucketpass
assert not [name for name in sys.modules if name.startswith("bucketpass.") and name != "bucketpass.version"]
shown = re.findall(r"bucketpass\\.([a-z]+)\\b(?=\\.|`)", bucketpass.__doc__ + bucketpass.boto3_session.__doc__)
for name in {*shown, *bucketpass.ROOMS}:
    assert getattr(bucketpass, name).__name__ == f"bucketpass.{name}"
print(len(shown))
assert not hasattr(bucketpass, "no_such_room")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout) == ("", "2\n")


def test_the_archive_of_sources_leaves_out_what_git_ignores_wherever_the_clone_is() -> None:
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    assert targets["sdist"]["exclude"] == (ROOT / ".gitignore").read_text().split()

"""Build what is published and check it as its users will have it: `make release`. Nothing is uploaded.

Each step raises `SystemExit` with what is wrong and what to do; the first that fails ends the run. The wheel is installed alone in a
new environment, where the demo and the unit tests run from a copy of the tree without the package's sources.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

from bucketpass.version import VERSION

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
ENVIRONMENT = ROOT / "build" / "release" / "wheel"
CONSTRAINTS = ROOT / "build" / "release" / "constraints.txt"
WHEEL = DIST / f"bucketpass-{VERSION}-py3-none-any.whl"
SOURCES = DIST / f"bucketpass-{VERSION}.tar.gz"
BILL_OF_MATERIALS = DIST / f"bucketpass-{VERSION}.cdx.json"
# What the unit tests read of the tree, beside the package itself.
BESIDE_THE_PACKAGE = (
    "tests",
    "docs",
    "benchmarks",
    "examples",
    "pulumi",
    "release",
    "pyproject.toml",
    ".gitignore",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
)


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """What the command prints. Ends the run where it fails, with all that it said."""
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def tool(name: str, *arguments: str | Path) -> str:
    """What a tool of release/requirements.txt prints, which stands beside this interpreter."""
    return run(Path(sys.executable).parent / name, *arguments)


def the_tree_is_committed() -> None:
    """What is published can be found again."""
    if changed := run("git", "status", "--porcelain"):
        raise SystemExit(f"the tree has changes that are not committed:\n{changed}remedy: commit them, or try with --uncommitted")


def the_changelog_has_the_version() -> None:
    """The section of the version has a date, as Keep a Changelog has it."""
    if not re.search(rf"^## \[{re.escape(VERSION)}\] - \d{{4}}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE):
        raise SystemExit(f"CHANGELOG.md has no section `## [{VERSION}] - YYYY-MM-DD`\nremedy: move what is under Unreleased into one")


def archives_are_built() -> None:
    """The archive of sources from the tree, and the wheel from that archive, each in an environment of its own."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", DIST)
    found = sorted(path.name for path in DIST.iterdir())
    if found != sorted([WHEEL.name, SOURCES.name]):
        raise SystemExit(f"expected {WHEEL.name} and {SOURCES.name}, the build made {', '.join(found)}")


def archives_are_well_formed() -> None:
    """Metadata that an index takes, no file outside of the package, the licence in the wheel."""
    tool("twine", "check", "--strict", WHEEL, SOURCES)
    tool("check-wheel-contents", WHEEL)
    names = zipfile.ZipFile(WHEEL).namelist()
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        raise SystemExit(f"{WHEEL.name} has no licence file")


def the_wheel_installs_alone() -> None:
    """The wheel with all extras in a new environment, at the versions of requirements.lock."""
    locked = re.findall(r"^[a-z0-9][^ ]*==[^ ]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    CONSTRAINTS.parent.mkdir(parents=True, exist_ok=True)
    CONSTRAINTS.write_text("\n".join(locked) + "\n")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    venv.create(ENVIRONMENT, with_pip=True)
    install("all")


def install(extras: str) -> None:
    """Install the wheel with these extras."""
    run(ENVIRONMENT / "bin" / "pip", "install", "--quiet", "--constraint", CONSTRAINTS, f"{WHEEL}[{extras}]")


def the_demo_runs() -> None:
    """The demo of the installed wheel, in an empty folder, ends with 0: everything as predicted."""
    with tempfile.TemporaryDirectory() as empty:
        run(ENVIRONMENT / "bin" / "bucketpass", "demo", folder=Path(empty))


def the_bill_of_materials_is_written() -> None:
    """CycloneDX, of the wheel and of what its extras install."""
    tool("cyclonedx-py", "environment", ENVIRONMENT / "bin" / "python", "--output-file", BILL_OF_MATERIALS)


def nothing_in_it_is_known_to_be_vulnerable() -> None:
    """No version of requirements.lock has a known vulnerability. Where a database does not answer of one, that is not known, and fails."""
    tool("pip-audit", "--strict", "--no-deps", "--disable-pip", "--requirement", CONSTRAINTS)


def the_unit_tests_pass_on_the_wheel() -> None:
    """The unit tests, with the wheel in the place of the sources."""
    install("all,dev")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in BESIDE_THE_PACKAGE:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        installed = next((ENVIRONMENT / "lib").glob("python3*/site-packages/bucketpass"))
        (copy / "src").mkdir()
        (copy / "src" / "bucketpass").symlink_to(installed)
        run(ENVIRONMENT / "bin" / "pytest", "--quiet", "--numprocesses", "2", "--dist", "loadgroup", "tests/unit", folder=copy)


STEPS: dict[Callable[[], None], str] = {
    the_tree_is_committed: "the tree is committed",
    the_changelog_has_the_version: f"CHANGELOG.md has {VERSION}",
    archives_are_built: "sources and wheel are built",
    archives_are_well_formed: "twine, check-wheel-contents, licence",
    the_wheel_installs_alone: "the wheel is installed, with all extras",
    the_demo_runs: "the demo runs from the wheel",
    the_bill_of_materials_is_written: "bill of materials (CycloneDX)",
    nothing_in_it_is_known_to_be_vulnerable: "no known vulnerability (pip-audit)",
    the_unit_tests_pass_on_the_wheel: "the unit tests pass on the wheel",
}


def main() -> int:
    """Take every step that was not left out by name; print what to push."""
    parser = argparse.ArgumentParser(prog="python -m release", description="Build what is published and check it. Nothing is uploaded.")
    parser.add_argument("--uncommitted", action="store_true", help="try it on a tree with changes, and without the version's section")
    parser.add_argument("--no-audit", action="store_true", help="leave pip-audit out, where no database of vulnerabilities can be reached")
    arguments = parser.parse_args()
    left_out: set[Callable[[], None]] = set()
    if arguments.uncommitted:
        left_out |= {the_tree_is_committed, the_changelog_has_the_version}
    if arguments.no_audit:
        left_out.add(nothing_in_it_is_known_to_be_vulnerable)
    for step, words in STEPS.items():
        if step in left_out:
            print(f"--     LEFT OUT: {words}", flush=True)
            continue
        started = time.monotonic()
        step()
        print(f"ok     {words} ({time.monotonic() - started:.0f} s)", flush=True)
    if "urls" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]:
        # Its README's links are relative: they lead nowhere on an index.
        print("--     LEFT OUT: project URLs, absolute links in the README (there is no public address yet; then add [project.urls])")
    for path in sorted(DIST.iterdir()):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(ROOT)}")
    if not left_out:
        print(f"push:  git tag --sign v{VERSION} && git push origin v{VERSION}    (the release workflow publishes what it builds)")
    return 0


if __name__ == "__main__":
    sys.exit(main())

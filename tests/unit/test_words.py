"""The words of the project: the package is written in AWS's words, and a class name stands for one thing."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.check import GENERATED, ROOT

SOURCE = ROOT / "src" / "bucketpass"

# Turns of phrase that made sentences hard to read: "X is no Y", "of which", "is told".
DIALECT = re.compile(
    r"(?<![Tt]here )\b(is|are|was) no (?!longer\b|more\b)[A-Za-z`]|\bmend(s|ed|ing)?\b|\b(is|are|was|were) told\b"
    r"|\btold (of|to|otherwise)\b|\bof which\b|\bwhom\b|\bis there already\b|\bspeaks? of\b|\bspoken\b|\bcondemned\b"
    r"|\bstand-?ins?\b|\bstood in for\b"
)
# The folders and modules of the package.
ROOMS = sorted(path.name for path in SOURCE.iterdir() if path.suffix == ".py" or any(path.glob("*.py")))
# Keys of files on disk, which stay as they are: versions before and after this one read the same state.
ON_DISK = {"provision/embedded/state.py": frozenset({"condemned"})}


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The strings and comments of a module, each with its line."""
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@pytest.mark.parametrize("room", ROOMS)
def test_the_package_is_free_of_the_old_dialect(room: str) -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {match[0]}"
        for path in ([SOURCE / room] if room.endswith(".py") else sorted((SOURCE / room).rglob("*.py")))
        for line, text in texts(path)
        if text.strip() not in ON_DISK.get(str(path.relative_to(SOURCE)), ())
        if (match := DIALECT.search(text)) is not None
    ]
    assert found == []


def test_the_pages_are_free_of_the_old_dialect() -> None:
    pages = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
    written = {page: GENERATED.sub("", page.read_text()) for page in pages}
    assert [f"{page.relative_to(ROOT)}: {match[0]}" for page, text in written.items() for match in DIALECT.finditer(text)] == []


def classes() -> dict[str, set[str]]:
    """Each public class name of the package, and the modules that have it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(str(path.relative_to(SOURCE)))
    return found


def test_a_class_name_stands_once_in_the_package() -> None:
    doubles = {name: sorted(modules) for name, modules in classes().items() if len(modules) > 1}
    assert doubles == {}

"""The rooms of the architecture, and who may know whom."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "bucketpass"

# From the top: an import goes only to a room further up this list, or within the room.
ROOMS = (
    ("errors", "secret", "clock", "digits", "frozen", "memo", "version"),
    ("findings",),
    ("wire",),
    ("aws",),
    ("policy",),
    ("requests",),
    ("issuers",),
    ("model",),
    ("compile",),
    ("emit",),
    ("decide",),
    ("deployment",),
    ("prove",),
    ("review",),
    ("usage",),
    ("identity",),
    ("credentials",),
    ("configure",),
    ("provision",),
    ("sandbox",),
    ("report",),
    ("demo",),
    ("cli",),
)
RANK = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            names = [node.module] if node.module != "bucketpass" else [f"bucketpass.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found.update(name.split(".")[1] for name in names if name.startswith("bucketpass."))
    return found


def module_of(path: Path) -> str:
    return ".".join(("bucketpass", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


def modules_imported(path: Path, known: set[str]) -> set[str]:
    """The modules that this one imports, at once or later; what only the type checker reads is none."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting.extend(node.orelse)
            continue
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (members & known) or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & known


MODULES = sorted(path for path in SOURCE.rglob("*.py") if room_of(path) not in {"__init__", "__main__"})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_from_rooms_further_up(path: Path) -> None:
    room = room_of(path)
    too_far_down = {other for other in rooms_imported(path) if other != room and other in RANK and RANK[other] >= RANK[room]}
    if RANK[room] == 0:
        too_far_down -= set(ROOMS[0])
    assert too_far_down == set()


def test_every_room_has_a_place_in_the_order() -> None:
    assert {room_of(path) for path in MODULES} <= set(RANK)


def test_imports_are_absolute_so_that_a_reader_sees_the_room() -> None:
    relative = [
        str(path.relative_to(SOURCE))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert relative == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    paths = {module_of(path): path for path in SOURCE.rglob("*.py")}
    imported = {module: modules_imported(path, set(paths)) for module, path in paths.items()}
    # What imports none of the modules that are left, or is imported by none of them, cannot be part of a cycle.
    while free := {module for module, others in imported.items() if not others & imported.keys()} | (
        imported.keys() - set().union(*imported.values())
    ):
        imported = {module: others for module, others in imported.items() if module not in free}
    assert sorted(imported) == []


ARCHITECTURE = (SOURCE.parents[1] / "docs" / "explanation" / "architecture.md").read_text()
JOURNEYS = re.findall(r"^\| [^|]+ \| `([\w/]+\.py)` \| `([\w/]+\.py)` \|$", ARCHITECTURE, flags=re.M)


@pytest.mark.parametrize(("module", "caller"), JOURNEYS)
def test_a_journey_of_the_architecture_goes_from_module_to_module(module: str, caller: str) -> None:
    known = {module_of(path) for path in SOURCE.rglob("*.py")}
    assert module_of(SOURCE / module) in modules_imported(SOURCE / caller, known)


def test_both_journeys_are_written_down() -> None:
    assert {"sandbox/parse.py", "sandbox/locate.py", "credentials/sts.py", "wire/network.py"} <= {module for module, _ in JOURNEYS}

"""The rooms of the architecture, and who may know whom."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "bucketpass"

# From the top: an import goes only to a room further up this list, or within the room.
ROOMS = (
    ("errors", "secret", "clock", "lean"),
    ("aws",),
    ("policy",),
    ("issuers",),
    ("model",),
    ("compile",),
    ("decide",),
    ("deployment",),
    ("prove",),
    ("identity",),
    ("credentials",),
    ("configure",),
    ("provision",),
    ("sandbox",),
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

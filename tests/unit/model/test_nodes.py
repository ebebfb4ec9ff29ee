"""Files, YAML and values become nodes; what cannot is one error with a remedy."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bucketpass.errors import DeclarationError
from bucketpass.model import AccessLevel
from bucketpass.model.nodes import FILE_BYTES, NodeIndex, composed, file_text, made_node


def error_of(path: Path) -> DeclarationError:
    with pytest.raises(DeclarationError) as raised:
        file_text(path)
    (found,) = raised.value.diagnostics()
    assert "\n" not in found.message
    assert found.remedy
    return raised.value


def test_what_is_not_a_file_is_one_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "is not a file" in str(error_of(tmp_path / "fifo"))
    assert "is a folder" in str(error_of(tmp_path))
    assert "cannot be read: too many levels of symbolic links" in str(error_of(tmp_path / "loop"))
    assert "does not exist" in str(error_of(tmp_path / "none"))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as large:
        large.truncate(60_000_000)
    assert f"has 60000000 bytes, expected at most {FILE_BYTES}" in str(error_of(file))


def test_a_file_that_is_not_utf8_is_reported_with_the_byte(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"name: \xff")
    assert "not UTF-8 at byte 6" in str(error_of(tmp_path / "file"))


def test_yaml_that_is_none_is_reported_as_well_for_large_texts() -> None:
    for filler in ("", "# filler\n" * 200_000):
        with pytest.raises(DeclarationError) as raised:
            composed(f"{filler}a: [\n", "file")
        (found,) = raised.value.diagnostics()
        assert (found.place.file, found.place.line) == ("file", filler.count("\n") + 2)
        assert found.message.startswith("not YAML: ")


def test_values_become_the_nodes_of_the_same_text() -> None:
    node = made_node({"a": [1, 2.0, True, None, AccessLevel.READ], "b": datetime(2026, 1, 1, tzinfo=UTC), "c": None}, "", "")
    assert [key.value for key, _ in node.value] == ["a", "b"]
    assert [(one.tag.rpartition(":")[2], one.value) for one in node.value[0][1].value] == [
        ("int", "1"),
        ("int", "2"),
        ("bool", "true"),
        ("null", ""),
        ("str", "read"),
    ]


def test_a_value_that_no_file_can_say_is_reported_at_its_path() -> None:
    with pytest.raises(DeclarationError, match=r"here services\.a\.grants\[0\]: got a value of type `object`"):
        made_node({"services": {"a": {"grants": [object()]}}}, "", "here")


@pytest.mark.parametrize(
    ("path", "line"),
    [("a", 1), ("a.b.c", 3), ("a.b", 2), ("list[1]", 6), ("list[1].x", 6), ("list[7]", 4), ("a.none.deeper", 1), ("one[0].x", 7), ("", 1)],
)
def test_a_path_leads_to_what_is_written_or_to_what_is_around_it(path: str, line: int) -> None:
    root = composed("a:\n  b: {}\n  b.c: 1\nlist:\n  - x: 1\n  - x: 2\none: {x: 1}\n", "file")
    assert NodeIndex(root).at(path).start_mark.line + 1 == line


def test_of_a_name_that_stands_twice_the_first_is_found() -> None:
    assert NodeIndex(composed("a: {x: 1}\nb: 1\na: {x: 2}\n", "file")).at("a.x").start_mark.line == 0


def test_finding_every_entry_of_a_large_mapping_takes_no_more_than_one_look_each() -> None:
    """Counted in steps: a search through all entries for each of 20,000 paths would take minutes."""
    names = [f"service-{number}" for number in range(20_000)]
    nodes = NodeIndex(composed("".join(f"{name}: 1\n" for name in names), "file"))
    assert [nodes.at(name).start_mark.line for name in names] == list(range(20_000))

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.sandbox.objects.bodies import Bodies
from bucketpass.sandbox.objects.model import NULL_VERSION, ObjectVersion, Segment


def written(bodies: Bodies, body: bytes) -> Segment:
    with bodies.new_file() as (file, name):
        file.write(body)
    return Segment(len(body), file=name)


def version(segments: Iterator[Segment]) -> ObjectVersion:
    held = tuple(segments)
    return ObjectVersion("b", "k", NULL_VERSION, datetime(2026, 1, 1, tzinfo=UTC), sum(one.size for one in held), "etag", held)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=4), st.integers(0, 80), st.integers(0, 80))
def test_any_part_of_an_object_of_many_segments_is_read(parts: list[bytes], start: int, end: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bodies = Bodies(Path(folder))
        # Every other segment is in the index, the others in files.
        found = version(Segment(len(part), data=part) if number % 2 else written(bodies, part) for number, part in enumerate(parts))
        assert b"".join(bodies.read(found, start, end)) == b"".join(parts)[start:end]


def test_a_body_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    bodies = Bodies(tmp_path)
    with pytest.raises(OSError), bodies.new_file() as (file, _):
        file.write(b"half")
        raise OSError
    assert list(tmp_path.iterdir()) == []


def test_only_the_files_that_are_named_are_kept(tmp_path: Path) -> None:
    bodies = Bodies(tmp_path)
    kept, stray, dropped = (written(bodies, b"x").file for _ in range(3))
    bodies.drop((Segment(1, file=dropped), Segment(1, data=b"y")))
    bodies.keep_only({str(kept)})
    assert [path.name for path in tmp_path.iterdir()] == [kept]
    bodies.remove([str(stray), str(kept)])
    assert list(tmp_path.iterdir()) == []

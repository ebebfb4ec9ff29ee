"""Bodies in files: written before an object names them, and read while others write."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from bucketpass.sandbox.objects.model import ObjectVersion, Segment
from bucketpass.wire.stream import BLOCK_BYTES

__all__ = ["Bodies"]


class Bodies:
    """The bodies that are kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep_only(self, known: Collection[str]) -> None:
        """Every file of another name is gone: a killed process left it."""
        for path in self._folder.iterdir():
            if path.name not in known:
                path.unlink()

    def remove(self, names: Iterable[str]) -> None:
        """Files that no object names any more are gone."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    @contextmanager
    def new_file(self) -> Iterator[tuple[BinaryIO, str]]:
        """A file for a body and its name; removed where the block raises."""
        name = uuid4().hex
        path = self._folder / name
        try:
            with path.open("xb") as file:
                yield file, name
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def link(self, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        """The same bytes under names of their own, for a copy. Raises FileNotFoundError where they are gone."""
        linked: list[Segment] = []
        for segment in segments:
            if segment.file is None:
                linked.append(segment)
                continue
            name = uuid4().hex
            os.link(self._folder / segment.file, self._folder / name)
            linked.append(replace(segment, file=name))
        return tuple(linked)

    def drop(self, segments: tuple[Segment, ...]) -> None:
        """Files that did not become part of an object are gone."""
        self.remove(segment.file for segment in segments if segment.file is not None)

    def open(self, segment: Segment) -> BinaryIO:
        """The file of a segment, open for reading; it stays readable when the object is overwritten."""
        return (self._folder / str(segment.file)).open("rb")

    def read(self, found: ObjectVersion, start: int, end: int) -> Iterator[bytes]:
        """The object's bytes from `start` to `end`, in blocks. Raises FileNotFoundError before the first where they are gone."""
        with ExitStack() as stack:
            # All files are opened first: an overwrite in the middle must not mix two objects.
            files = [stack.enter_context(self.open(segment)) if segment.data is None else None for segment in found.segments]
            position = 0
            for segment, file in zip(found.segments, files, strict=True):
                low, high = max(start, position) - position, min(end, position + segment.size) - position
                position += segment.size
                if low >= high:
                    continue
                if file is None:
                    yield (segment.data or b"")[low:high]
                    continue
                file.seek(low)
                left = high - low
                while left > 0:
                    block = file.read(min(left, BLOCK_BYTES))
                    if not block:
                        raise OSError("a file is shorter than the index says")
                    left -= len(block)
                    yield block

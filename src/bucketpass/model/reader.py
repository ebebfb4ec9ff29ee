"""Reads access.yaml. All mistakes come out at once, each with its line and column."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bucketpass.errors import DeclarationError, Diagnostic, Place
from bucketpass.model.access import Access
from bucketpass.model.declaration import DECLARATION
from bucketpass.model.shape import Notes
from bucketpass.model.validate import mistakes

__all__ = ["Declaration", "load_access", "parse_access", "parse_declaration", "read_declaration"]

FILE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration that was read, and where its parts stand: `services.trainer.grants[0]` -> line and column."""

    access: Access
    places: Mapping[str, Place]

    def place(self, path: str) -> Place:
        """Where `path` stands; where it is not written itself, the nearest part around it that is."""
        around = path
        while around not in self.places and ("." in around or "[" in around):
            around = around[: max(around.rfind("."), around.rfind("["))]
        return replace(self.places.get(around, Place()), path=path)


def load_access(path: Path) -> Access:
    """The declaration of a file. Raises `DeclarationError` with all that is wrong with it."""
    return read_declaration(path).access


def parse_access(text: str, file: str = "access.yaml") -> Access:
    """The declaration of a text. Raises `DeclarationError` with all that is wrong with it."""
    return parse_declaration(text, file).access


def read_declaration(path: Path) -> Declaration:
    """The declaration of a file, with places. Raises `DeclarationError` with all that is wrong with it."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DeclarationError(f"`{path}` does not exist", remedy="bucketpass init writes one") from None
    except OSError as error:
        raise DeclarationError(f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(data) > FILE_BYTES:
        raise DeclarationError(f"`{path}` has {len(data)} bytes, expected at most {FILE_BYTES}")
    try:
        return parse_declaration(data.decode(), str(path))
    except UnicodeDecodeError as error:
        raise DeclarationError(f"`{path}` is not UTF-8 at byte {error.start}", remedy="save it as UTF-8") from None


def parse_declaration(text: str, file: str) -> Declaration:
    """The declaration of a text, with places. Raises `DeclarationError` with all that is wrong with it."""
    notes = Notes(file)
    root = _compose(text, file)
    access = DECLARATION.read(root, "", notes)
    declaration = Declaration(access, notes.places) if isinstance(access, Access) else None
    found = list(notes.mistakes)
    if declaration is not None:
        beneath = tuple(mistake.place.path for mistake in notes.mistakes)
        unclear = _of_unknown_presets(declaration.access, beneath)
        located = (replace(mistake, place=declaration.place(mistake.place.path)) for mistake in mistakes(declaration.access))
        # A mistake that only follows from one that is already told would send people to the wrong place.
        found += [
            mistake
            for mistake in located
            if not any(path.startswith(mistake.place.path) for path in beneath) and not mistake.place.path.startswith(unclear)
        ]
    if found or declaration is None:
        raise DeclarationError(diagnostics=tuple(sorted(found, key=_position)))
    return declaration


def _of_unknown_presets(access: Access, told: Collection[str]) -> tuple[str, ...]:
    """The identities of which nobody knows what fields they may have, since the preset of their issuer is a mistake itself."""
    return tuple(
        f"services.{name}.identity[{index}]"
        for name, service in access.services.items()
        for index, identity in enumerate(service.identity)
        if f"issuers.{identity.issuer}.preset" in told
    )


def _position(diagnostic: Diagnostic) -> tuple[int, int]:
    return diagnostic.place.line or 0, diagnostic.place.column or 0


def _compose(text: str, file: str) -> yaml.Node:
    try:
        # The C loader's marks and messages are poorer; a declaration is small.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        remedy = "indent with blanks, not tabs" if "'\\t'" in (error.problem or "") else "mend the YAML here"
        raise DeclarationError(f"not YAML: {error.problem or error.context}", remedy=remedy, place=place) from None
    except (yaml.YAMLError, RecursionError) as error:
        message = str(error).partition("\n")[0] or "it is nested too deeply"
        raise DeclarationError(f"not YAML: {message}", remedy="mend the YAML", place=Place(file)) from None
    if root is None:
        raise DeclarationError("the file is empty, expected a declaration", remedy="bucketpass init writes one", place=Place(file, 1, 1))
    return root

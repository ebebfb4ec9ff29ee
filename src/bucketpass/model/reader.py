"""Reads access.yaml, and the same as values. All mistakes come out at once, each with its line and column, or with its path."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bucketpass.errors import DeclarationError, Diagnostic, Place
from bucketpass.model.access import NAME, Access
from bucketpass.model.declaration import DECLARATION, field_homes
from bucketpass.model.nodes import NodeIndex, composed, file_text, made_node
from bucketpass.model.notes import MERGE_KEY, Notes
from bucketpass.model.validate import rule_mistakes

__all__ = ["Declaration", "load_access", "parse_access", "parse_declaration", "parse_tree", "read_declaration"]


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """A declaration that was read, and where its parts stand: `services.trainer.grants[0]` -> line and column."""

    access: Access
    file: str
    nodes: NodeIndex

    def place(self, path: str) -> Place:
        """Return where `path` stands; if it is not written itself, the nearest part around it."""
        return Notes(self.file).place(self.nodes.at(path), path)


def load_access(path: Path) -> Access:
    """Return the declaration of a file. Raises `DeclarationError` with all that is wrong with it."""
    return read_declaration(path).access


def parse_access(text: str, file: str = "access.yaml") -> Access:
    """Return the declaration of a text. Raises `DeclarationError` with all that is wrong with it."""
    return parse_declaration(text, file).access


def parse_tree(tree: Mapping[str, object], file: str = "") -> Access:
    """Return the declaration of values such as a file's: mappings, lists, text, numbers.

    An identity's claims may stand under `claims`. Raises `DeclarationError` with all that is wrong with it; each place has `file`,
    which names what the values are of, and the path: `services.trainer.grants[0].prefix`.
    """
    return _read(made_node(tree, "", file), file).access


def read_declaration(path: Path) -> Declaration:
    """Return the declaration of a file, with places. Raises `DeclarationError` with all that is wrong with it."""
    return parse_declaration(file_text(path), str(path))


def parse_declaration(text: str, file: str) -> Declaration:
    """Return the declaration of a text, with places. Raises `DeclarationError` with all that is wrong with it."""
    return _read(composed(text, file), file)


def _read(root: yaml.Node, file: str) -> Declaration:
    notes = Notes(file, field_homes())
    try:
        access = DECLARATION.read(root, "", notes)
    except RecursionError:
        raise DeclarationError("it is nested too deeply", remedy="a declaration has at most twelve levels", place=Place(file)) from None
    declaration = Declaration(access, file, NodeIndex(root)) if isinstance(access, Access) else None
    found = list(notes.mistakes)
    if declaration is not None:
        beneath = tuple(mistake.place.path for mistake in notes.mistakes)
        merged = tuple(f"{mistake.place.path}." for mistake in notes.mistakes if MERGE_KEY in mistake.message)
        unclear = (*_unclear(declaration.access, beneath), *merged)
        located = (replace(mistake, place=declaration.place(mistake.place.path)) for mistake in rule_mistakes(declaration.access))
        # A mistake that only follows from one that is reported already would send people to the wrong place.
        found += [
            mistake
            for mistake in located
            if not any(_leads_to(path, mistake) for path in beneath) and not mistake.place.path.startswith(unclear)
        ]
    if found or declaration is None:
        raise DeclarationError(diagnostics=tuple(sorted(found, key=_position)))
    return declaration


def _leads_to(reported: str, mistake: Diagnostic) -> bool:
    """Whether the mistake only follows from one at `reported`: that is beneath it, or in a field beside it that its message names."""
    record = mistake.place.path.rpartition(".")[0] + "."
    beside = re.split(r"[.\[]", reported.removeprefix(record), maxsplit=1)[0] if reported.startswith(record) else None
    return reported.startswith(mistake.place.path) or f"`{beside}`" in mistake.message


def _unclear(access: Access, reported: Collection[str]) -> tuple[str, ...]:
    """The places that name an issuer or a bucket with a mistake of its own: what is said of them may follow from that one."""
    wrong = {tuple(path.split(".", 2)[:2]) for path in reported}
    return (
        *(
            f"services.{name}.identity[{index}]"
            for name, service in access.services.items()
            for index, identity in enumerate(service.identity)
            if ("issuers", identity.issuer) in wrong
        ),
        *(
            f"services.{name}.grants[{index}].{field}"
            for name, service in access.services.items()
            for index, grant in enumerate(service.grants)
            if ("buckets", grant.bucket) in wrong and NAME.matches(grant.bucket)
            for field in ("bucket", "access_point")
        ),
    )


def _position(diagnostic: Diagnostic) -> tuple[int, int]:
    return diagnostic.place.line or 0, diagnostic.place.column or 0

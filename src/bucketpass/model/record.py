"""Records: mappings with known fields, each read by its shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import yaml

from bucketpass.model.notes import MERGE, NULL, WRONG, Notes, found, pairs
from bucketpass.model.shape import Duration, JsonSchema, Shape, Text

__all__ = ["Record", "RecordField"]


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a record: what `model.field.Field` says of it, and what follows from its type and default."""

    name: str
    shape: Shape
    words: str
    attribute: str
    required: bool = False
    default: object = None
    absent: object = None
    rest: bool = False
    output: bool = False
    component: bool = True
    since: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A mapping with known fields, made into a value by `build`. A field with `rest` takes all others, as text."""

    build: Callable[..., object]
    words: str
    description: str
    fields: tuple[RecordField, ...]
    known: Mapping[str, RecordField] = field(init=False, repr=False, compare=False)
    rest: RecordField | None = field(init=False, repr=False, compare=False)
    absent: Mapping[str, object] = field(init=False, repr=False, compare=False)
    required: tuple[RecordField, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", {one.name: one for one in self.fields if not one.rest})
        object.__setattr__(self, "rest", next((one for one in self.fields if one.rest), None))
        object.__setattr__(self, "required", tuple(one for one in self.fields if one.required))
        object.__setattr__(self, "absent", {one.attribute: one.absent for one in self.fields if one.absent is not None})

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the value. Fields that are wrong are left out of it, so that what else is wrong can be found.

        WRONG if a required field is missing or wrong.
        """
        values = dict(self.absent)
        if isinstance(node, yaml.MappingNode):
            self._fill(values, node, path, notes)
        elif node.tag != NULL:
            first = next((one.name for one in (*self.required, *self.fields) if not one.rest), "")
            return notes.wrong(node, path, f"got {found(node)}, expected {self.words}", f"give its fields, such as `{first}:`")
        else:
            self._demand(values, node, path, notes)
        return WRONG if any(one.attribute not in values for one in self.required) else self.build(**values)

    def _fill(self, values: dict[str, object], node: yaml.MappingNode, path: str, notes: Notes) -> None:
        wrong: set[str] = set()
        misplaced: set[str] = set()
        others: dict[str, object] = {}
        for name, key, value in pairs(node, path, notes):
            where = f"{path}.{name}" if path else name
            one = self.known.get(name)
            if one is not None:
                read = one.shape.read(value, where, notes)
                if read is WRONG:
                    wrong.add(one.attribute)
                else:
                    values[one.attribute] = read
            elif self.rest is None:
                inner = self._fields_of(value)
                misplaced.update(inner)
                remedy = f"move {', '.join(f'`{field}`' for field in inner)} out of it" if inner else notes.belongs(name, self.known)
                if isinstance(value, yaml.MappingNode) and notes.is_section(path):
                    remedy = f"move `{path.rpartition('.')[2]}` to the top of the file"
                notes.wrong(key, where, f"got the unknown field `{name}` in {self.words}", remedy)
            elif name == self.rest.name and isinstance(value, yaml.MappingNode):
                read = self.rest.shape.read(value, where, notes)
                others.update(read if isinstance(read, dict) else {})
            else:
                others[name] = self._other(name, key, value, where, notes)
        if self.rest is not None:
            values[self.rest.attribute] = {name: value for name, value in others.items() if value is not WRONG}
        if all(key.tag != MERGE for key, _ in node.value):  # what a merge key would bring is not missing
            self._demand(values, node, path, notes, wrong | misplaced)

    def _fields_of(self, node: yaml.Node) -> list[str]:
        """The fields of the record in a mapping that has all of the required ones: it stands one level too deep."""
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)] if isinstance(node, yaml.MappingNode) else []
        inner = [name for name in names if name in self.known]
        return inner if self.required and all(one.name in inner for one in self.required) else []

    def _other(self, name: str, key: yaml.Node, value: yaml.Node, where: str, notes: Notes) -> object:
        if not isinstance(value, yaml.ScalarNode) and name in notes.homes:
            return notes.wrong(key, where, f"got the unknown field `{name}` in {self.words}", notes.belongs(name, ()))
        return Text().read(value, where, notes)

    def _demand(self, values: Mapping[str, object], node: yaml.Node, path: str, notes: Notes, wrong: Iterable[str] = frozenset()) -> None:
        for one in self.required:
            if one.attribute not in values and one.attribute not in wrong:
                notes.wrong(node, path, f"`{one.name}` is missing in {self.words}", f"add `{one.name}:` ({one.words})")

    def schema(self) -> JsonSchema:
        """An object with its fields, their descriptions and which are required."""
        required = [one.name for one in self.required if not one.rest]
        return {
            "type": "object",
            "description": self.description,
            "properties": {one.name: {"description": one.words, **one.shape.schema(), **_default(one)} for one in self.known.values()},
            **({"required": required} if required else {}),
            "additionalProperties": Text().schema() if self.rest is not None else False,
        }


def _default(one: RecordField) -> JsonSchema:
    plain = isinstance(one.default, str | int) and one.absent is None and not isinstance(one.shape, Duration)
    return {"default": one.default} if plain and one.default != "" else {}

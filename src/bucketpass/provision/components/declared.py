"""The arguments of a component as a declaration: read by the same shapes, and held to the same rules, as access.yaml.

Values that are only known once other resources are made are outputs within the arguments. A placeholder of the same form takes
their place where the declaration is read to see which resources there are.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

import pulumi
from pulumi.output import Unknown

from bucketpass.errors import DeclarationError, Diagnostic, Place
from bucketpass.issuers import PRESETS
from bucketpass.model import Access, parse_tree
from bucketpass.model.access import Identity
from bucketpass.model.declaration import records
from bucketpass.model.field import record_of
from bucketpass.model.shape import MapOf
from bucketpass.provision.components.later import Later, LaterValue

__all__ = ["Tree", "declared", "given", "mark_of"]

Tree = Mapping[str, Any]


def given(component: str, args: Tree | None, arguments: Tree) -> Tree:
    """Return a component's arguments, which are given as one mapping or by their names. Raises `DeclarationError` for both."""
    if args and arguments:
        raise DeclarationError(f"{component} got both `args` and arguments by name", remedy="keep one of the two")
    return args or arguments


def declared(
    arguments: Tree, spell: Callable[[Tree], Tree], file: str, paths: Sequence[tuple[str, str]] = ()
) -> tuple[Access, Later | None]:
    """Return the declaration, with placeholders for outputs, and what those are; None if all is known at once.

    spell: gives the arguments the form of a whole declaration. file: what mistakes are reported for.
    paths: what a mistake's path begins with in that form, and what its argument begins with.
    Raises `DeclarationError` with all that is wrong, each mistake at its argument: `services.trainer.grants[0].prefix`.
    """
    later: list[LaterValue] = []

    def collect(value: Any, path: tuple[str, ...], around: Tree) -> Any:
        if isinstance(value, pulumi.Output | Unknown):
            placeholder, mark = _placeholder_of(path, around, len(later), file)
            name = path[-2] if _in_mapping(path) else path[-1]
            later.append(LaterValue(pulumi.Output.from_input(value), placeholder, mark, name, ".".join(path)))
            return _Later(len(later) - 1)
        if isinstance(value, Mapping):
            return {name: collect(inner, (*path, name), value) for name, inner in value.items() if inner is not None}
        return [collect(inner, path, around) for inner in value] if isinstance(value, list | tuple) else value

    tree = collect(arguments, (), arguments)

    def read(values: Sequence[Any]) -> Access:
        try:
            return parse_tree(spell(_filled(tree, values)), file)
        except DeclarationError as error:
            raise DeclarationError(diagnostics=tuple(_at_argument(found, paths) for found in error.diagnostics())) from None

    found = Later(later, read)
    return found.planned(), found if later else None


def _at_argument(found: Diagnostic, paths: Sequence[tuple[str, str]]) -> Diagnostic:
    path = found.place.path
    for within, argument in paths:
        if path.startswith(within):
            path = f"{argument}{path[len(within) :]}".removeprefix(".")
            break
    return replace(found, place=replace(found.place, path=CLAIM.sub(r"\1.claims.", path)))


@dataclass(frozen=True, slots=True)
class _Later:
    """Where the output of this number goes."""

    number: int


def _filled(value: Any, values: Sequence[Any]) -> Any:
    match value:
        case _Later(number):
            return values[number]
        case Mapping():
            return {name: _filled(inner, values) for name, inner in value.items()}
        case list():
            return [_filled(inner, values) for inner in value]
    return value


def mark_of(number: int) -> str:
    """Return what marks the output of this number in all that is made of its placeholder."""
    return f"known-later-{number:04}"


def _arn(number: int) -> str:
    return f"arn:aws:iam::000000000000:role/{mark_of(number)}"


# Stand-ins that stand whole in what is made of them: field -> value, of the form that the field has.
WHOLE: Mapping[str, Callable[[int], str]] = {
    "vpc_endpoints": lambda number: f"vpce-{number:017x}",
    "organization": lambda number: f"o-knownlater{number:04}",
    "thumbprints": lambda number: f"{number:040x}",
    "networks": lambda number: str(ip_network(f"2a00:ffff:{number:x}::/48")),
    "not_before": lambda number: _moment("2000", number),
    "not_after": lambda number: _moment("2999", number),
}
# The others hold the mark.
MARKED: Mapping[str, Callable[[int], str]] = {
    **dict.fromkeys(("administrators", "keys", "encryption", "permissions_boundary", "trust"), _arn),
    **dict.fromkeys(("audience", "description"), mark_of),
    "prefix": lambda number: f"{mark_of(number)}/",
    "provider": lambda number: f"arn:aws:iam::000000000000:oidc-provider/{mark_of(number)}.invalid",
}
# Mappings from names that people choose to such values; the names of things may be the same words.
MAPPINGS = frozenset(one.name for record in records() for one in record.fields if one.output and isinstance(one.shape, MapOf))
OWNED = frozenset(preset.owned for preset in PRESETS.values() if preset.owned)
# In a file the claims of an identity stand beside its other fields.
CLAIM = re.compile(rf"(\bidentity(?:\[[0-9]+\])?)\.(?!(?:{'|'.join(one.name for one in record_of(Identity).fields)})\b)")
NAMED = (("issuers",), ("buckets",), ("services",))


def _moment(year: str, number: int) -> str:
    return f"{year}-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"


def _placeholder_of(path: tuple[str, ...], around: Tree, number: int, file: str) -> tuple[str, str]:
    """Return a value of the form of the argument, and the part of it that marks what is made of it."""
    mark = mark_of(number)
    field = path[-1]
    if path[-2:-1] == ("claims",) and field in OWNED:
        return f"{mark}/{mark}", mark
    if _in_mapping(path) or path == ("grants", "bucket") or path[-2:] == ("logging", "bucket"):
        return mark, mark
    if field == "url":
        known = PRESETS.get(str(around.get("preset", "generic")))
        return _url(known.urls if known else (), mark), mark
    if field in WHOLE:
        return WHOLE[field](number), WHOLE[field](number)
    if field in MARKED:
        return MARKED[field](number), mark
    raise DeclarationError(
        f"`{'.'.join(path)}` is only known once another resource is created, but it decides which resources are created",
        remedy="give it as a plain value",
        place=Place(file, path=".".join(path)),
    )


def _in_mapping(path: tuple[str, ...]) -> bool:
    """Whether the last name of the path is one that people choose, and its value a text."""
    return len(path) > 1 and path[-2] in MAPPINGS and path[-3:-2] not in NAMED


def _url(forms: Sequence[str], mark: str) -> str:
    """A URL of the first form that is not one URL only."""
    form = next((form for form in forms if "{" in form), forms[0] if forms else "https://{host}")
    return form.replace("...}", "}").format_map(_Pieces(mark))


class _Pieces(dict[str, str]):
    def __init__(self, mark: str) -> None:
        super().__init__()
        self._mark = mark

    def __missing__(self, name: str) -> str:
        return f"{self._mark}.invalid" if name == "host" else self._mark

"""The arguments of a component as a declaration: read by the same shapes, and held to the same rules, as access.yaml.

Values that are only known once other resources are made are outputs within the arguments. A placeholder of the same form takes
their place where the declaration is read to see which resources there are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi.output import Unknown

from bucketpass.errors import DeclarationError, Diagnostic, Place
from bucketpass.issuers import PRESETS
from bucketpass.model import Access, parse_tree

__all__ = ["Tree", "declared", "given"]

Tree = Mapping[str, Any]

PLACEHOLDER = "known-later"
PLACEHOLDER_ARN = f"arn:aws:iam::000000000000:role/{PLACEHOLDER}"


def given(component: str, args: Tree | None, arguments: Tree) -> Tree:
    """Return a component's arguments, which are given as one mapping or by their names. Raises `DeclarationError` for both."""
    if args and arguments:
        raise DeclarationError(f"{component} got both `args` and arguments by name", remedy="keep one of the two")
    return args or arguments


def declared(
    arguments: Tree, spell: Callable[[Tree], Tree], file: str, paths: Sequence[tuple[str, str]] = ()
) -> tuple[Access, pulumi.Output[Access] | None]:
    """Return the declaration, and the same once all is known; None if all is known at once.

    spell: gives the arguments the form of a whole declaration. file: what mistakes are reported for.
    paths: what a mistake's path begins with in that form, and what its argument begins with.
    Raises `DeclarationError` with all that is wrong, each mistake at its argument: `services.trainer.grants[0].prefix`.
    """
    outputs: list[pulumi.Output[Any]] = []
    placeholders: list[str] = []

    def collect(value: Any, path: tuple[str, ...], around: Tree) -> Any:
        if isinstance(value, pulumi.Output | Unknown):
            placeholders.append(_placeholder(path, around, len(outputs), file))
            outputs.append(pulumi.Output.from_input(value))
            return _Later(len(outputs) - 1)
        if isinstance(value, Mapping):
            return {name: collect(inner, (*path, name), value) for name, inner in value.items() if inner is not None}
        return [collect(inner, path, around) for inner in value] if isinstance(value, list | tuple) else value

    tree = collect(arguments, (), arguments)

    def read(values: Sequence[Any]) -> Access:
        try:
            return parse_tree(spell(_filled(tree, values)), file)
        except DeclarationError as error:
            raise DeclarationError(diagnostics=tuple(_at_argument(found, paths) for found in error.diagnostics())) from None

    return read(placeholders), pulumi.Output.all(*outputs).apply(read) if outputs else None


def _at_argument(found: Diagnostic, paths: Sequence[tuple[str, str]]) -> Diagnostic:
    path = found.place.path
    for within, argument in paths:
        if path.startswith(within):
            path = f"{argument}{path[len(within) :]}".removeprefix(".")
            break
    return replace(found, place=replace(found.place, path=path))


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


def _placeholder(path: tuple[str, ...], around: Tree, number: int, file: str) -> str:
    match path:
        case (*_, "url"):
            known = PRESETS.get(str(around.get("preset", "generic")))
            return _url(known.urls if known else ())
        case (*_, "administrators" | "keys" | "encryption"):
            return PLACEHOLDER_ARN
        case (*_, "audience") | (*_, "claims", _):
            return PLACEHOLDER
        case ("grants", "bucket"):
            return f"{PLACEHOLDER}-{number}"
        case _:
            raise DeclarationError(
                f"`{'.'.join(path)}` is only known once another resource is created, but it decides which resources are created",
                remedy="give it as a plain value",
                place=Place(file, path=".".join(path)),
            )


def _url(forms: Sequence[str]) -> str:
    """A URL of the first form."""
    form = forms[0] if forms else "https://{host}"
    return form.replace("...}", "}").format_map(_Pieces())


class _Pieces(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{PLACEHOLDER}.invalid" if name == "host" else PLACEHOLDER

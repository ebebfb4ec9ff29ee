"""The arguments of a component as a declaration: read by the same reader, and held to the same rules, as access.yaml.

Values that are only known once other resources are made are outputs within the arguments. A stand-in of the same form takes
their place where the declaration is read to see which resources there are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import yaml
from pulumi.output import Unknown

from bucketpass.errors import DeclarationError
from bucketpass.issuers import PRESETS
from bucketpass.model import Access, parse_access

__all__ = ["Tree", "declared", "spelled_bucket", "spelled_identity"]

Tree = Mapping[str, Any]

STAND_IN = "known-later"
STAND_IN_ARN = f"arn:aws:iam::000000000000:role/{STAND_IN}"


def declared(arguments: Tree, spell: Callable[[Tree], Tree], file: str) -> tuple[Access, pulumi.Output[Access] | None]:
    """The declaration, and the same once all is known; None where all is known at once.

    spell: gives access.yaml's form of the arguments. file: what mistakes are reported for.
    Raises `DeclarationError` with all that is wrong.
    """
    outputs: list[pulumi.Output[Any]] = []
    stand_ins: list[str] = []

    def collect(value: Any, path: tuple[str, ...], around: Tree) -> Any:
        if isinstance(value, pulumi.Output | Unknown):
            stand_ins.append(_stand_in(path, around, len(outputs)))
            outputs.append(pulumi.Output.from_input(value))
            return _Place(len(outputs) - 1)
        if isinstance(value, Mapping):
            return {name: collect(inner, (*path, name), value) for name, inner in value.items() if inner is not None}
        return [collect(inner, path, around) for inner in value] if isinstance(value, list | tuple) else value

    tree = collect(arguments, (), arguments)

    def read(values: Sequence[Any]) -> Access:
        return parse_access(yaml.safe_dump(spell(_filled(tree, values)), sort_keys=False), file)

    return read(stand_ins), pulumi.Output.all(*outputs).apply(read) if outputs else None


def spelled_bucket(bucket: Tree) -> Tree:
    """A bucket as access.yaml spells it: the ARN of its key under `key`."""
    encryption = bucket.get("encryption", "s3")
    return {**bucket, "encryption": {"key": encryption} if encryption.startswith("arn:") else encryption}


def spelled_identity(identity: Tree) -> Tree:
    """An identity as access.yaml spells it: its claims beside its issuer."""
    return {**identity["claims"], **{name: value for name, value in identity.items() if name != "claims"}}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the output of this number goes."""

    number: int


def _filled(value: Any, values: Sequence[Any]) -> Any:
    match value:
        case _Place(number):
            return values[number]
        case Mapping():
            return {name: _filled(inner, values) for name, inner in value.items()}
        case list():
            return [_filled(inner, values) for inner in value]
        case float() if value.is_integer():
            return int(value)  # numbers come over the wire as floating-point ones
        case _:
            return value


def _stand_in(path: tuple[str, ...], around: Tree, number: int) -> str:
    match path:
        case (*_, "url"):
            known = PRESETS.get(str(around.get("preset", "generic")))
            return _url(known.urls if known else ())
        case (*_, "administrators" | "keys" | "encryption"):
            return STAND_IN_ARN
        case (*_, "audience") | (*_, "claims", _):
            return STAND_IN
        case ("grants", "bucket"):
            return f"{STAND_IN}-{number}"
        case _:
            raise DeclarationError(
                f"`{'.'.join(path)}` is only known once another resource is made, but it decides which resources there are",
                remedy="give it as a plain value",
            )


def _url(forms: Sequence[str]) -> str:
    """A URL of the first form."""
    form = forms[0] if forms else "https://{host}"
    return form.replace("...}", "}").format_map(_Pieces())


class _Pieces(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{STAND_IN}.invalid" if name == "host" else STAND_IN

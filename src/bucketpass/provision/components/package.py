"""The component package: what a program in any language gets of `pulumi package add`.

`python -m bucketpass.provision.components.package` prints its schema, as `pulumi/schema.json` holds it.
"""

import json
from enum import Enum
from typing import Any

from pulumi.provider.experimental.component import ComponentProvider

from bucketpass import __version__
from bucketpass.model.record import RecordField
from bucketpass.model.shape import Choice, Either, ListOf
from bucketpass.provision.components.federated_access import FederatedAccess
from bucketpass.provision.components.generate import ARGUMENTS, fields_of
from bucketpass.provision.components.oidc_issuer import OidcIssuer
from bucketpass.provision.components.protected_bucket import ProtectedBucket
from bucketpass.provision.components.service_role import ServiceRole

__all__ = ["COMPONENTS", "NAME", "BucketpassProvider", "schema_text"]

NAME = "bucketpass"
COMPONENTS = [FederatedAccess, OidcIssuer, ProtectedBucket, ServiceRole]
TYPES = f"{NAME}:index:"

Json = dict[str, Any]


class BucketpassProvider(ComponentProvider):
    """Pulumi's provider of components, with a schema that says what Pulumi does not read from annotations.

    Words that are one of a few are enums, and types are called what generated SDKs make `BucketArgs` of.
    """

    def __init__(self) -> None:
        super().__init__(list(COMPONENTS), NAME, version=__version__)
        self.schema = json.dumps(_refined(json.loads(self.schema or "{}")))


def schema_text() -> str:
    """Return the package's schema, which Pulumi makes of the components' annotations and docstrings."""
    return json.dumps(json.loads(BucketpassProvider().schema or "{}"), indent=2) + "\n"


def _refined(schema: Json) -> Json:
    enums: dict[str, Json] = {}
    components = {
        f"{component.__name__}Args": schema["resources"][TYPES + component.__name__]["inputProperties"] for component in COMPONENTS
    }
    for arguments in ARGUMENTS:
        properties = components.get(arguments.name) or schema["types"][TYPES + arguments.name]["properties"]
        for one in fields_of(arguments):
            _put_enum(properties[_camel(one.name)], one, arguments.record.words, enums)
    text = json.dumps(schema)
    for name in schema["types"]:
        text = text.replace(f'{name}"', f'{name.removesuffix("Args")}"')
    named: Json = json.loads(text)
    return {**named, "types": {**named["types"], **enums}}


def _put_enum(schema: Json, one: RecordField, words: str, enums: dict[str, Json]) -> None:
    """Let the property name the enum of its words, if it has one."""
    shape, place = (one.shape.item, schema["items"]) if isinstance(one.shape, ListOf) else (one.shape, schema)
    shape = shape.scalar if isinstance(shape, Either) else shape
    if not isinstance(shape, Choice):
        return
    kind = shape.build
    owner = "".join(word.title() for word in words.split()[1:])
    name = kind.__name__ if isinstance(kind, type) and issubclass(kind, Enum) else f"{owner}{one.name.title().replace('_', '')}"
    enums[TYPES + name] = {
        "type": "string",
        "description": f"{one.words[:1].upper()}{one.words[1:]}.",
        "enum": [{"name": option.title().replace("_", "").replace("-", ""), "value": option} for option in shape.options],
    }
    place.pop("type")
    reference = {"$ref": f"#/types/{TYPES}{name}"}
    # Other text may stand there besides the words.
    place.update({"oneOf": [{"type": "string"}, reference]} if shape.other is not None else reference)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


if __name__ == "__main__":
    print(schema_text(), end="")

"""The component package: what a program in any language gets of `pulumi package add`.

`python -m bucketpass.provision.components.package` prints its schema, as `pulumi/schema.json` holds it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.output import Inputs
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from bucketpass import __version__
from bucketpass.errors import BucketpassError, Diagnostic
from bucketpass.model.notes import nearest
from bucketpass.model.record import RecordField
from bucketpass.model.shape import Choice, Either, ListOf
from bucketpass.provision.components.federated_access import FederatedAccess
from bucketpass.provision.components.generate import ARGUMENTS, fields_of
from bucketpass.provision.components.oidc_issuer import OidcIssuer
from bucketpass.provision.components.one_owner import Owners, share_owners
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
        self._names: Json = _refined(json.loads(self.schema or "{}"))
        self.schema = json.dumps(self._names)
        self._owners: dict[tuple[str, str, bool], Owners] = {}

    def construct(self, name: str, resource_type: str, inputs: Inputs, options: pulumi.ResourceOptions | None = None) -> ConstructResult:
        """Return the component's URN and outputs. Raise `InputPropertiesError` with each mistake at its argument.

        SECURITY: what is not a name of the schema would be dropped: a misspelt `prefix` would grant the whole bucket.
        """
        resource, component = self._names["resources"].get(resource_type), f"{resource_type.rpartition(':')[2]} {name}"
        if resource is not None:
            _refuse(component, list(_unknown(inputs, {"properties": resource["inputProperties"]}, self._names, "")))
        # Each component comes by a connection of its own.
        run = pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run()
        share_owners(self._owners.setdefault(run, {}))
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, BucketpassError):
                _refuse(component, [(_argument(one.place.path), _reason(one)) for one in error.inner.diagnostics()])
            raise


def _refuse(component: str, mistakes: list[tuple[str, str]]) -> None:
    if mistakes:
        found: list[InputPropertyErrorDetails] = [{"property_path": path, "reason": reason} for path, reason in mistakes if path]
        # What is missing has no argument to stand at.
        whole = "; ".join(reason for path, reason in mistakes if not path)
        raise InputPropertiesError(f"{component}: {whole}" if whole else f"{component} has mistakes in its arguments", found)


def _reason(found: Diagnostic) -> str:
    return f"{found.message} ({found.remedy})" if found.remedy else found.message


def _argument(path: str) -> str:
    """The path of an argument as a program in another language has it: fields in camel case, names of people as they are."""
    return re.sub(r"[a-z]+(_[a-z]+)+(?=$|[.\[])", lambda found: FIELDS.get(found[0], found[0]), path)


def _unknown(value: Any, schema: Json, package: Json, path: str) -> Iterator[tuple[str, str]]:
    """The names of a value, at every depth, that the schema does not have. What is not known yet is not looked into."""
    schema = _resolved(schema, package)
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _unknown(item, schema["items"], package, f"{path}[{index}]")
    if not isinstance(value, Mapping):
        return
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    for name, item in value.items():
        where = f"{path}.{name}" if path else name
        if properties is not None and name not in properties:
            near = f"did you mean `{_camel(name)}`?" if _camel(name) in properties else nearest(name, properties)
            yield where, f"got the unknown argument `{name}` ({near})"
        elif inner := (properties or {}).get(name) or others:
            yield from _unknown(item, inner, package, where)


def _resolved(schema: Json, package: Json) -> Json:
    reference = str(schema.get("$ref", ""))
    return package["types"].get(reference.removeprefix("#/types/"), {}) if reference else schema


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
    named: Json = json.loads(text, object_hook=_with_inputs)
    return {**named, "types": {**named["types"], **enums}}


def _with_inputs(schema: Json) -> Json:
    """The schema, of whose lists and maps of types the elements are not plain: a Go SDK has no other form of these."""
    for place in ("items", "additionalProperties"):
        element = schema.get(place)
        if isinstance(element, dict) and "$ref" in element:
            element.pop("plain", None)
    return schema


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


# The names of fields that are not the same in the schema.
FIELDS = {one.name: _camel(one.name) for arguments in ARGUMENTS for one in fields_of(arguments) if "_" in one.name}


if __name__ == "__main__":
    print(schema_text(), end="")

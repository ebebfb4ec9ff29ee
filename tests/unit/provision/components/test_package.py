"""The component package's schema, and the example that goes by it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bucketpass.provision.components.package import COMPONENTS, NAME, schema_text

PACKAGE = Path(__file__).parents[4] / "pulumi"
SCHEMA = json.loads(schema_text())


def test_the_schema_that_is_kept_is_the_one_of_the_components() -> None:
    remedy = "python -m docs.check --write"
    assert (PACKAGE / "schema.json").read_text() == schema_text(), remedy


def test_every_component_is_in_the_schema_under_the_type_that_it_registers() -> None:
    assert set(SCHEMA["resources"]) == {f"{NAME}:index:{component.__name__}" for component in COMPONENTS}


def test_everything_in_the_schema_is_described() -> None:
    places = {**SCHEMA["resources"], **SCHEMA["types"]}
    without = [name for name, place in places.items() if not place.get("description")]
    without += [
        f"{name}.{field}"
        for name, place in places.items()
        for field, its in {**place.get("inputProperties", {}), **place.get("properties", {})}.items()
        if not its.get("description")
    ]
    assert without == []


@pytest.mark.parametrize("example", sorted((PACKAGE / "examples").glob("*/Pulumi.yaml")), ids=lambda path: path.parent.name)
def test_an_example_names_the_package_where_it_is(example: Path) -> None:
    packages = yaml.safe_load(example.read_text())["packages"]
    assert (example.parent / packages[NAME]).resolve() == PACKAGE


def fits(value: Any, shape: Any, path: str) -> list[str]:
    """Where a value of a YAML program is not as the schema says."""
    if "oneOf" in shape:
        return []
    if "$ref" in shape:
        shape = SCHEMA["types"][shape["$ref"].removeprefix("#/types/")]
    if isinstance(value, dict):
        known = shape.get("properties", {})
        inner = shape.get("additionalProperties")
        missing = [f"{path}.{name} is missing" for name in shape.get("required", ()) if name not in value]
        strange = [f"{path}.{name} is unknown" for name in value if not inner and name not in known]
        deeper = [each for name, its in value.items() for each in fits(its, known.get(name, inner) or {}, f"{path}.{name}")]
        return missing + strange + deeper
    if isinstance(value, list):
        return [each for its in value for each in fits(its, shape["items"], f"{path}[]")]
    if "enum" in shape:
        return [] if value in [option["value"] for option in shape["enum"]] else [f"{path} is {value!r}"]
    kinds = {"string": str, "boolean": bool, "integer": int}
    return [] if isinstance(value, kinds.get(shape.get("type"), object)) else [f"{path} is {value!r}"]


def test_the_yaml_example_fits_the_schema() -> None:
    program = yaml.safe_load((PACKAGE / "examples" / "yaml" / "Pulumi.yaml").read_text())
    for resource in program["resources"].values():
        component = SCHEMA["resources"][resource["type"]]
        shape = {"properties": component["inputProperties"], "required": component["requiredInputs"]}
        assert fits(resource["properties"], shape, "") == []
        outputs = set(component["properties"])
    assert {text.strip("${}").partition(".")[2] for text in program["outputs"].values()} <= outputs


def test_words_that_are_one_of_a_few_are_enums() -> None:
    enums = {
        name.rpartition(":")[2]: [option["value"] for option in kind["enum"]] for name, kind in SCHEMA["types"].items() if "enum" in kind
    }
    assert enums["AccessLevel"] == ["read", "write", "create", "delete", "list"]
    assert enums["BucketEncryption"] == ["s3", "kms"]
    assert enums["ObjectLockMode"] == ["governance", "compliance"]
    assert "okta" in enums["IssuerPreset"]


def test_no_type_is_called_what_generated_sdks_add_to_its_name() -> None:
    assert [name for name in SCHEMA["types"] if name.endswith("Args")] == []

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

import bucketpass.model
from bucketpass.model.schema import json_schema, schema_text

ROOT = Path(__file__).parents[3]
COMMITTED = Path(bucketpass.model.__file__).with_name("access.schema.json")


def test_the_committed_schema_is_the_one_that_the_reader_follows() -> None:
    assert schema_text() == COMMITTED.read_text(), "python -m docs.check --write"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_example_is_valid() -> None:
    jsonschema.validate(yaml.safe_load((ROOT / "examples" / "access.yaml").read_text()), json_schema())


@pytest.mark.parametrize("change", [{"servces": {}}, {"buckets": {"a": {"encryption": "none"}}}, {"services": {"a": {}}}])
def test_what_the_reader_refuses_the_schema_refuses(change: dict[str, object]) -> None:
    example = yaml.safe_load((ROOT / "examples" / "access.yaml").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(example | change, json_schema())


def test_the_schema_is_json() -> None:
    assert json.loads(schema_text()) == json_schema()

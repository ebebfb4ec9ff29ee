"""What `--json` prints, checked by its schema in docs/reference/json/."""

import json
from typing import Any

from docs.generators.json_schemas import FOLDER
from jsonschema import Draft202012Validator

__all__ = ["validated"]


def validated(text: str | bytes) -> Any:
    """Return the object that a verb printed. Fails where it does not have the schema that it names."""
    value = json.loads(text)
    kind = value["schema"].removeprefix("bucketpass.").partition("/")[0]
    schema = json.loads((FOLDER / f"{kind}.schema.json").read_text())
    Draft202012Validator(schema).validate(value)
    return value

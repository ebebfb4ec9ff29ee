"""What `--json` prints, checked by its schema, as docs/reference/json/ has it."""

import json
from functools import cache
from typing import Any

from docs.generators.json_schemas import FOLDER, files
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

__all__ = ["validated"]


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(files()[FOLDER / f"{kind}.schema.json"]))


def validated(text: str | bytes) -> Any:
    """Return the object that a verb printed. Fails where it does not have the schema that it names."""
    value = json.loads(text)
    kind = value["schema"].removeprefix("bucketpass.").partition("/")[0]
    mistake = best_match(_validator(kind).iter_errors(value))
    assert mistake is None, f"{kind}: {mistake.json_path}: {mistake.message}"
    return value

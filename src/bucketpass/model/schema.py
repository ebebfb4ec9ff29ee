"""The JSON Schema of access.yaml, for editors. It comes from the same table as the reader.

`python -m bucketpass.model.schema` prints it.
"""

from __future__ import annotations

import json

from bucketpass.model.declaration import DECLARATION

__all__ = ["json_schema", "schema_text"]


def json_schema() -> dict[str, object]:
    """The schema as JSON values."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bucketpass access.yaml",
        **DECLARATION.schema(),
    }


def schema_text() -> str:
    """The schema as the file `access.schema.json` holds it."""
    return json.dumps(json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")

"""Existing resources that become the stack's own."""

from pathlib import Path

import pytest

from bucketpass.errors import InvalidInput
from bucketpass.provision.embedded.imports import ImportedResource, read_imports

FILE = """{"resources": [
  {"type": "bucketpass:index:FederatedAccess", "name": "access", "component": true},
  {"type": "aws:iam/role:Role", "name": "access-trainer", "id": "trainer", "parent": "access"},
  {"type": "aws:s3/bucket:Bucket", "name": "alone", "id": "data"}
]}"""


def test_the_file_is_that_of_pulumi_import(tmp_path: Path) -> None:
    file = tmp_path / "import.json"
    file.write_text(FILE)
    assert read_imports(file) == (
        ImportedResource("aws:iam/role:Role", "access-trainer", "trainer", ("bucketpass:index:FederatedAccess", "access")),
        ImportedResource("aws:s3/bucket:Bucket", "alone", "data"),
    )


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"resources": [{"name": "x"}]}', '{"resources": [{"type": "a", "name": "x", "id": "y", "parent": "z"}]}']
)
def test_any_other_file_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "import.json"
    file.write_text(text)
    with pytest.raises(InvalidInput, match="not a file of imports") as refused:
        read_imports(file)
    assert refused.value.diagnostics()[0].place.file == str(file)

"""Existing resources that become the stack's own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bucketpass.errors import InvalidInput
from bucketpass.provision.embedded.imports import ImportedResource, import_values, read_imports
from bucketpass.provision.embedded.state import ResourceState

FILE = """{"resources": [
  {"type": "bucketpass:index:FederatedAccess", "name": "access", "component": true},
  {"type": "aws:iam/role:Role", "name": "access-trainer", "id": "trainer", "parent": "access"},
  {"type": "aws:s3/bucket:Bucket", "name": "alone", "id": "data"}
]}"""


def state(kind: str, name: str, parent: str = "", **more: Any) -> ResourceState:
    return ResourceState(f"urn::{kind}::{name}", kind, name, parent=parent, **more)


ROLE = state("aws:iam/role:Role", "trainer", "urn::bucketpass:index:ServiceRole::trainer", id="trainer")
STATES = (
    state("pulumi:pulumi:Stack", "p-dev", custom=False),
    ROLE,
    state("bucketpass:index:ServiceRole", "trainer", "urn::pulumi:pulumi:Stack::p-dev", custom=False),
    state(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "trainer",
        ROLE.parent,
        id="trainer-2",
        inputs={"role": "trainer", "policyArn": "arn:aws:iam::1:policy/p"},
    ),
    state("aws:s3/bucket:Bucket", "read", id="read", external=True),
    state("pulumi:providers:aws", "elsewhere", id="1"),
)


def test_a_stack_is_written_so_that_it_is_read_again_under_its_names(tmp_path: Path) -> None:
    file = tmp_path / "import.json"
    file.write_text(json.dumps(import_values(STATES)))
    component = ("bucketpass:index:ServiceRole", "trainer")
    assert read_imports(file) == (
        ImportedResource("aws:iam/role:Role", "trainer", "trainer", component),
        ImportedResource(STATES[3].type, "trainer", "trainer/arn:aws:iam::1:policy/p", component),
    )


def test_a_resource_of_an_explicit_provider_is_not_written() -> None:
    with pytest.raises(InvalidInput, match="`trainer` has a provider of its own"):
        import_values([replace(ROLE, provider="urn::pulumi:providers:aws::elsewhere")])


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

"""A declaration that is too large for one stack becomes several, deployed in turn."""

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.compile import TARGET, declaration
from tests.declarations import EVERYTHING_DECLARED, World

from bucketpass.compile import compile_access
from bucketpass.emit import blueprint_of, cloudformation_stacks, cloudformation_template
from bucketpass.emit.cloudformation import OUTPUTS, references
from bucketpass.emit.limits import RESOURCES, S3_BYTES, template_bytes
from bucketpass.model import Access, Bucket, Issuer

BLUEPRINT = blueprint_of(compile_access(declaration(600), TARGET))
STACKS: dict[str, Any] = cloudformation_stacks(BLUEPRINT)


def imported(value: Any) -> set[str]:
    match value:
        case {"Fn::ImportValue": str(name)}:
            return {name}
        case dict():
            return set().union(*(imported(item) for item in value.values()))
        case list():
            return set().union(*(imported(item) for item in value))
    return set()


def test_what_fits_one_stack_is_one_template() -> None:
    blueprint = blueprint_of(World.of(EVERYTHING_DECLARED).plan)
    assert cloudformation_stacks(blueprint) == {"template": cloudformation_template(blueprint)}


def test_each_template_is_within_the_limits() -> None:
    for template in STACKS.values():
        assert len(template["Resources"]) <= RESOURCES
        assert len(template["Outputs"]) <= OUTPUTS
        assert template_bytes(template) <= S3_BYTES


def test_together_they_have_every_resource_once() -> None:
    names = [name for template in STACKS.values() for name in template["Resources"]]
    assert sorted(names) == sorted(cloudformation_template(BLUEPRINT)["Resources"])


def test_no_template_refers_to_what_another_makes_but_by_import_of_an_earlier_export() -> None:
    encrypted = Access(
        declaration(300).issuers, {name: Bucket(encryption="kms") for name in declaration(300).buckets}, declaration(300).services
    )
    exported: set[str] = set()
    for template in cloudformation_stacks(blueprint_of(compile_access(encrypted, TARGET))).values():
        assert set(references(template)) <= template["Resources"].keys()
        assert {name for one in template["Resources"].values() for name in one.get("DependsOn", ())} <= template["Resources"].keys()
        assert imported(template) <= exported
        exported |= {output["Export"]["Name"] for output in template["Outputs"].values() if "Export" in output}
    assert len(exported) == 30


@pytest.mark.parametrize("name", ["01-data", "02-roles"])
def test_cfn_lint_finds_nothing(name: str, tmp_path: Path) -> None:
    cfnlint = pytest.importorskip("cfnlint")
    file = tmp_path / "template.json"
    file.write_text(json.dumps({**STACKS[name], "Resources": dict(list(STACKS[name]["Resources"].items())[:20]), "Outputs": {}}))
    found = cfnlint.api.lint_file(file, config=cfnlint.config.ManualArgs(regions=["eu-central-1"]))
    assert [str(match) for match in found] == []


def test_together_they_have_every_output_once_also_of_what_exists_already() -> None:
    existing = Access(
        {"ci": Issuer("github", provider="existing")},
        {**declaration(100).buckets, "old": Bucket(create=False, policy="none")},
        declaration(100).services,
    )
    blueprint = blueprint_of(compile_access(existing, TARGET))
    outputs = [name for template in cloudformation_stacks(blueprint).values() for name in template["Outputs"]]
    assert len(outputs) == len(set(outputs)) == sum(map(len, blueprint.outputs.values()))
    assert {"ProviderCiArn", "BucketOldName", "BucketOldArn"} <= set(outputs)

"""A blueprint as several CloudFormation templates, each within CloudFormation's limits, for stacks that are deployed in turn.

Data comes first (providers, keys, buckets), then roles with their policies, then the policies of buckets, which name the roles.
Between stacks only a key's ARN is not known in advance: its stack exports it, the others import it.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import Any

from bucketpass.emit.blueprint import Blueprint
from bucketpass.emit.cloudformation import OUTPUTS, PRINTED, cloudformation_outputs, cloudformation_template, references
from bucketpass.emit.limits import RESOURCES, S3_BYTES, template_bytes

__all__ = ["cloudformation_stacks"]

PHASES = {
    "AWS::IAM::OIDCProvider": "data",
    "AWS::KMS::Key": "data",
    "AWS::KMS::Alias": "data",
    "AWS::S3::Bucket": "data",
    "AWS::IAM::Role": "roles",
    "AWS::IAM::ManagedPolicy": "roles",
    "AWS::S3::BucketPolicy": "guards",
    "AWS::S3::AccessPoint": "guards",
}
# What a template has besides its resources and their outputs.
HEAD_BYTES = 2_000
OUTPUT_BYTES = 200

Json = dict[str, Any]


def cloudformation_stacks(blueprint: Blueprint) -> dict[str, Json]:
    """Return the templates by name, in the order in which they are deployed: one, if one is enough."""
    whole = cloudformation_template(blueprint)
    outputs = {name: output for which in PRINTED for name, output in cloudformation_outputs(blueprint, which)}
    if len(whole["Resources"]) <= RESOURCES and len(outputs) <= OUTPUTS and template_bytes(whole) <= S3_BYTES:
        return {"template": whole}
    exports = {f"Key{name.removeprefix('Alias')}": _export(one) for name, one in whole["Resources"].items() if name.startswith("Alias")}
    counts = Counter(name for output in outputs.values() for name in references(output)) + Counter(exports.keys())
    chunks = [(phase, chunk) for phase in dict.fromkeys(PHASES.values()) for chunk in _chunks(phase, whole["Resources"], counts)]
    # What exists already is in no stack's hands, so that any of them can say it.
    known = deque((name, output) for name, output in outputs.items() if not set(references(output)))
    templates = {}
    for number, (phase, names) in enumerate(chunks, start=1):
        title = f"{whole['Description']}: stack {number} of {len(chunks)}, deployed in this order"
        template = {**whole, "Description": title, **_part(names, whole["Resources"], outputs, exports)}
        while known and len(template["Outputs"]) < OUTPUTS:
            name, output = known.popleft()
            template["Outputs"][name] = output
        if number > 1:
            template.pop("Metadata", None)
        templates[f"{number:02}-{phase}"] = template
    return templates


def _export(alias: Json) -> str:
    """The name under which a key's ARN is exported: that of its alias, which the Region has once."""
    return "bucketpass:" + re.sub(r"[^A-Za-z0-9:-]", "-", alias["Properties"]["AliasName"].removeprefix("alias/"))


def _chunks(phase: str, resources: Mapping[str, Json], outputs: Mapping[str, int]) -> Iterator[list[str]]:
    """The phase's resources by logical ID, as many together as a stack takes. A resource and what it refers to stay together.

    outputs: how many outputs each resource has.
    """
    chunk: list[str] = []
    size, told = HEAD_BYTES, 0
    for unit in _units(phase, resources):
        more = sum(outputs.get(name, 0) for name in unit)
        new = template_bytes({name: resources[name] for name in unit}) + OUTPUT_BYTES * more
        full = len(chunk) + len(unit) > RESOURCES or told + more > OUTPUTS or size + new > S3_BYTES
        if chunk and full:
            yield chunk
            chunk, size, told = [], HEAD_BYTES, 0
        chunk += unit
        size += new
        told += more
    if chunk:
        yield chunk


def _units(phase: str, resources: Mapping[str, Json]) -> Iterator[list[str]]:
    """Resources of the phase that refer to each other."""
    mine = [name for name, resource in resources.items() if PHASES[resource["Type"]] == phase]
    groups: dict[str, list[str]] = {name: [name] for name in mine}
    for name in mine:
        for other in references(resources[name]["Properties"]):
            # A key is imported where another refers to it; only its alias has to stay with it.
            near = resources[name]["Type"] == "AWS::KMS::Alias" or not other.startswith("Key")
            if other in groups and near and groups[other] is not groups[name]:
                groups[name] += groups[other]
                for moved in groups[other]:
                    groups[moved] = groups[name]
    seen: set[int] = set()
    for group in groups.values():
        if id(group) not in seen:
            seen.add(id(group))
            yield group


def _part(names: list[str], resources: Mapping[str, Json], outputs: Mapping[str, Json], exports: Mapping[str, str]) -> Json:
    here = set(names)
    exported = {
        f"{name}Export": {"Value": {"Fn::GetAtt": [name, "Arn"]}, "Export": {"Name": exports[name]}} for name in names if name in exports
    }
    told = {name: output for name, output in outputs.items() if set(references(output)) and set(references(output)) <= here}
    part: Json = {"Resources": {name: _apart(resources[name], here, resources, exports) for name in names}, "Outputs": {**told, **exported}}
    for resource in part["Resources"].values():
        after = [name for name in resource.pop("DependsOn", ()) if name in here]
        if after:
            resource["DependsOn"] = after
    return part


def _apart(value: Any, here: set[str], resources: Mapping[str, Json], exports: Mapping[str, str]) -> Any:
    """The value with what is made in another stack called by its name or imported."""
    match value:
        case {"Ref": str(name)} if name not in here:
            return resources[name]["Properties"]["BucketName"]
        case {"Fn::GetAtt": [str(name), "Arn"]} if name not in here:
            return {"Fn::ImportValue": exports[name]}
        case dict():
            return {name: _apart(item, here, resources, exports) for name, item in value.items()}
        case list():
            return [_apart(item, here, resources, exports) for item in value]
    return value

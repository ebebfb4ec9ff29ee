"""What an output cannot hold, as findings with the number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bucketpass.emit.blueprint import Blueprint
from bucketpass.emit.cloudformation import OUTPUTS, PRINTED, cloudformation_template, printed_outputs
from bucketpass.errors import Diagnostic, Severity

__all__ = ["RESOURCES", "S3_BYTES", "over_limits", "template_bytes"]

# See: AWS CloudFormation User Guide, "CloudFormation quotas" [A].
RESOURCES = 500
INLINE_BYTES = 51_200
S3_BYTES = 1_048_576


def over_limits(blueprint: Blueprint) -> tuple[Diagnostic, ...]:
    """Return what CloudFormation refuses of the blueprint's template, or takes in one way only."""
    return tuple(_findings(blueprint, cloudformation_template(blueprint)))


def template_bytes(template: Mapping[str, object]) -> int:
    """Return the size of a template that is written without blanks."""
    return len(json.dumps(template, separators=(",", ":"), ensure_ascii=False).encode())


def _findings(blueprint: Blueprint, template: Mapping[str, Any]) -> Iterator[Diagnostic]:
    count = len(template["Resources"])
    if count > RESOURCES:
        yield Diagnostic(
            "cloudformation-resources",
            f"the template has {count} resources, CloudFormation takes {RESOURCES} in a stack",
            "print several templates with `--format cloudformation --out FOLDER`, or deploy with Pulumi or Terraform",
        )
    left_out = [output for output in PRINTED if output not in printed_outputs(blueprint)]
    if left_out:
        outputs = sum(len(blueprint.outputs[name]) for name in PRINTED)
        message = f"the template would have {outputs} outputs, CloudFormation takes {OUTPUTS}: {', '.join(left_out)} are left out"
        yield Diagnostic("cloudformation-outputs", message, "print several templates with `--out FOLDER`", severity=Severity.WARNING)
    size = template_bytes(template)
    if size > S3_BYTES:
        message = f"the template has {size} bytes without blanks, CloudFormation takes {S3_BYTES}"
        yield Diagnostic("cloudformation-bytes", message, "print several templates with `--format cloudformation --out FOLDER`")
    elif size > INLINE_BYTES:
        message = f"the template has {size} bytes without blanks, CloudFormation takes {INLINE_BYTES} in a call"
        remedy = "put it into a bucket: aws cloudformation deploy --s3-bucket"
        yield Diagnostic("cloudformation-bytes", message, remedy, severity=Severity.NOTE)

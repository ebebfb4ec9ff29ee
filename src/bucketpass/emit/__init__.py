"""A Plan as what makes it: one blueprint, from which Pulumi's resources, CloudFormation and Terraform are printed.

For instance::

    from bucketpass.compile import Target, compile_access
    from bucketpass.emit import blueprint_of, cloudformation_template
    from bucketpass.model import parse_access

    plan = compile_access(parse_access(text), Target("111122223333", "eu-central-1"))
    cloudformation_template(blueprint_of(plan))
"""

from bucketpass.emit.blueprint import Blueprint, blueprint_of
from bucketpass.emit.cloudformation import cloudformation_template
from bucketpass.emit.limits import over_limits
from bucketpass.emit.resource import BlueprintResource, Of
from bucketpass.emit.stacks import cloudformation_stacks
from bucketpass.emit.terraform import terraform_configuration

__all__ = [
    "Blueprint",
    "BlueprintResource",
    "Of",
    "blueprint_of",
    "cloudformation_stacks",
    "cloudformation_template",
    "over_limits",
    "terraform_configuration",
]

"""Review: all faults of roles, policies, providers and buckets in one go, wherever they come from.

::

    resources = cloudformation_resources(Path("template.yaml").read_text(), "template.yaml", target)
    for finding in review(inventory_of(resources, target)):
        print(finding.message, finding.remedy, finding.details)      # details: an example, where policies are at fault

A source becomes `ReviewedResource` values (`plan_files`, `cloudformation`; programs and accounts in `provision`), these an
`Inventory`, and that findings of the one registry.
"""

from bucketpass.review.cloudformation import cloudformation_resources
from bucketpass.review.inventory import Inventory, inventory_of
from bucketpass.review.plan_files import pulumi_preview, terraform_plan
from bucketpass.review.resources import ReviewedResource
from bucketpass.review.review import review

__all__ = ["Inventory", "ReviewedResource", "cloudformation_resources", "inventory_of", "pulumi_preview", "review", "terraform_plan"]

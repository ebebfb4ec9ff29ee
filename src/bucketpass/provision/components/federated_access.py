"""`FederatedAccess` with typed arguments in the place of a declaration's values."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from collections.abc import Mapping

import pulumi

from bucketpass.provision import component
from bucketpass.provision.components.arguments import FederatedAccessArgs
from bucketpass.provision.components.declared import Tree, declared, spelled_bucket, spelled_identity

__all__ = ["FederatedAccess"]


class FederatedAccess(component.FederatedAccess):
    """The identity providers, roles, policies, keys and buckets of a whole declaration."""

    role_names: pulumi.Output[Mapping[str, str]]
    """The names of the roles, by service."""
    role_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the roles, by service."""
    policy_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the policies, by name."""
    bucket_names: pulumi.Output[Mapping[str, str]]
    """The names of the buckets in S3, by their names in the declaration."""

    def __init__(self, name: str, args: FederatedAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        access, later = declared(args, _spelled, f"FederatedAccess {name}")
        super().__init__(name, access=access, later=later, opts=opts)


def _spelled(args: Tree) -> Tree:
    return {
        **args,
        "buckets": {name: spelled_bucket(bucket) for name, bucket in args["buckets"].items()},
        "services": {
            name: {**service, "identity": [spelled_identity(identity) for identity in service["identity"]]}
            for name, service in args["services"].items()
        },
    }

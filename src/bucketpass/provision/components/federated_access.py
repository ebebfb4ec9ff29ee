"""`FederatedAccess`: everything that a declaration asks for."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from collections.abc import Mapping
from typing import Any, Unpack, cast, overload

import pulumi

from bucketpass.compile import compile_access
from bucketpass.compile.check import worth_knowing
from bucketpass.compile.plan import Plan
from bucketpass.model.access import Access
from bucketpass.provision.components.arguments import FederatedAccessArgs
from bucketpass.provision.components.blueprinted import Blueprinted, one_line
from bucketpass.provision.components.declared import declared, given
from bucketpass.provision.components.later import Later

__all__ = ["FederatedAccess"]

NOTHING = cast(FederatedAccessArgs, {})


class FederatedAccess(Blueprinted):
    """The identity providers, roles, policies, keys and buckets of a whole declaration."""

    role_names: pulumi.Output[Mapping[str, str]]
    """The names of the roles, by service: of several, the first."""
    role_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the roles, by service: of several, the first."""
    role_ids: pulumi.Output[Mapping[str, str]]
    """The unique IDs of all roles, by the role's name."""
    all_role_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of all roles, by the role's name."""
    policy_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the policies, by name."""
    provider_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the identity providers, by issuer."""
    bucket_names: pulumi.Output[Mapping[str, str]]
    """The names of the buckets in S3, by their names in the declaration."""
    bucket_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the buckets, by their names in the declaration."""
    key_arns: pulumi.Output[Mapping[str, str]]
    """The ARNs of the KMS keys that were made, by bucket."""
    other_accounts: pulumi.Output[Mapping[str, str]]
    """By account, the bucket policies and key statements that its administrators put there: JSON."""

    @overload
    def __init__(self, resource_name: str, args: FederatedAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...

    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[FederatedAccessArgs]
    ) -> None: ...

    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        access: Access,
        later: Later | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...

    @one_line
    def __init__(
        self,
        resource_name: str,
        args: FederatedAccessArgs = NOTHING,
        opts: pulumi.ResourceOptions | None = None,
        *,
        access: Access | None = None,
        later: Later | None = None,
        **arguments: Any,
    ) -> None:
        """`access`: the declaration, in place of arguments. `later`: the same with the values that other resources bring."""
        super().__init__("FederatedAccess", resource_name, opts)
        if access is None:
            file = f"FederatedAccess {resource_name}"
            access, later = declared(given(file, args, arguments), lambda tree: tree, file)
        elif later is not None:
            access = later.planned()
        target = self._target()
        self.plan: Plan = compile_access(access, target)
        self._log(worth_knowing(access, self.plan), later)
        self._make(access, later, lambda known: compile_access(known, target))
        for output, value in self._outputs.items():
            setattr(self, output, value)
        self.register_outputs(self._outputs)

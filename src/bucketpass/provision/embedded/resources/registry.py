"""The types of resources that the embedded engine can make."""

from __future__ import annotations

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.resources.access_grants import ACCESS_GRANTS
from bucketpass.provision.embedded.resources.access_points import AccessPoint
from bucketpass.provision.embedded.resources.exclusive import EXCLUSIVE
from bucketpass.provision.embedded.resources.iam import RoleResource
from bucketpass.provision.embedded.resources.iam_policies import Policy, RolePolicy, RolePolicyAttachment, UserPolicy, UserPolicyAttachment
from bucketpass.provision.embedded.resources.iam_providers import OpenIdConnectProvider
from bucketpass.provision.embedded.resources.iam_users import InstanceProfile, User, UserAccessKey
from bucketpass.provision.embedded.resources.interface import Handler
from bucketpass.provision.embedded.resources.kms import Alias, Key, KeyPolicy
from bucketpass.provision.embedded.resources.s3 import BucketResource
from bucketpass.provision.embedded.resources.s3_objects import BucketObject
from bucketpass.provision.embedded.resources.s3_settings import SETTINGS

__all__ = ["HANDLERS", "handler_of"]

_ALL: tuple[Handler, ...] = (
    OpenIdConnectProvider(),
    RoleResource(),
    RolePolicy(),
    Policy(),
    RolePolicyAttachment(),
    *EXCLUSIVE,
    User(),
    UserAccessKey(),
    UserPolicy(),
    UserPolicyAttachment(),
    InstanceProfile(),
    BucketResource(),
    *SETTINGS,
    BucketObject(),
    AccessPoint(),
    *ACCESS_GRANTS,
    Key(),
    KeyPolicy(),
    Alias(),
)

HANDLERS: dict[str, Handler] = {token: handler for handler in _ALL for token in handler.tokens}


def handler_of(token: str) -> Handler:
    """The handler of a type, or an error that names the types there are."""
    if token not in HANDLERS and ":dynamic" in token:
        raise ProvisionError(
            f"`{token}` is a resource of a dynamic provider: code of the program that acts as a provider, which is not run here",
            remedy="Run the program with `pulumi up`.",
        )
    package = token.partition(":")[0]
    if package != "aws":
        raise ProvisionError(
            f"`{token}` is a resource of the package `{package}`, and the embedded engine makes those of `aws` alone",
            remedy="Run the program with `pulumi up`, or keep these resources in a program of their own.",
        )
    if token not in HANDLERS:
        supported = ", ".join(f"`{token}`" for token in HANDLERS)
        raise ProvisionError(
            f"resource type `{token}` is not supported by the embedded engine, expected one of {supported}",
            remedy="run the program with `pulumi up`, which uses AWS's own provider",
        )
    return HANDLERS[token]

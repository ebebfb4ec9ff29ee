"""Each thing in AWS belongs to one component of a program: a second one that would create it is refused before it registers anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import SETTINGS

from bucketpass.compile.plan import Target
from bucketpass.emit.resource import BlueprintResource, Of
from bucketpass.errors import DeclarationError, Diagnostic, Place

__all__ = ["Owners", "require_one_owner", "share_owners"]

# The component that creates each thing: by the kind of thing, the account, its Region if names are the Region's, and its name.
Owners = MutableMapping[tuple[str, str, str, str], str]


class _Kind(NamedTuple):
    """argument: what distinguishes resources of the kind. section: where the declaration has them."""

    argument: str
    words: str
    section: str
    remedy: str
    regional: bool = False


PROVIDER = "let `provider` be its ARN, an output of {owner}, or `existing`"
ROLE = "give the service or the declaration another `name`"
BUCKET = "declare all of its services in one component, or grant it to a `ServiceRole`, which takes buckets as they are"
SETTING = "declare it in one of the two"
KINDS = {
    "iam.OpenIdConnectProvider": _Kind("url", "the OIDC provider for `{}`", "issuers", PROVIDER),
    "iam.Role": _Kind("name", "the role `{}`", "", ROLE),
    "iam.Policy": _Kind("name", "the managed policy `{}`", "", ROLE),
    "kms.Alias": _Kind("name", "the KMS key `{}`", "buckets", "give the bucket or the declaration another `name`", regional=True),
    "kms.KeyPolicy": _Kind("key_id", "the policy of key `{}`", "buckets", BUCKET),
    "s3.Bucket": _Kind("bucket", "the bucket `{}`", "buckets", BUCKET),
    "s3.AccessPoint": _Kind("name", "the access point `{}`", "", "give it another name", regional=True),
    "s3.BucketPolicy": _Kind("bucket", "the policy of bucket `{}`", "buckets", BUCKET),
    "s3.BucketLifecycleConfiguration": _Kind("bucket", "the lifecycle of bucket `{}`", "buckets", SETTING),
    "s3.BucketCorsConfiguration": _Kind("bucket", "the CORS rules of bucket `{}`", "buckets", SETTING),
    "s3.BucketNotification": _Kind("bucket", "the notifications of bucket `{}`", "buckets", SETTING),
    "s3.BucketLogging": _Kind("bucket", "the log of bucket `{}`", "buckets", SETTING),
    "s3.BucketTags": _Kind("bucket", "the tags of bucket `{}`", "buckets", SETTING),
}
# By what the program registers its resources with: each run of each program has one of its own.
_runs: WeakKeyDictionary[object, Owners] = WeakKeyDictionary()


def share_owners(owners: Owners) -> None:
    """Let the component that is constructed next have the owners of others, whose requests go to the same engine."""
    _runs[SETTINGS.monitor] = owners


def require_one_owner(
    component: str, target: Target, resources: Iterable[BlueprintResource], is_known: Callable[[str], bool], root: str | None = None
) -> None:
    """Note what `component` creates. Raise `DeclarationError` with each thing that another component of the program creates.

    is_known: whether a name is the one that the thing will have. root: the one resource whose arguments are the component's own.
    """
    if isinstance(SETTINGS.monitor, MockMonitor):
        return  # tests of programs have one for them all
    owners = _runs.setdefault(SETTINGS.monitor, {})
    found = list(_taken(component, target, list(resources), owners, is_known))
    if found:
        mistakes = [one if name != root else replace(one, place=Place(component)) for name, one in found]
        raise DeclarationError(diagnostics=tuple(mistakes))


def _taken(
    component: str, target: Target, resources: list[BlueprintResource], owners: Owners, is_known: Callable[[str], bool]
) -> Iterator[tuple[str, Diagnostic]]:
    """The names of resources that another component creates, each with the mistake."""
    made = {one.key: one for one in resources}
    for resource in resources:
        kind = KINDS.get(resource.kind)
        if kind is None:
            continue
        argument = resource.arguments[kind.argument]
        name = str(made[argument.kind, argument.name].arguments[argument.output] if isinstance(argument, Of) else argument)
        if not is_known(name):
            continue
        region = str(resource.arguments.get("region") or target.region) if kind.regional else ""
        owner = owners.setdefault((resource.kind, target.account, region, name), component)
        # A bucket's settings, and the policy that has its role's name, are a mistake only where the bucket or the role is none.
        is_part = isinstance(argument, Of) or (resource.kind == "iam.Policy" and ("iam.Role", resource.name) in made)
        if owner != component and not is_part:
            message = f"{kind.words.format(name)} is created by {owner} already, and AWS has one"
            place = Place(component, path=f"{kind.section}.{resource.name}" if kind.section else "")
            yield resource.name, Diagnostic(DeclarationError.code, message, kind.remedy.format(owner=owner), place)

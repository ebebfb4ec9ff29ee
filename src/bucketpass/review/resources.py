"""A resource as a program, a template, a plan or an account has it: one form for all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bucketpass.errors import Place

NOWHERE = Place()

__all__ = ["NO_DIGITS", "ReviewedResource", "camel", "compared", "short"]

NO_DIGITS = "0000000"  # in the place of the random digits of a name that Pulumi makes up
# What a bucket has been made with: another value is another bucket. Source: pulumi_aws.s3.Bucket.
FIXED = {"s3.Bucket": ("bucket", "bucketNamespace", "objectLockEnabled")}


@dataclass(frozen=True, slots=True)
class ReviewedResource:
    """A resource before anything is understood of it.

    type: its class in pulumi-aws, such as `iam.Role`. name: what its source calls it. properties: with pulumi-aws's names in
    camelCase. unknown: the names of properties whose values are only known once it is made. replaces: the names of those whose change
    replaces what exists.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
    place: Place = NOWHERE
    unknown: frozenset[str] = field(default_factory=frozenset)
    replaces: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """Return the text in a property; empty if there is none."""
        value = self.properties.get(name)
        return value if isinstance(value, str) else ""

    def document(self, name: str) -> str | None:
        """Return the policy in a property as JSON; None if there is none."""
        value = self.properties.get(name)
        return value if isinstance(value, str) or value is None else json.dumps(value)


def compared(resources: Iterable[ReviewedResource], existing: Iterable[ReviewedResource]) -> Iterator[ReviewedResource]:
    """Yield the resources, with the properties for which a bucket of the same name among those that exist is replaced.

    A name that Pulumi makes up is kept.
    """
    before = {(one.type, one.name): one for one in existing}
    for one in resources:
        was = before.get((one.type, one.name))
        names = FIXED.get(one.type, ()) if was is not None else ()
        changed = tuple(
            name
            for name in names
            if was is not None
            and name not in one.unknown
            and one.properties.get(name) != f"{one.name}-{NO_DIGITS}"
            and (one.properties.get(name) or None) != (was.properties.get(name) or None)
        )
        yield replace(one, replaces=changed) if changed else one


def short(token: str) -> str:
    """Return `aws:iam/role:Role` as `iam.Role`, and a class that pulumi-aws had as `V2` under its name of today."""
    module, _, name = token.removeprefix("aws:").partition(":")
    return f"{module.partition('/')[0]}.{name.removesuffix('V2')}"


def camel(name: str) -> str:
    """Return `assume_role_policy` as `assumeRolePolicy`."""
    return re.sub(r"_([a-z0-9])", lambda match: match.group(1).upper(), name)

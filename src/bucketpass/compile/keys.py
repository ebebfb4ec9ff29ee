"""The KMS keys that buckets with `encryption: kms` get."""

from __future__ import annotations

from bucketpass.compile.names import Names
from bucketpass.compile.plan import KeyPlan, Origin, TracedDocument, TracedStatement
from bucketpass.policy import Effect, PrincipalElement, Statement

__all__ = ["key_plan"]


def key_plan(name: str, names: Names) -> KeyPlan:
    """The bucket's key. Its policy gives the account's own policies their say: a key that nobody administers is lost for good."""
    origin = Origin(f"buckets.{name}.encryption", f"{name} is encrypted with a key of its own")
    # Roles are made after keys, so their use of it stands in their own policies, fenced to S3 and this bucket.
    statement = Statement(
        Effect.ALLOW, actions=("kms:*",), resources=("*",), principal=PrincipalElement(aws=(names.root_arn(),)), sid="AccountPolicies"
    )
    return KeyPlan(
        name=name,
        alias=f"alias/{names.access.name}-{name}",
        description=f"bucketpass: objects of {names.bucket(name)}",
        region=names.region(name),
        policy=TracedDocument((TracedStatement(statement, (origin,)),)),
        tags=names.tags(names.access.buckets[name].tags),
    )

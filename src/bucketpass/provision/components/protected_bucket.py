"""`ProtectedBucket`: a bucket with its guard rails, by itself."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from typing import Any, Unpack, overload

import pulumi

from bucketpass.compile import compile_access
from bucketpass.provision.components.arguments import ProtectedBucketArgs
from bucketpass.provision.components.blueprinted import Blueprinted, one_line
from bucketpass.provision.components.declared import Tree, declared, given

__all__ = ["ProtectedBucket"]


NOTHING: ProtectedBucketArgs = {}


class ProtectedBucket(Blueprinted):
    """A bucket that nobody reaches by accident: private, owned, encrypted, versioned, over TLS only."""

    bucket_name: pulumi.Output[str]
    """The bucket's name in S3."""
    bucket_arn: pulumi.Output[str]
    """The bucket's ARN."""
    key_arn: pulumi.Output[str] | None
    """The ARN of the KMS key that was made for it, if any."""

    @overload
    def __init__(self, resource_name: str, args: ProtectedBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...

    @overload
    def __init__(
        self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[ProtectedBucketArgs]
    ) -> None: ...

    @one_line
    def __init__(
        self, resource_name: str, args: ProtectedBucketArgs = NOTHING, opts: pulumi.ResourceOptions | None = None, **arguments: Any
    ) -> None:
        file = f"ProtectedBucket {resource_name}"
        tree = {"name": resource_name, **given(file, args, arguments)}
        super().__init__("ProtectedBucket", resource_name, opts, root=tree["name"])
        access, later = declared(tree, _spelled, file, ((f"buckets.{tree['name']}", ""),))
        target = self._target()
        made = self._make(access, later, lambda known: compile_access(known, target))
        bucket = next(bucket for (kind, _), bucket in made.items() if kind == "s3.Bucket")
        key = next((key for (kind, _), key in made.items() if kind == "kms.Key"), None)
        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        self.key_arn = None if key is None else key.arn
        self.register_outputs({"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn, "key_arn": self.key_arn})


def _spelled(args: Tree) -> Tree:
    return {"issuers": {}, "buckets": {args["name"]: args}, "services": {}}

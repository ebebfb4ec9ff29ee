"""What a declaration means of a bucket: its guard rails and its perimeter, which hold whoever asks, and its administrators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bucketpass.deployment.resources import DeployedBucket
from bucketpass.model import Bucket, Relaxation
from bucketpass.model.bucket import OTHERS
from bucketpass.prove.keys import present
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE, Formula, conjunction, disjunction, implication, negation
from bucketpass.prove.theory.glob import Glob

__all__ = ["SSE", "SSE_CUSTOMER", "SSE_KEY", "is_administrator", "within_guard_rails"]

SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = f"{SSE}-aws-kms-key-id"
SSE_CUSTOMER = f"{SSE}-customer-algorithm"


def within_guard_rails(bucket: Bucket, where: DeployedBucket, request: SymbolicRequest) -> Formula:
    """True of the requests that the bucket takes from those that it takes any from."""
    if bucket.account == OTHERS:
        return TRUE
    return conjunction(*_guard_rails(bucket, where.key, request), *_perimeter(bucket, request))


def is_administrator(bucket: Bucket, request: SymbolicRequest) -> Formula:
    """True of requests of the bucket's administrators."""
    return request.has("aws:PrincipalArn", *map(Glob.parse, bucket.administrators))


def _guard_rails(bucket: Bucket, key: str | None, request: SymbolicRequest) -> Iterator[Formula]:
    """What holds of every request that the bucket takes."""
    uploads = request.does(["s3:PutObject"])
    if Relaxation.TLS not in bucket.relax:
        yield request.passes("aws:SecureTransport", lambda text: text == "true")
        yield implication(present(request.key("s3:TlsVersion")), request.passes("s3:TlsVersion", lambda text: text in ("1.2", "1.3")))
    if Relaxation.CUSTOMER_KEYS not in bucket.relax:
        yield negation(conjunction(uploads, present(request.key(SSE_CUSTOMER))))
    if Relaxation.RIGHT_KEY not in bucket.relax:
        yield _if_named(request, uploads, SSE, bucket.algorithms)
        if key is not None:
            yield _if_named(request, uploads, SSE_KEY, (key,))
            # What names KMS and no key is encrypted with AWS's own key for S3 [A].
            yield implication(conjunction(uploads, present(request.key(SSE))), present(request.key(SSE_KEY)))


def _if_named(request: SymbolicRequest, uploads: Formula, header: str, values: Iterable[str]) -> Formula:
    """An upload that names no encryption gets the bucket's own; one that names it, names the right one."""
    return implication(conjunction(uploads, present(request.key(header))), request.has(header, *map(Glob.literal, values)))


def _perimeter(bucket: Bucket, request: SymbolicRequest) -> Iterator[Formula]:
    if bucket.perimeter.organization is not None:
        yield request.has("aws:PrincipalOrgID", Glob.literal(bucket.perimeter.organization))
    if bucket.perimeter.vpc_endpoints:
        inside = request.has("aws:SourceVpce", *map(Glob.literal, bucket.perimeter.vpc_endpoints))
        yield disjunction(inside, is_administrator(bucket, request))

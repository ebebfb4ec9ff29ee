"""What a declaration promises, as guarantees over what is deployed: nothing more and nothing less, for all requests.

Each guarantee states its theorem. What a proof rests on, and what the prover does not know, is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b

from bucketpass.deployment.resources import DeployedBucket, Deployment
from bucketpass.model import Access
from bucketpass.model.bucket import OTHERS
from bucketpass.prove.bucket_guarantees import guard_rails, others, public, writers
from bucketpass.prove.creation_guarantees import creations
from bucketpass.prove.declared import creates_only
from bucketpass.prove.key_guarantees import administration, key_use, plane
from bucketpass.prove.narrow import Index
from bucketpass.prove.question import Guarantee
from bucketpass.prove.service_guarantees import callers, requests, tokens
from bucketpass.prove.store import Digests
from bucketpass.prove.tenant_guarantees import listings, tenants

__all__ = ["guarantees"]


def guarantees(access: Access, deployment: Deployment, *, keys: bool = False) -> Iterator[Guarantee]:
    """Yield all guarantees of the declaration, service by service and bucket by bucket; with `keys`, for proofs that are kept."""
    index, digests = Index(access, deployment), Digests()
    for name in access.services:
        alone = index.service(name)
        yield from _keyed(of_service(name, *alone), digests.of(*alone) if keys else b"")
    for bucket in (bucket for bucket in deployment.buckets if access.buckets[bucket.name].account != OTHERS):
        alone = index.bucket(bucket)
        yield from _keyed(of_bucket(bucket, *alone), digests.of(*alone) if keys else b"")
    for key in deployment.keys:
        alone = index.key(key)
        yield from _keyed([key_use(key, *alone)], digests.of(*alone) if keys else b"")


def of_service(name: str, access: Access, deployment: Deployment) -> Iterator[Guarantee]:
    """Yield the guarantees of a service, from the parts of declaration and deployment that it depends on."""
    yield from (tokens(name, access, deployment), callers(name, access, deployment), requests(name, access, deployment))
    yield administration(name, access, deployment)
    if any(grant.per is not None for grant in access.services[name].grants):
        yield from (tenants(name, access, deployment), listings(name, access, deployment))
    if any(map(creates_only, access.services[name].grants)):
        yield creations(name, access, deployment)


def of_bucket(bucket: DeployedBucket, access: Access, deployment: Deployment) -> Iterator[Guarantee]:
    """Yield the guarantees of a bucket, from the parts of declaration and deployment that it depends on."""
    yield from (others(bucket, access, deployment), public(bucket, access, deployment), writers(bucket, access, deployment))
    yield plane(bucket, access, deployment)
    yield from guard_rails(bucket, access, deployment)


def _keyed(found: Iterable[Guarantee], digest: bytes) -> Iterator[Guarantee]:
    for guarantee in found:
        name = guarantee.name.encode("utf-8", "surrogatepass")
        yield replace(guarantee, key=blake2b(digest + name, digest_size=32).digest()) if digest else guarantee

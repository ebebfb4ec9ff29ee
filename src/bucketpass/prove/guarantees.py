"""What a declaration promises, as guarantees over what is deployed: nothing more and nothing less, for all requests.

Each guarantee states its theorem. What a proof rests on, and what the prover does not know, is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.deployment.resources import Deployment
from bucketpass.model import Access
from bucketpass.prove.bucket_guarantees import guard_rails, others, public, writers
from bucketpass.prove.narrow import Index
from bucketpass.prove.question import Guarantee
from bucketpass.prove.service_guarantees import callers, requests, tenants, tokens

__all__ = ["guarantees"]


def guarantees(access: Access, deployment: Deployment) -> Iterator[Guarantee]:
    """Yield all guarantees of the declaration, service by service and bucket by bucket."""
    index = Index(access, deployment)
    for name, service in access.services.items():
        alone = index.service(name)
        yield from (tokens(name, *alone), callers(name, *alone), requests(name, *alone))
        if any(grant.per is not None for grant in service.grants):
            yield tenants(name, *alone)
    for bucket in deployment.buckets:
        alone = index.bucket(bucket)
        yield from (others(bucket, *alone), public(bucket, *alone), writers(bucket, *alone))
        yield from guard_rails(bucket, *alone)

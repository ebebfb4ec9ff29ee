"""What a declaration promises, as guarantees over what is deployed: nothing more and nothing less, for all requests.

Each guarantee states its theorem. What a proof rests on, and what the prover does not know, is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.deployment.resources import Deployment
from bucketpass.model import Access
from bucketpass.prove.bucket_guarantees import guard_rails, others, public, writers
from bucketpass.prove.question import Guarantee
from bucketpass.prove.service_guarantees import callers, requests, tenants, tokens

__all__ = ["guarantees"]


def guarantees(access: Access, deployment: Deployment) -> Iterator[Guarantee]:
    """All guarantees of the declaration, service by service and bucket by bucket."""
    for name, service in access.services.items():
        yield from (tokens(name, access, deployment), callers(name, deployment), requests(name, access, deployment))
        if any(grant.per is not None for grant in service.grants):
            yield tenants(name, access, deployment)
    for bucket in deployment.buckets:
        yield from (others(bucket, access, deployment), public(bucket, deployment), writers(bucket, access, deployment))
        yield from guard_rails(bucket, access, deployment)

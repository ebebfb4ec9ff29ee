"""The chain from the environment to the data, link by link, in the order in which they hold each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bucketpass.credentials.doctor import local_checks as local
from bucketpass.credentials.doctor import remote_checks as remote
from bucketpass.credentials.doctor.examination import CheckResult, ExaminedService, found
from bucketpass.credentials.doctor.issuer_checks import check_issuer
from bucketpass.errors import BucketpassError

__all__ = ["examine"]

CHECKS: dict[str, Callable[[ExaminedService], Iterator[CheckResult]]] = {
    "environment": local.check_environment,
    "cache": local.check_cache,
    "role": local.check_role,
    "source": local.check_source,
    "token": local.check_token,
    "endpoint": remote.check_endpoint,
    "claims": local.check_claims,
    "session": local.check_session,
    "issuer": check_issuer,
    "trust": remote.check_trust,
    "exchange": remote.check_exchange,
    "data": remote.check_data,
}


def examine(service: ExaminedService) -> Iterator[CheckResult]:
    """The findings, one after another, as they are made."""
    for name, check in CHECKS.items():
        try:
            yield from check(service)
        except BucketpassError as error:
            diagnostic = error.diagnostics()[0]
            yield found(name, diagnostic.code, diagnostic.message, diagnostic.remedy)

"""What is used of moto: its backends and its handlers, without its web server. No other module imports moto.

Importing moto takes longer than everything else in the sandbox's start, so that `state` does it beside the first requests, and not
before them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from moto.backends import get_backend
from moto.core.request import Request
from moto.iam.access_control import PermissionResult
from moto.iam.models import AWSManagedPolicy
from moto.iam.policy_validation import BaseIAMPolicyValidator
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket
from werkzeug.exceptions import HTTPException

from bucketpass.sandbox.aws_policies import catalogue

__all__ = ["answer", "get_backend", "give_back", "has_region", "know_aws_policies", "reset", "seed", "take_over"]

SERVICES = ("iam", "s3", "kms", "sts", "s3control")
# Where moto looks for a service whose host begins with the account.
_HOSTS = {"s3control": "{account}.s3-control"}
_MOTOS_PERMISSION = FakeBucket.get_permission
_MOTOS_CONDITIONS = BaseIAMPolicyValidator._validate_condition_syntax


def take_over() -> None:
    """Nothing is stored, and moto decides nothing."""
    # SECURITY: moto would apply a bucket policy's Deny without its conditions and principals; `decide` judges, nobody else.
    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL
    # `check_policy` has read the conditions; moto knows no numbers among their values.
    BaseIAMPolicyValidator._validate_condition_syntax = staticmethod(lambda statement: None)
    reset()


def give_back() -> None:
    """moto is as it was before, for whoever else uses it in this process."""
    reset()
    FakeBucket.get_permission = _MOTOS_PERMISSION
    BaseIAMPolicyValidator._validate_condition_syntax = staticmethod(_MOTOS_CONDITIONS)


def reset() -> None:
    """Nothing is stored."""
    for service in SERVICES:
        get_backend(service).reset()


def seed(number: int) -> None:
    """The next names and keys that moto makes follow from `number`."""
    mock_random.seed(number)


def has_region(account: str, region: str) -> bool:
    """Return whether moto knows the Region."""
    return region in get_backend("kms")[account]


def know_aws_policies(iam: Any) -> None:
    """AWS's own policies are there: those of moto's catalogue, which it imports from AWS with their versions."""
    if not iam.aws_managed_policies:
        made = [AWSManagedPolicy.from_data(name, iam.account_id, iam.region_name, data) for name, data in catalogue().items()]
        iam.aws_managed_policies = made
        iam.managed_policies.update({policy.arn: policy for policy in made})


def answer(
    service: str, method: str, target: str, headers: dict[str, str], body: bytes, *, account: str, region: str, suffix: str
) -> tuple[int, dict[str, Any], Any]:
    """Return status, headers and content of moto's answer. Raises what moto does where it breaks."""
    host = _HOSTS.get(service, service).format(account=account)
    url = f"http://{host}.{region}.amazonaws.com{suffix}{target}"
    request = Request.from_primitives(method, url, {**headers, "x-moto-account-id": account}, body)
    try:
        status, received, content = _handler(service, target)(request, request.raw_url, request.headers)
    except HTTPException as refused:
        status, received, content = refused.code or 500, dict(refused.get_headers()), refused.get_body()
    return int(status), dict(received), content


@lru_cache(maxsize=8)
def _routes(service: str) -> tuple[tuple[re.Pattern[str], Any], ...]:
    backends: Any = get_backend(service)
    regions = backends["123456789012"]
    backend = regions["us-east-1"] if "us-east-1" in regions else regions["aws"]
    return tuple((re.compile(pattern), handler) for pattern, handler in backend.urls.items())


def _handler(service: str, target: str) -> Any:
    host = _HOSTS.get(service, service).format(account="000000000000")
    url = f"http://{host}.us-east-1.amazonaws.com{target.partition('?')[0]}"
    return next(handler for pattern, handler in _routes(service) if pattern.match(url))

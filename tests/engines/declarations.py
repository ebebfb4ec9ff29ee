"""The declarations that the engines are compared on: the example, and generated ones that mix what both can be asked for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

__all__ = ["ADMINISTRATOR", "declarations"]

EXAMPLE = Path(__file__).parents[2] / "examples" / "access.yaml"
ADMINISTRATOR = "user/admin"
PREFIXES = ("raw/", "raw/deep/", "check points/", "données/", "a+b/", "models/v1.", "x", "")
ACCESS = (["read"], ["write"], ["read", "write"], ["write", "delete"], ["read", "write", "delete"], ["list"])
SUBJECTS = ("trainer", "repo:acme/eval:environment:production", "system:serviceaccount:ml:trainer", "Trainer", "0oa1b2c3")
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"networks": ["96.0.0.0/3", "::/1"]},  # this machine's own addresses among public ones: private ones alone are refused
    {"networks": ["198.51.100.0/24"]},
    {"not_after": "2020-01-01T00:00:00Z"},
    {"not_before": "2020-01-01T00:00:00Z", "not_after": "2099-01-01T00:00:00Z"},
)


def declarations(issuers: Mapping[str, str], account: str, count: int, seed: int) -> list[dict[str, Any]]:
    """The example and `count` generated declarations. `issuers`: URLs by the names `own` and `second`; `account`: the administrator's."""
    administrator = f"arn:aws:iam::{account}:{ADMINISTRATOR}"
    return [_example(issuers, administrator), *(_generated(number, issuers, administrator, seed) for number in range(1, count + 1))]


def _issuers(urls: Mapping[str, str], provider: str = "create") -> dict[str, Any]:
    return {name: {"preset": "generic", "url": url, "audience": "s3-data", "provider": provider} for name, url in urls.items()}


def _example(urls: Mapping[str, str], administrator: str) -> dict[str, Any]:
    """The example as it stands, but with issuers on this machine and without KMS, which the gateway has not."""
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    found["issuers"] = _issuers(urls)
    found["buckets"]["datasets"] |= {"encryption": "s3", "administrators": [administrator]}
    found["services"]["trainer"]["identity"] = {"issuer": "own", "subject": "0oa1trainer"}
    found["services"]["evaluator"]["identity"] = {"issuer": "second", "subject": "repo:acme/eval:environment:production"}
    return found


def _generated(number: int, urls: Mapping[str, str], administrator: str, seed: int) -> dict[str, Any]:
    draw = random.Random(seed * 1000 + number)
    buckets = {f"b{number}-{kind}": _bucket(draw, administrator) for kind in ("data", "more")[: draw.randint(1, 2)]}
    subjects = draw.sample(SUBJECTS, draw.randint(1, 3))
    services = {
        f"service{index}": {
            "identity": {"issuer": draw.choice(sorted(urls)), "subject": subject},
            "grants": [_grant(draw, draw.choice(sorted(buckets))) for _ in range(draw.randint(1, 3))],
            **({"path": "/ai/team/"} if draw.random() < 0.3 else {}),
            **({"session": {"tags": ["team"]}} if draw.random() < 0.3 else {}),
        }
        for index, subject in enumerate(subjects)
    }
    # An account has one provider for an issuer, and the example's is there already.
    return {"name": f"generated{number}", "issuers": _issuers(urls, "existing"), "buckets": buckets, "services": services}


def _bucket(draw: random.Random, administrator: str) -> dict[str, Any]:
    exclusive = {"exclusive": True, "administrators": [administrator]} if draw.random() < 0.5 else {}
    relaxed = {"relax": {"tls": "a laboratory on one wire"}} if draw.random() < 0.2 else {}
    return {**exclusive, **relaxed, "versioning": draw.random() < 0.5}


def _grant(draw: random.Random, bucket: str) -> dict[str, Any]:
    access = draw.choice(ACCESS)
    conditions = draw.choice(CONDITIONS)
    tagged = {"object_tags": {"team": "ml"}} if access == ["read"] and draw.random() < 0.4 else {}
    versions = {"versions": True} if draw.random() < 0.2 else {}
    return {
        "bucket": bucket,
        "prefix": draw.choice(PREFIXES),
        "access": access,
        **tagged,
        **versions,
        **({"conditions": conditions} if conditions else {}),
    }

"""A program's roles as they were meant: what can never work is corrected before it is declared, and said.

Nobody gets in by a correction: a trust that names no subject gets one that no token has, for its author to replace.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bucketpass.aws.arn import parse_arn
from bucketpass.provision.adoption.found import Account, FoundPolicy, FoundProvider, FoundRole
from bucketpass.provision.adoption.remark import Remark

__all__ = ["NOBODY", "corrected"]

NOBODY = "YOUR-SUBJECT"
SCHEME = "https://"
ASSUME = "sts:assumerolewithwebidentity"


def corrected(account: Account) -> tuple[Account, tuple[Remark, ...]]:
    """Return the account and what was changed: its trusts name their issuer and a subject, its policies the one bucket there is."""
    remarks: list[Remark] = []
    providers = {provider.arn: provider for provider in account.providers}
    roles = []
    for role in account.roles:
        trust = _document(role.trust)
        for statement in _statements(trust):
            remarks += _correct(f"role {role.name}, trust", statement, providers, role)
        roles.append(replace(role, trust=json.dumps(trust)))
    with_roles = replace(account, providers=tuple(providers.values()), roles=tuple(roles))
    return _of_one_bucket(with_roles, remarks), tuple(remarks)


def _document(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = document.get("Statement", [])
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _correct(place: str, statement: dict[str, Any], providers: dict[str, FoundProvider], role: FoundRole) -> Iterator[Remark]:
    principal, conditions = statement.get("Principal"), statement.get("Condition")
    named = principal.get("Federated") if isinstance(principal, dict) else None
    if not isinstance(named, str) or not isinstance(conditions, dict) or ASSUME not in json.dumps(statement.get("Action")).lower():
        return
    schemes = [key for block in conditions.values() for key in block if key.startswith(SCHEME)]
    yield from (Remark(place, f"its key `{key}` is written without the scheme, which no token sets") for key in schemes)
    conditions = {operator: {key.removeprefix(SCHEME): value for key, value in block.items()} for operator, block in conditions.items()}
    keys = {key: value for block in conditions.values() for key, value in block.items() if "." in key.partition("/")[0]}
    issuers = {key.rpartition(":")[0] for key in keys}
    if len(issuers) != 1:
        return
    (issuer,) = issuers
    if named not in providers:
        own = parse_arn(role.arn)
        arn = f"arn:{own.partition}:iam::{own.account}:oidc-provider/{issuer}"
        audience = keys.get(f"{issuer}:aud", ())
        clients = (audience,) if isinstance(audience, str) else tuple(map(str, audience))
        providers.setdefault(arn, FoundProvider(arn, issuer, clients))
        statement["Principal"] = {"Federated": arn}
        other = "" if arn == named else f", in place of `{named}`"
        yield Remark(place, f"its keys name the issuer `{issuer}`, whose provider is not made: the declaration makes it{other}")
    if f"{issuer}:sub" not in keys:
        conditions["StringEquals"] = {**conditions.get("StringEquals", {}), f"{issuer}:sub": NOBODY}
        yield Remark(place, f"any token of the issuer could assume the role: write the subject of its own in place of `{NOBODY}`")
    statement["Condition"] = conditions


def _of_one_bucket(account: Account, remarks: list[Remark]) -> Account:
    """Policies that name none of the buckets, but one other, are for the one that there is."""
    if len(account.buckets) != 1:
        return account
    (bucket,) = account.buckets
    roles = []
    for role in account.roles:
        named = {name for policy in role.policies for name in _buckets(policy)}
        if len(named) == 1 and bucket.name not in named:
            (other,) = named
            remarks.append(
                Remark(f"role {role.name}", f"its policies name the bucket `{other}`: `{bucket.name}`, which is made, takes its place")
            )
            policies = tuple(_renamed(policy, other, bucket.name) for policy in role.policies)
            roles.append(replace(role, policies=policies))
        else:
            roles.append(role)
    return replace(account, roles=tuple(roles))


def _resources(statement: Mapping[str, Any]) -> list[str]:
    found = statement.get("Resource", [])
    return [found] if isinstance(found, str) else [str(one) for one in found]


def _buckets(policy: FoundPolicy) -> Iterator[str]:
    for statement in _statements(_document(policy.document)):
        yield from (one.partition(":::")[2].partition("/")[0] for one in _resources(statement) if ":s3:::" in one)


def _renamed(policy: FoundPolicy, old: str, new: str) -> FoundPolicy:
    document = _document(policy.document)
    for statement in _statements(document):
        statement["Resource"] = [_with_bucket(one, old, new) for one in _resources(statement)]
    return replace(policy, document=json.dumps(document))


def _with_bucket(resource: str, old: str, new: str) -> str:
    head, separator, rest = resource.partition(":::")
    bucket, slash, key = rest.partition("/")
    return f"{head}{separator}{new if bucket == old else bucket}{slash}{key}"

"""An account as resources to review, and reviewed resources as an account to adopt."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bucketpass.errors import Place
from bucketpass.provision.adoption.corrected import corrected
from bucketpass.provision.adoption.found import Account, FoundBucket, FoundPolicy, FoundProvider, FoundRole
from bucketpass.provision.adoption.proposal import AdoptionProposal, proposal
from bucketpass.review import Inventory, ReviewedResource

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

__all__ = ["account_of", "chosen", "proposal_of", "resources_of"]

PARALLEL_READS = 8
ABSENT = frozenset({"NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError", "NoSuchBucket"})


def resources_of(account: Account, s3: S3Client, *, roles: Collection[str] = (), buckets: Collection[str] = ()) -> list[ReviewedResource]:
    """Return the account's resources. roles, buckets: only those of these names; empty: all that trust OIDC tokens, all buckets."""
    found = [*_providers(account)]
    for role in account.roles:
        if not roles or role.name in roles:
            found += _role(role)
    chosen = [bucket for bucket in account.buckets if not buckets or bucket.name in buckets]
    with ThreadPoolExecutor(PARALLEL_READS) as pool:
        for resources in pool.map(lambda bucket: list(_bucket(bucket, s3)), chosen):
            found += resources
    return found


def _providers(account: Account) -> Iterator[ReviewedResource]:
    for one in account.providers:
        properties = {"url": one.url, "clientIdLists": list(one.client_ids), "arn": one.arn}
        yield ReviewedResource("iam.OpenIdConnectProvider", one.arn, properties, Place(path=one.arn))


def _role(role: FoundRole) -> Iterator[ReviewedResource]:
    place = Place(path=f"role {role.name}")
    arns = [policy.arn for policy in role.policies if policy.arn is not None]
    properties = {"name": role.name, "arn": role.arn, "path": role.path, "assumeRolePolicy": role.trust, "managedPolicyArns": arns}
    yield ReviewedResource("iam.Role", role.name, properties, place)
    for policy in role.policies:
        where = Place(path=f"role {role.name}, policy {policy.name}")
        if policy.arn is None:
            yield ReviewedResource(
                "iam.RolePolicy", policy.name, {"role": role.name, "name": policy.name, "policy": policy.document}, where
            )
        else:
            yield ReviewedResource("iam.Policy", policy.name, {"name": policy.name, "arn": policy.arn, "policy": policy.document}, where)


def _bucket(bucket: FoundBucket, s3: S3Client) -> Iterator[ReviewedResource]:
    place = Place(path=f"bucket {bucket.name}")
    yield ReviewedResource("s3.Bucket", bucket.name, {"bucket": bucket.name}, place)
    if bucket.policy is not None:
        yield ReviewedResource("s3.BucketPolicy", bucket.name, {"bucket": bucket.name, "policy": bucket.policy}, place)
    block = _unless_absent(lambda: s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"])
    if block is not None:
        settings = {f"{name[:1].lower()}{name[1:]}": value for name, value in block.items()}
        yield ReviewedResource("s3.BucketPublicAccessBlock", bucket.name, {"bucket": bucket.name, **settings}, place)


def _unless_absent(read: Callable[[], Any]) -> Any:
    from botocore.exceptions import ClientError

    try:
        return read()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in ABSENT:
            raise
        return None


def chosen(account: Account, inventory: Inventory) -> Account:
    """Return of an account what was reviewed of it, as it was read: with tags, boundaries and keys."""
    roles, buckets = {role.name for role in inventory.roles}, {bucket.name for bucket in inventory.buckets}
    return replace(
        account,
        roles=tuple(role for role in account.roles if role.name in roles),
        buckets=tuple(bucket for bucket in account.buckets if bucket.name in buckets),
    )


def account_of(inventory: Inventory) -> Account:
    """Return the reviewed resources as an account, for `propose`."""
    return Account(
        inventory.target.account,
        tuple(FoundProvider(one.arn, one.url.removeprefix("https://"), one.client_ids) for one in inventory.providers),
        tuple(
            FoundRole(
                role.name,
                role.arn,
                role.trust_text,
                tuple(FoundPolicy(_name(policy.named.name), policy.text, policy.arn) for policy in role.policies),
                path=role.resource.text("path") or "/",
                max_session_seconds=int(role.resource.properties.get("maxSessionDuration") or 3600),
                permissions_boundary=role.resource.text("permissionsBoundary") or None,
                description=role.resource.text("description"),
                tags={str(name): str(value) for name, value in (role.resource.properties.get("tags") or {}).items()},
            )
            for role in inventory.roles
            if json.loads(role.trust_text or "null") is not None
        ),
        tuple(FoundBucket(bucket.name, bucket.policy_text, bucket.key, bucket.bucket_key) for bucket in inventory.buckets),
    )


def proposal_of(inventory: Inventory, *, exists: bool) -> AdoptionProposal:
    """Return the declaration of what was reviewed, with what can never work corrected. `exists`: whether it exists, and is imported."""
    found = account_of(inventory)
    account, notes = corrected(found)
    return proposal(account, inventory.target.region, found if exists else None, notes)


def _name(title: str) -> str:
    """The policy's name in its title, such as `policy read` or `inline policy p of r`."""
    return title.removeprefix("inline ").removeprefix("policy ").partition(" of ")[0]

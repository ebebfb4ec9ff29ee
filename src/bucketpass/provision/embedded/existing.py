"""What is at the endpoint already and was not made by the stack: named with its traces, and never taken over unasked."""

from __future__ import annotations

from collections.abc import Mapping

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import error_code
from bucketpass.provision.embedded.values import Properties, table

__all__ = ["ALREADY_EXISTS", "existing_resource", "is_unset"]

ALREADY_EXISTS = frozenset(
    {
        "EntityAlreadyExists",
        "EntityAlreadyExistsException",
        "BucketAlreadyOwnedByYou",
        "AlreadyExistsException",
        "AccessPointAlreadyOwnedByYou",
    }
)
BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
PROVIDER, POLICY, ALIAS = (
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "aws:iam/policy:Policy",
    "aws:kms/alias:Alias",
)
# What each bucket has although nobody set it: type, property, value.
UNSET: Mapping[str, Properties] = {
    "aws:s3/bucketVersioning:BucketVersioning": {"versioningConfiguration": {"status": "Disabled"}},
    "aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration": {"status": "Suspended"},
    "aws:s3/bucketNotification:BucketNotification": {},
}
DEFAULT_ENCRYPTION = {"sseAlgorithm": "AES256"}


def is_unset(token: str, found: Properties) -> bool:
    """Return whether a setting is only what every bucket has."""
    said = {name: value for name, value in found.items() if name not in {"bucket", "region"} and value not in (None, [], {})}
    if "rules" in said and "ncryption" in token:
        rules = said["rules"]
        return isinstance(rules, list) and [
            rule.get("applyServerSideEncryptionByDefault") for rule in rules if isinstance(rule, Mapping)
        ] == [DEFAULT_ENCRYPTION]
    return token.replace("V2", "") in UNSET and said == UNSET[token.replace("V2", "")]


def existing_resource(aws: RegionClients, token: str, identifier: str, found: Properties) -> ProvisionError:
    """Return the error that says whose the resource seems to be, and the three ways on."""
    traces = [f"created {created}"] if (created := _created(aws, token, identifier, found)) else []
    tags = table(found, "tagsAll")
    if tags:
        traces.append("tags " + ", ".join(f"{name}={value}" for name, value in sorted(tags.items())))
    adopt = "`create: false` in access.yaml" if token in BUCKETS else "`provider: existing` in access.yaml" if token == PROVIDER else ""
    return ProvisionError(
        f"`{identifier}` ({token}) exists and was not made by this stack ({'; '.join(traces) or 'no tags'})",
        remedy=f"adopt it ({adopt + ' or ' if adopt else ''}.get() in a program), import it (ResourceOptions(import_={identifier!r})), "
        "or choose another name",
    )


def _created(aws: RegionClients, token: str, identifier: str, found: Properties) -> str:
    """When it was made, where the endpoint says it; the error is as good without."""
    if found.get("createDate"):
        return str(found["createDate"])
    try:
        if token in BUCKETS:
            return next((one["CreationDate"].isoformat() for one in aws.s3.list_buckets()["Buckets"] if one["Name"] == identifier), "")
        if token == POLICY:
            return aws.iam.get_policy(PolicyArn=identifier)["Policy"]["CreateDate"].isoformat()
        if token == PROVIDER:
            return aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=identifier)["CreateDate"].isoformat()
        if token == ALIAS:
            return aws.kms.describe_key(KeyId=identifier)["KeyMetadata"]["CreationDate"].isoformat()
    except KeyError:
        return ""
    except Exception as error:
        if not error_code(error):
            raise
    return ""

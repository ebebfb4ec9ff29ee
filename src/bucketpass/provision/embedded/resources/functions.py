"""The functions that programs may invoke: who and where we are, policy documents, look-ups.

Shape of the answers: pulumi-aws's `Get*Result` classes. `getPolicyDocument` writes documents as Terraform's
`aws_iam_policy_document` does (single values as scalars, two-space indent). [K]
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence

from bucketpass.aws.arn import partition_of_region
from bucketpass.errors import ProvisionError, RequestError
from bucketpass.provision.embedded.endpoint import Clients
from bucketpass.provision.embedded.resources.registry import handler_of
from bucketpass.provision.embedded.values import Properties, Value, items, maybe_text, text, texts

__all__ = ["FUNCTIONS", "invoke"]

Function = Callable[[Clients, Properties], Properties]


def invoke(aws: Clients, token: str, arguments: Properties) -> Properties:
    """What the function `token` returns for `arguments`."""
    if token not in FUNCTIONS:
        supported = ", ".join(f"`{name}`" for name in FUNCTIONS)
        raise ProvisionError(
            f"function `{token}` is not supported by the embedded engine, expected one of {supported}",
            remedy="run the program with `pulumi up`, which uses AWS's own provider",
        )
    return FUNCTIONS[token](aws, arguments)


def _caller_identity(aws: Clients, arguments: Properties) -> Properties:
    who = aws.identity
    return {"accountId": who["Account"], "arn": who["Arn"], "userId": who["UserId"], "id": who["Account"]}


def _region(aws: Clients, arguments: Properties) -> Properties:
    region = maybe_text(arguments, "region") or maybe_text(arguments, "name") or aws.region
    endpoint = f"ec2.{region}.{partition_of_region(region).dns_suffix}"
    return {"id": region, "name": region, "region": region, "endpoint": endpoint, "description": region}


def _partition(aws: Clients, arguments: Properties) -> Properties:
    partition = partition_of_region(aws.region)
    reverse = ".".join(reversed(partition.dns_suffix.split(".")))
    return {
        "id": partition.name,
        "partition": partition.name,
        "dnsSuffix": partition.dns_suffix,
        "reverseDnsPrefix": reverse,
    }


def _look_up(token: str, key: str) -> Function:
    handler = handler_of(token)

    def look_up(aws: Clients, arguments: Properties) -> Properties:
        identifier = text(arguments, key)
        found = handler.read(aws, identifier)
        if found is None:
            raise ProvisionError(f"there is no `{identifier}` of type `{token}`")
        return {**found, key: identifier, "id": identifier}

    return look_up


def _bucket_policy(aws: Clients, arguments: Properties) -> Properties:
    bucket = text(arguments, "bucket")
    return {"bucket": bucket, "id": bucket, "policy": aws.s3.get_bucket_policy(Bucket=bucket)["Policy"]}


def _policy_document(aws: Clients, arguments: Properties) -> Properties:
    merged: list[dict[str, object]] = []
    for source in texts(arguments, "sourcePolicyDocuments"):
        merged = _merged(merged, _statements_of(source), may_replace=False)
    own = [_statement(statement) for statement in items(arguments, "statements") if isinstance(statement, Mapping)]
    merged = _merged(merged, own, may_replace=True)
    for override in texts(arguments, "overridePolicyDocuments"):
        merged = _merged(merged, _statements_of(override), may_replace=True)
    document: dict[str, object] = {"Version": maybe_text(arguments, "version") or "2012-10-17"}
    if maybe_text(arguments, "policyId"):
        document["Id"] = text(arguments, "policyId")
    document["Statement"] = merged
    rendered = json.dumps(document, indent=2)
    return {
        **arguments,
        "id": str(zlib.crc32(rendered.encode())),
        "json": rendered,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
    }


def _statement(given: Properties) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": maybe_text(given, "effect") or "Allow"}
    if maybe_text(given, "sid"):
        statement = {"Sid": text(given, "sid"), **statement}
    for name, element in _LISTS.items():
        if items(given, name):
            statement[element] = _scalar(texts(given, name))
    for name, element in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if items(given, name):
            statement[element] = _principals(items(given, name))
    conditions: dict[str, dict[str, object]] = {}
    for condition in items(given, "conditions"):
        line = condition if isinstance(condition, Mapping) else {}
        conditions.setdefault(text(line, "test"), {})[text(line, "variable")] = _scalar(texts(line, "values"))
    return statement | ({"Condition": conditions} if conditions else {})


_LISTS = {"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource"}


def _principals(given: Sequence[Value]) -> object:
    found: dict[str, list[str]] = {}
    for principal in given:
        line = principal if isinstance(principal, Mapping) else {}
        found.setdefault(text(line, "type"), []).extend(texts(line, "identifiers"))
    if found == {"*": ["*"]}:
        return "*"
    return {kind: _scalar(identifiers) for kind, identifiers in found.items()}


def _scalar(values: list[str]) -> object:
    return values[0] if len(values) == 1 else values


def _statements_of(document: str) -> list[dict[str, object]]:
    try:
        found = json.loads(document)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise RequestError(f"`{document[:40]}` is no policy document, expected JSON with a Statement") from None
    return found if isinstance(found, list) else [found]


def _merged(before: list[dict[str, object]], after: list[dict[str, object]], *, may_replace: bool) -> list[dict[str, object]]:
    """`before` and `after`; a statement with a Sid that is there already takes its place."""
    merged = list(before)
    for statement in after:
        sid = statement.get("Sid")
        place = next((i for i, other in enumerate(merged) if sid and other.get("Sid") == sid), None)
        if place is None:
            merged.append(statement)
        elif may_replace:
            merged[place] = statement
        else:
            raise RequestError(f"two source policy documents have a statement with the Sid `{sid}`")
    return merged


FUNCTIONS: dict[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
    "aws:iam/getRole:getRole": _look_up("aws:iam/role:Role", "name"),
    "aws:s3/getBucketPolicy:getBucketPolicy": _bucket_policy,
    "aws:s3/getBucket:getBucket": _look_up("aws:s3/bucket:Bucket", "bucket"),
}

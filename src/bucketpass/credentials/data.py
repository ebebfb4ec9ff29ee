"""One question to S3 with a session's keys: may an object be read, or a prefix be listed?"""

from __future__ import annotations

from bucketpass.aws.arn import partition_of_region
from bucketpass.credentials.address import Address, parse_address
from bucketpass.credentials.sigv4 import signed_get
from bucketpass.credentials.values import DEFAULT_REGIONS, Credentials, RoleToAssume
from bucketpass.errors import InvalidInput
from bucketpass.identity.interface import Machine
from bucketpass.wire.client import HttpResponse

__all__ = ["LOOK_SECONDS", "ask_s3", "bucket_url", "refuse_what_the_role_lacks"]

LOOK_SECONDS = 5.0
LISTED_BY = frozenset({"read", "list"})


def bucket_url(bucket: str, role: RoleToAssume, endpoint: str | None) -> str:
    """The bucket's address: below another endpoint, or as AWS has it. A name with dots does not fit AWS's certificates."""
    if endpoint:
        return f"{endpoint.rstrip('/')}/{bucket}"
    region = role.region or DEFAULT_REGIONS["aws"]
    host = f"s3.{region}.{partition_of_region(region).dns_suffix}"
    return f"https://{host}/{bucket}" if "." in bucket else f"https://{bucket}.{host}"


def ask_s3(address: Address, credentials: Credentials, role: RoleToAssume, machine: Machine, endpoint: str | None) -> HttpResponse:
    """S3's answer to a GET of the object's first byte, or of the first key below the prefix. Raises OSError."""
    base = bucket_url(address.bucket, role, endpoint)
    query = (("list-type", "2"), ("max-keys", "1"), ("prefix", address.key)) if address.is_prefix else ()
    now = machine.clock.now().timestamp() - credentials.skew
    url = base if address.is_prefix else f"{base}/{address.key}"
    request = signed_get(url, query, credentials, role.region or DEFAULT_REGIONS["aws"], now)
    if not address.is_prefix:
        request = request._replace(headers=(*request.headers, ("Range", "bytes=0-0")))
    return machine.send(request, timeout=LOOK_SECONDS, ca_file=role.ca_file)


def refuse_what_the_role_lacks(prefix: str, levels: str | None, credentials: Credentials, role: RoleToAssume, machine: Machine) -> None:
    """Raise InvalidInput where S3 denies a session that was narrowed to a prefix to list it: its role does not have it.

    Only what reads or lists can be asked for without changing anything. Where S3 cannot be reached from here nothing is raised.
    """
    address = parse_address(f"s3://{prefix.removeprefix('s3://')}")
    if not address.is_prefix or LISTED_BY.isdisjoint((levels or "read").split(",")):
        return
    try:
        response = ask_s3(address, credentials, role, machine, machine.value("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
    except OSError:
        return
    if response.status == 403:
        raise InvalidInput(f"the role may not read `{address}`", remedy="name a prefix that the role has, or grant it in the declaration")

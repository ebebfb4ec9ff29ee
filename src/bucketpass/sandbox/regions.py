"""Which Region a request is for, and what S3 answers where that is not the bucket's: the error names the right one.

A host that names a Region (`s3.eu-west-1.localhost`) is that Region's endpoint. `localhost` alone is as AWS's global endpoint:
the signature says which Region the client means.

Source: S3 User Guide, "Virtual hosting of buckets" (redirects), "Making requests to Amazon S3"; S3 API reference, CreateBucket,
"Error responses"; the global endpoint, signed for us-east-1, makes buckets elsewhere [A]; us-east-1 takes no constraint to itself [K].
"""

from __future__ import annotations

from bucketpass.aws.arn import partition_of_region
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.parse import region_of_host
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError, Problem, Protocol, refusal

__all__ = ["DEFAULT_REGION", "GLOBAL_REGIONS", "check_bucket_region", "region_of_new_bucket", "region_of_request"]

DEFAULT_REGION = "us-east-1"
# The Region that IAM is in, by partition.
GLOBAL_REGIONS = {"aws": DEFAULT_REGION, "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def region_of_request(exchange: Exchange, state: State) -> str:
    """Return the Region that the request is for; that of `state` where nothing says. Raises AwsError for an unknown one."""
    host = region_of_host(exchange.request.header("host")) if exchange.protocol is Protocol.S3 else None
    signed = exchange.signature.scope.region if exchange.signature is not None else None
    if signed is not None and not (state.has_region(signed) and host in (None, signed)):
        raise _wrong_signature(exchange, host or state.region)
    if exchange.protocol is Protocol.IAM:
        return GLOBAL_REGIONS.get(state.partition, state.region)
    return host or signed or state.region


def check_bucket_region(exchange: Exchange, operation: str, bucket: StoredBucket) -> None:
    """Raise AwsError where the request is for another Region than the bucket's."""
    region, host = bucket.region, region_of_host(exchange.request.header("host"))
    if host not in (None, region):
        partition = partition_of_region(region)
        port = exchange.request.header("host").partition(":")[2]
        endpoint = f"s3.{region}.localhost:{port}" if port else f"s3.{region}.{partition.dns_suffix}"
        message = "The bucket you are attempting to access must be addressed using the specified endpoint."
        message += " Please send all future requests to this endpoint."
        error = AwsError("PermanentRedirect", message, 301, (("Endpoint", endpoint), ("Bucket", bucket.name)))
        error.headers.append(("x-amz-bucket-region", region))
        raise error
    # Clients ask for the location to find out where to sign for.
    if exchange.signature is not None and exchange.signature.scope.region != region and operation != "GetBucketLocation":
        raise _wrong_signature(exchange, region)


def _wrong_signature(exchange: Exchange, expected: str) -> AwsError:
    signature = exchange.signature
    wrong = signature.scope.region if signature is not None else ""
    rule = f"the region '{wrong}' is wrong; expecting '{expected}'"
    if exchange.protocol is Protocol.S3 and signature is not None and signature.presigned:
        message = f"Error parsing the X-Amz-Credential parameter; {rule}"
        error = AwsError("AuthorizationQueryParametersError", message, 400, (("Region", expected),))
    else:
        message = f"The authorization header is malformed; {rule}"
        error = refusal(Problem.MALFORMED, exchange.protocol, message, (("Region", expected),))
    if exchange.protocol is Protocol.S3:
        error.headers.append(("x-amz-bucket-region", expected))
    return error


def region_of_new_bucket(state: State, endpoint: str, constraint: str | None) -> str:
    """Return the Region of a bucket that is made at the endpoint of that Region with this LocationConstraint. Raises AwsError."""
    wanted = {"EU": "eu-west-1"}.get(constraint or "", constraint) or DEFAULT_REGION
    if constraint and (not state.has_region(wanted) or wanted == endpoint == DEFAULT_REGION):
        details = (("LocationConstraint", constraint),)
        raise AwsError("InvalidLocationConstraint", "The specified location-constraint is not valid", details=details)
    if wanted != endpoint and not (constraint and endpoint == DEFAULT_REGION):
        message = f"The {constraint or 'unspecified'} location constraint is incompatible for the region specific endpoint"
        raise AwsError("IllegalLocationConstraintException", f"{message} this request was sent to.")
    return wanted

"""Whether AWS could receive a request: what is wrong with its names, as AWS's API references have their forms."""

import re
from collections.abc import Callable, Iterator, Mapping

from bucketpass.decide import AuthorizationRequest, PrincipalKind

NAME = r"[\w+=,.@-]"
FORMS = {
    PrincipalKind.ROLE_SESSION: rf"arn:aws:iam::[0-9]{{12}}:role/(?:[!-\x7f]+/)?{NAME}{{1,64}}",
    PrincipalKind.USER: rf"arn:aws:(?:iam::[0-9]{{12}}:user/(?:[!-\x7f]+/)?{NAME}{{1,64}}|sts::[0-9]{{12}}:federated-user/{NAME}{{1,64}})",
    PrincipalKind.ROOT: r"arn:aws:iam::[0-9]{12}:root",
}
SESSION = rf"arn:aws:sts::[0-9]{{12}}:assumed-role/{NAME}{{1,64}}/{NAME}{{2,64}}"
RESOURCES = {
    "s3": r"\*|arn:aws:s3:::[A-Za-z0-9._-]{3,255}(?:/.+)?",
    "kms": r"\*|arn:aws:kms:[a-z0-9-]+:[0-9]{12}:(?:key|alias)/.+",
    "sts": r"\*|arn:aws:iam::[0-9]{12}:role/.+",
    "iam": r".+",
}
ENCRYPTIONS = {
    "s3:x-amz-server-side-encryption": ("AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"),
    "s3:x-amz-server-side-encryption-customer-algorithm": ("AES256",),
}
# Headers that S3 refuses together [A].
SSE = "s3:x-amz-server-side-encryption"
TOGETHER: list[tuple[str, Callable[[Mapping[str, object]], bool]]] = [
    (f"{SSE}-aws-kms-key-id", lambda headers: headers.get(SSE) in ("aws:kms", "aws:kms:dsse")),
    (f"{SSE}-customer-algorithm", lambda headers: SSE not in headers and f"{SSE}-aws-kms-key-id" not in headers),
    ("s3:x-amz-acl", lambda headers: not any(name.startswith("s3:x-amz-grant-") for name in headers)),
]
TAG = re.compile(r"[^\W_]|[ _.:/=+\-@]|\s")


def mistakes(request: AuthorizationRequest, *, short_buckets: bool = False) -> Iterator[str]:
    """What AWS would refuse the request for. `short_buckets`: names of buckets may have one letter."""
    who = request.principal
    if who.kind in FORMS and not re.fullmatch(FORMS[who.kind], who.arn, re.ASCII):
        yield f"principal {who.arn}"
    if who.session_arn and not re.fullmatch(
        rf"arn:aws:sts::[0-9]{{12}}:assumed-role/{NAME}{{1,64}}/{NAME}{{2,64}}", who.session_arn, re.ASCII
    ):
        yield f"session {who.session_arn}"
    shape = RESOURCES[request.action.partition(":")[0].lower()].replace("{3,255}", "{1,255}" if short_buckets else "{3,255}")
    if not re.fullmatch(shape, request.resource, re.DOTALL):
        yield f"resource {request.resource}"
    for key, value in request.context.items():
        name = key.lower()
        if name in ("sts:sourceidentity", "sts:rolesessionname") and not re.fullmatch(rf"{NAME}{{2,64}}", str(value), re.ASCII):
            yield f"{key} {value}"
        is_tag = name.startswith(("aws:principaltag/", "aws:requesttag/"))
        if is_tag and (not isinstance(value, str) or len(value) > 256 or not all(map(TAG.fullmatch, value))):
            yield f"{key} {value}"
        if name in ENCRYPTIONS and value not in ENCRYPTIONS[name]:
            yield f"{key} {value}"
        if name == "aws:principalaccount" and not re.fullmatch(r"[0-9]{12}|anonymous", str(value)):
            yield f"{key} {value}"
    headers = {key.lower(): value for key, value in request.context.items()}
    if request.action == "s3:PutObject":
        yield from (f"{name} beside other headers" for name, goes_together in TOGETHER if name in headers and not goes_together(headers))

"""An S3 request of a counterexample, signed and sent to a sandbox as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bucketpass.sandbox.api_request import ApiRequest
from bucketpass.sandbox.credentials import Credential
from bucketpass.sandbox.service import Sandbox
from bucketpass.wire.client import HttpRequest
from bucketpass.wire.network import Network

if TYPE_CHECKING:
    from botocore.credentials import Credentials

__all__ = ["send_signed"]

_SECONDS = 20


def send_signed(sandbox: Sandbox, region: str, sent: ApiRequest, keys: Mapping[str, str] | Credential | None) -> tuple[int, str]:
    """Return the status and error of the sandbox's answer to the request, which None signs not at all."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest

    url = f"{sandbox.https_url if sent.secure else sandbox.http_url}{sent.target}"
    signed = AWSRequest(method=sent.method, url=url, headers=dict(sent.headers), data=sent.body)
    if keys is not None:
        S3SigV4Auth(_botocore(keys), "s3", region).add_auth(signed)
    wanted = HttpRequest(sent.method, url, tuple(dict(signed.headers.items()).items()), sent.body)
    answer = Network().send(wanted, timeout=_SECONDS, ca_file=str(sandbox.ca_file))
    found = re.search(rb"<Code>(.*?)</Code>\s*<Message>(.*?)</Message>", answer.body, re.DOTALL)
    return answer.status, b": ".join(found.groups()).decode(errors="replace") if found and answer.status >= 300 else ""


def _botocore(keys: Mapping[str, str] | Credential) -> Credentials:
    from botocore.credentials import Credentials

    if isinstance(keys, Credential):
        return Credentials(keys.access_key_id, keys.secret.reveal())
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"))

"""The events of a sandbox that runs in another process, as they happen: asked for with its administrator's key."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bucketpass.errors import SandboxError
from bucketpass.sandbox.front import EVENTS_PATH
from bucketpass.sandbox.runfile import RUN_FILE, known
from bucketpass.wire.client import HttpRequest
from bucketpass.wire.network import Network

__all__ = ["follow"]

POLL_SECONDS = 0.3


def follow(file: Path = RUN_FILE, *, endless: bool = True) -> Iterator[dict[str, object]]:
    """CloudTrail-shaped records, those that are kept first. Raises SandboxError where no sandbox runs, or it has ended."""
    here = known(file)
    keys = Credentials(here["access_key_id"], here["secret_access_key"])
    url, region = here["url"], here["region"]
    seen = 0
    while True:
        request = AWSRequest("GET", f"{url}{EVENTS_PATH}?since={seen}")
        S3SigV4Auth(keys, "s3", region).add_auth(request)
        try:
            sent = tuple((name, str(value)) for name, value in request.headers.items())
            answer = Network().send(HttpRequest("GET", str(request.url), sent), timeout=10, ca_file=here["ca_bundle"])
            if answer.status != 200:
                raise ConnectionError(f"it answered {answer.status}")
            found = json.loads(answer.body)
        except (OSError, ValueError) as problem:
            raise SandboxError(f"the sandbox at `{url}` does not answer: {problem}", remedy="did it end?") from None
        seen = found["latest"]
        yield from found["records"]
        if not endless:
            return
        time.sleep(POLL_SECONDS)

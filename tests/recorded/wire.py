"""The sandbox as a recorder of AWS asks it: signed requests of IAM and STS over HTTP, on one connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bucketpass.sandbox import Sandbox, SandboxOptions

ACCOUNT = "111122223333"
_VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
_CODE = re.compile(r"<Code>([^<]*)</Code>")


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: the error's code, or None where there is none."""

    status: int
    text: str

    @property
    def code(self) -> str | None:
        if self.status < 300:
            return None
        found = _CODE.search(self.text)
        return found[1] if found else f"status {self.status}"

    def element(self, name: str) -> str:
        """The text of the first element of this name."""
        found = re.search(rf"<{name}>([^<]*)</{name}>", self.text)
        assert found is not None, f"no {name} in {self.text}"
        return found[1]


class Wire:
    """Calls of IAM and STS."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._url = sandbox.http_url
        self._connection = HTTPConnection(urlsplit(self._url).netloc, timeout=30)
        admin = sandbox.admin
        self.admin = Credentials(admin.access_key_id, admin.secret.reveal())

    def close(self) -> None:
        self._connection.close()

    def call(self, service: str, action: str, parameters: Mapping[str, str], credentials: Credentials | None) -> Reply:
        """The answer to a call; unsigned where no credentials are given."""
        body = urlencode({"Action": action, "Version": _VERSIONS[service], **parameters})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = AWSRequest("POST", f"{self._url}/", headers=headers, data=body)
        if credentials is not None:
            SigV4Auth(credentials, service, "us-east-1").add_auth(request)
        self._connection.request("POST", "/", body=body, headers=dict(request.headers))
        response = self._connection.getresponse()
        return Reply(response.status, response.read().decode())

    def iam(self, action: str, **parameters: str) -> Reply:
        """The administrator's call of IAM, which is answered without error."""
        reply = self.call("iam", action, parameters, self.admin)
        assert reply.code is None, reply.text
        return reply

    def session(self, role_arn: str, policy: str) -> Credentials | Reply:
        """Credentials of the role under a session policy, or the refusal."""
        parameters = {"RoleArn": role_arn, "RoleSessionName": "recorded", "Policy": policy}
        reply = self.call("sts", "AssumeRole", parameters, self.admin)
        if reply.code is not None:
            return reply
        return Credentials(reply.element("AccessKeyId"), reply.element("SecretAccessKey"), reply.element("SessionToken"))


@contextmanager
def recording_sandbox() -> Iterator[Wire]:
    """An empty sandbox of the account that the rows are of."""
    with Sandbox(SandboxOptions(account=ACCOUNT)) as sandbox:
        wire = Wire(sandbox)
        try:
            yield wire
        finally:
            wire.close()

"""A call that a person describes to `decide` makes the authorization requests that the sandbox makes of the same call over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, between, inside, signed, text_of

from bucketpass.requests import callers
from bucketpass.requests.context import request_key
from bucketpass.requests.key import KeyOrigin
from bucketpass.requests.request import AuthorizationRequest
from bucketpass.requests.s3 import CopySource, ObjectFacts, S3Call, S3Target, authorization_requests
from bucketpass.sandbox.authorizer import Authorizer
from bucketpass.sandbox.credentials import Requester
from bucketpass.sandbox.events import AuthorizationResult, EventLog
from bucketpass.sandbox.front import Front
from bucketpass.sandbox.s3 import S3

SSE = "x-amz-server-side-encryption"
TAGGED = S3Target(ACCOUNT, ObjectFacts({"team": "ml"}), ObjectFacts(), ACCOUNT)
COPIED = S3Target(ACCOUNT, ObjectFacts(), ObjectFacts({"team": "ml"}), ACCOUNT)


class RecordingAuthorizer(Authorizer):
    """Remembers each request that it decides."""

    def __init__(self, world: Inside) -> None:
        super().__init__(world.state)
        self.requests: list[AuthorizationRequest] = []

    def decide(self, requester: Requester, request: AuthorizationRequest) -> AuthorizationResult:
        self.requests.append(request)
        return super().decide(requester, request)


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        world.s3("PUT", "/bucket/k", {"x-amz-tagging": "team=ml"}, b"x")
        yield world


def asked(world: Inside, line: str, headers: Mapping[str, str], body: bytes = b"") -> list[AuthorizationRequest]:
    method, target = line.split()
    authorizer = RecordingAuthorizer(world)
    services = replace(world.front._services, s3=S3(world.state, world.objects, authorizer, world.clock))
    front = Front(world.state, world.credentials, services, EventLog(), world.clock)
    assert front(signed(world.admin, method, target, headers, body)).status < 400
    return authorizer.requests


def told(requests: list[AuthorizationRequest]) -> list[tuple[str, str, dict[str, object]]]:
    """The actions and resources, and the keys that do not depend on how the call came: nobody describes its signature and time."""
    return [
        (
            request.action,
            request.resource,
            {name: value for name, value in request.context.items() if _is_of_call(name) and name != "s3:x-amz-content-sha256"},
        )
        for request in requests
    ]


def _is_of_call(name: str) -> bool:
    row = request_key(name)
    return row is not None and row.origin is not KeyOrigin.CONNECTION


@pytest.mark.parametrize(
    ("line", "headers", "call", "known"),
    [
        ("GET /bucket/k", {}, S3Call("GetObject", "bucket", "k"), TAGGED),
        ("HEAD /bucket/k", {}, S3Call("HeadObject", "bucket", "k"), TAGGED),
        ("GET /bucket/k?tagging", {}, S3Call("GetObjectTagging", "bucket", "k"), TAGGED),
        ("DELETE /bucket/k", {}, S3Call("DeleteObject", "bucket", "k"), TAGGED),
        ("GET /bucket?list-type=2", {}, S3Call("ListObjectsV2", "bucket"), S3Target(ACCOUNT)),
        (
            "GET /bucket?list-type=2&prefix=raw%2F&max-keys=5",
            {},
            S3Call("ListObjectsV2", "bucket", parameters={"prefix": "raw/", "max-keys": "5"}),
            S3Target(ACCOUNT),
        ),
        (
            "PUT /bucket/n",
            {SSE: "AES256", "x-amz-tagging": "a=1", "x-amz-acl": "bucket-owner-full-control"},
            S3Call("PutObject", "bucket", "n", headers={SSE: "AES256", "x-amz-tagging": "a=1", "x-amz-acl": "bucket-owner-full-control"}),
            S3Target(ACCOUNT),
        ),
        (
            "PUT /bucket/n",
            {"x-amz-copy-source": "bucket/k", SSE: "AES256"},
            S3Call("CopyObject", "bucket", "n", headers={SSE: "AES256"}, source=CopySource("bucket", "k")),
            COPIED,
        ),
        ("POST /bucket/n?uploads", {SSE: "AES256"}, S3Call("CreateMultipartUpload", "bucket", "n", headers={SSE: "AES256"}), TAGGED),
        ("GET /bucket?versioning", {}, S3Call("GetBucketVersioning", "bucket"), S3Target(ACCOUNT)),
    ],
)
def test_a_described_call_makes_the_requests_of_the_real_one(
    world: Inside, line: str, headers: dict[str, str], call: S3Call, known: S3Target
) -> None:
    described = authorization_requests(call, known, callers.root_user(ACCOUNT))
    assert told(asked(world, line, headers)) == told(list(described))


def test_a_described_part_has_the_headers_of_its_upload(world: Inside) -> None:
    upload = between(text_of(world.s3("POST", "/bucket/n?uploads", {SSE: "AES256"})), "UploadId")
    known = S3Target(ACCOUNT, upload_headers={SSE: "AES256"})
    described = authorization_requests(S3Call("UploadPart", "bucket", "n"), known, callers.root_user(ACCOUNT))
    assert told(asked(world, f"PUT /bucket/n?partNumber=1&uploadId={upload}", {}, b"x")) == told(list(described))

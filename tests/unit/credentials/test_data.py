"""Questions to S3 with a session's keys."""

import pytest
from tests.fake_machine import NOON, Server, fake_machine
from tests.integration.fake_sts import ROLE

from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.data import bucket_url, refuse_what_the_role_lacks
from bucketpass.credentials.values import Credentials, RoleToAssume
from bucketpass.errors import InvalidInput
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpResponse

NOW = NOON.timestamp()
HELD = Credentials("ASIA1", Secret("s"), Secret("t"), NOW, NOW + 3600, ROLE, TokenIdentity("i", "s"))
BUCKET = "https://data.s3.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("bucket", "region", "endpoint", "url"),
    [
        ("data", None, None, BUCKET),
        ("my.data", "eu-west-1", None, "https://s3.eu-west-1.amazonaws.com/my.data"),
        ("data", "cn-north-1", None, "https://data.s3.cn-north-1.amazonaws.com.cn"),
        ("data", None, "http://127.0.0.1:9000/", "http://127.0.0.1:9000/data"),
    ],
)
def test_a_bucket_is_where_s3_has_it(bucket: str, region: str | None, endpoint: str | None, url: str) -> None:
    assert bucket_url(bucket, RoleToAssume(ROLE, region=region), endpoint) == url


def ask(prefix: str, levels: str | None, answer: object) -> Server:
    server = Server({BUCKET + "/": answer, BUCKET: answer})
    refuse_what_the_role_lacks(prefix, levels, HELD, RoleToAssume(ROLE), fake_machine(server=server))
    return server


def test_a_prefix_that_the_session_may_not_list_is_refused() -> None:
    with pytest.raises(InvalidInput, match="may not read `s3://data/raw/`"):
        ask("data/raw/", None, HttpResponse(403, {}, b""))


@pytest.mark.parametrize("answer", [HttpResponse(200, {}, b""), HttpResponse(404, {}, b""), ConnectionRefusedError(111, "refused")])
def test_what_is_allowed_or_cannot_be_asked_is_not_refused(answer: object) -> None:
    assert len(ask("data/raw/", "read,write", answer).requests) == 1


@pytest.mark.parametrize(("prefix", "levels"), [("data/raw/", "write"), ("data/key", "read")])
def test_what_only_a_change_or_a_read_would_show_is_not_asked(prefix: str, levels: str) -> None:
    assert ask(prefix, levels, HttpResponse(403, {}, b"")).requests == []

"""Which endpoint a run goes to."""

import json
from pathlib import Path

import pytest

from bucketpass.errors import BucketpassError
from bucketpass.provision.embedded.target import SANDBOX_FILE, find_endpoint
from bucketpass.secret import Secret

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s3cret"}
SANDBOX = {
    "url": "https://localhost:1",
    "region": "eu-central-1",
    "access_key_id": "AKIB",
    "secret_access_key": "other",
    "ca_bundle": "/ca.pem",
}


def running(folder: Path, **changes: object) -> Path:
    (folder / SANDBOX_FILE).parent.mkdir()
    (folder / SANDBOX_FILE).write_text(json.dumps(SANDBOX | changes))
    return folder


def test_a_running_sandbox_is_found_by_its_file(tmp_path: Path) -> None:
    found = find_endpoint("sandbox", (Path("/nowhere"), running(tmp_path)), KEYS)
    assert (found.url, found.region, found.access_key_id) == ("https://localhost:1", "eu-central-1", "AKIB")
    assert found.secret_access_key == Secret("other")
    assert (found.ca_bundle, found.instance) == (Path("/ca.pem"), "AKIB")


def test_without_one_the_environment_says_where_it_is(tmp_path: Path) -> None:
    environ = KEYS | {"AWS_ENDPOINT_URL": "http://127.0.0.1:5", "AWS_REGION": "eu-west-1", "AWS_CA_BUNDLE": "/b.pem"}
    found = find_endpoint("sandbox", (tmp_path,), environ)
    assert (found.url, found.region, found.ca_bundle) == ("http://127.0.0.1:5", "eu-west-1", Path("/b.pem"))


def test_a_url_takes_the_key_of_the_environment(tmp_path: Path) -> None:
    found = find_endpoint("http://ceph:8000", (running(tmp_path),), KEYS | {"AWS_SESSION_TOKEN": "t"})
    assert (found.url, found.access_key_id, found.session_token) == ("http://ceph:8000", "AKIA", Secret("t"))
    assert found.instance == ""


@pytest.mark.parametrize(
    ("to", "environ", "words"),
    [
        ("aws", KEYS, "pulumi up"),
        ("sandbox", {}, "bucketpass sandbox"),
        ("http://ceph:8000", {}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set"),
        ("http://ceph:8000", {"AWS_ACCESS_KEY_ID": "A"}, ": AWS_SECRET_ACCESS_KEY not set"),
        ("ceph", KEYS, "not an endpoint"),
        ("sandbx", {}, "not an endpoint, expected `sandbox`, `aws`, `rgw` or a URL"),
        ("ftp://ceph", KEYS, "not an endpoint"),
        ("https://s3.eu-west-1.amazonaws.com", KEYS, "AWS itself"),
        ("https://iam.amazonaws.com.", KEYS, "AWS itself"),
    ],
)
def test_an_invalid_endpoint_raises_an_error_with_a_remedy(tmp_path: Path, to: str, environ: dict[str, str], words: str) -> None:
    with pytest.raises(BucketpassError, match=words):
        find_endpoint(to, (tmp_path,), environ)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"url": 5}'])
def test_a_file_that_no_sandbox_wrote_is_told(tmp_path: Path, content: str) -> None:
    (running(tmp_path) / SANDBOX_FILE).write_text(content)
    with pytest.raises(BucketpassError, match="is not what a running sandbox writes"):
        find_endpoint("sandbox", (tmp_path,), {})


def test_a_gateway_is_at_the_url_beside_it_and_speaks_its_own_dialect() -> None:
    found = find_endpoint("rgw", (), KEYS, "https://s3.example.com")
    assert (found.url, found.dialect) == ("https://s3.example.com", "rgw")
    assert find_endpoint("rgw", (), KEYS | {"AWS_ENDPOINT_URL": "https://a.example.com"}).url == "https://a.example.com"


@pytest.mark.parametrize(
    ("to", "url"), [("rgw", None), ("sandbox", "https://s3.example.com"), ("https://a.example.com", "https://b.example.com")]
)
def test_a_target_that_does_not_say_where_it_is_or_says_it_twice_is_refused(to: str, url: str | None) -> None:
    with pytest.raises(BucketpassError, match="--endpoint"):
        find_endpoint(to, (), KEYS, url)

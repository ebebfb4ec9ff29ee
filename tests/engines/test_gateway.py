"""Ceph's gateway starts from nothing, exchanges a token for a session, lets it do what the policy says, and leaves nothing behind."""

import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.engines.ceph import ceph, missing_programs
from tests.engines.lab import Lab, allow, answer
from tests.engines.site import Site
from tests.identity_providers.tls import Authority

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines")]


@pytest.mark.skipif(bool(missing_programs()), reason="Ceph is not installed; `make engines` installs it")
def test_no_process_is_left_when_the_cluster_is_stopped(tmp_path: Path, authority: Authority) -> None:
    with ceph(tmp_path / "cluster", authority) as gateway:
        assert gateway.client("s3").list_buckets()["Buckets"] == []
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(gateway.http_url, timeout=2)
    running = subprocess.run(["ps", "-e", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in running


def test_a_token_becomes_a_session_that_reads_its_prefix_and_nothing_else(lab: Lab) -> None:
    session = lab.session(lab.role(allow("s3:GetObject", f"{lab.arn}/raw/*")))
    assert session.get_object(Bucket=lab.bucket, Key="raw/a")["Body"].read() == b"body"
    assert answer(session.get_object, Bucket=lab.bucket, Key="other/a") == 403
    assert answer(session.put_object, Bucket=lab.bucket, Key="raw/a", Body=b"") == 403


def test_it_speaks_http_and_https(gateway: Site) -> None:
    assert [answer(gateway.client("s3", plain=plain).list_buckets) for plain in (True, False)] == [200, 200]

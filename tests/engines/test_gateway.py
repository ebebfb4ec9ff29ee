"""Ceph's gateway starts from nothing, exchanges a token for a session, lets it do what the policy says, and leaves nothing behind."""

import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.engines.ceph import ceph, free_port, missing_programs
from tests.engines.lab import Lab, allow, answer, document
from tests.engines.site import Site
from tests.identity_providers.tls import Authority

from bucketpass.sandbox import Sandbox, SandboxOptions

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


def test_it_takes_tokens_of_the_sandboxs_own_issuer(gateway: Site) -> None:
    port = free_port()
    host = f"localhost:{port}/_oidc/own"
    with Sandbox(SandboxOptions(port=port, issuers={"own": f"https://{host}"})) as sandbox:
        iam, provider = gateway.client("iam"), f"arn:aws:iam:::oidc-provider/{host}"
        iam.create_open_id_connect_provider(Url=f"https://{host}", ClientIDList=["s3-data"], ThumbprintList=["0" * 40])
        trust = {"Effect": "Allow", "Principal": {"Federated": [provider]}, "Action": ["sts:AssumeRoleWithWebIdentity"]}
        iam.create_role(RoleName="of-the-sandbox", AssumeRolePolicyDocument=document(trust))
        for sandbox_rotates in (False, True):
            if sandbox_rotates:
                sandbox.issuers.rotate("own")
            token = sandbox.issuers.mint("own", {"sub": "trainer", "aud": "s3-data"}).reveal()
            assume = gateway.client("sts", credentials={}).assume_role_with_web_identity
            asked = {"RoleArn": "arn:aws:iam:::role/of-the-sandbox", "RoleSessionName": "lab", "WebIdentityToken": token}
            assert answer(assume, **asked) == 200

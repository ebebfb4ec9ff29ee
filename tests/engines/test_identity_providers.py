"""Tokens of identity providers that we did not write, at the sandbox and at Ceph's gateway: accepted, also when keys change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from tests.engines.lab import answer
from tests.engines.site import Site
from tests.identity_providers.keys import SigningKey
from tests.identity_providers.provider import PROVIDERS, Provider, missing
from tests.identity_providers.tls import Authority

from bucketpass.clock import SystemClock
from bucketpass.compile.dialect import dialect_named
from bucketpass.provision.embedded import Engine, Program, Stack
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines")]

LONGER_THAN_KEYS_ARE_KEPT = timedelta(minutes=6)
CURVES = {"oidc-provider": "ES256", "glewlwyd": "ES256"}  # the others sign with RSA only
ACCOUNTS = {"aws": "111122223333", "rgw": ""}


class Watch(SystemClock):
    """The machine's clock, but for the seconds that keys are kept by: those can be moved on."""

    moved = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.moved


@dataclass(frozen=True, slots=True)
class At:
    """A site, and the session of the embedded engine that deploys there."""

    site: Site
    engine: Engine


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="module")
def sandbox(authority: Authority, watch: Watch) -> Iterator[Site]:
    """A sandbox that fetches keys from the providers of this test, whose authority it is told to trust."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority.bundle))
        with Sandbox(SandboxOptions(clock=watch)) as running:
            yield Site(running.http_url, running.https_url, running.ca_file, running.admin.access_key_id, running.admin.secret)


@pytest.fixture(scope="module", params=["sandbox", "gateway"])
def at(request: pytest.FixtureRequest) -> Iterator[At]:
    """Each engine in its turn."""
    site: Site = request.getfixturevalue(request.param)
    with Engine(site.endpoint(), Path(sys.executable)) as engine:
        yield At(site, engine)


@pytest.fixture(params=tuple(PROVIDERS))
def provider(request: pytest.FixtureRequest, tmp_path: Path, authority: Authority) -> Iterator[tuple[str, Provider]]:
    """Each identity provider in its turn, with its name."""
    if absent := missing(request.param):
        pytest.skip(f"`{request.param}` needs {absent}; `make engines` installs it")
    with PROVIDERS[request.param](tmp_path, authority, SigningKey("first")) as running:
        yield request.param, running


def deployed(at: At, folder: Path, name: str, issuing: Provider, subject: str) -> str:
    """The ARN of the role of a declaration that was made at the site: it reads `raw/` of the bucket `name`."""
    declared = {
        "name": name,
        "issuers": {"own": {"preset": "generic", "url": issuing.issuer, "audience": issuing.audience}},
        "buckets": {name: {}},
        "services": {
            "trainer": {"identity": {"issuer": "own", "subject": subject}, "grants": {"bucket": name, "prefix": "raw/", "access": "read"}}
        },
    }
    site, file = at.site, folder / "access.yaml"
    file.write_text(yaml.safe_dump(declared))
    program = Program.of_access(file)
    config = {"bucketpass:dialect": site.dialect, "bucketpass:waivers": json.dumps(dialect_named("rgw").waivers)}
    result = at.engine.up(replace(program, config={**program.config, **(config if site.dialect != "aws" else {})}), Stack.of(program))
    assert result.exit_code == 0, (result.error, result.messages, result.failed)
    for key in ("raw/a", "other/a"):
        site.client("s3").put_object(Bucket=name, Key=key, Body=b"body")
    return f"arn:aws:iam::{ACCOUNTS[site.dialect]}:role/{name}-trainer"


def assumed(site: Site, role: str, token: str) -> Any:
    """An S3 client with a session for the token. Raises ClientError."""
    sts = site.client("sts", credentials={})
    answered = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="trainer", WebIdentityToken=token)
    return site.client("s3", credentials=answered["Credentials"])


def reads(session: Any, bucket: str) -> tuple[int, int]:
    """The statuses of GetObject inside and outside of the grant."""
    inside, outside = (answer(session.get_object, Bucket=bucket, Key=key) for key in ("raw/a", "other/a"))
    return inside, outside


def test_its_tokens_are_taken_and_its_key_can_change_while_sessions_live(
    at: At, provider: tuple[str, Provider], tmp_path: Path, watch: Watch
) -> None:
    (kind, issuing), site = provider, at.site
    bucket = f"{kind}-{site.dialect}-{datetime.now().microsecond}"
    role = deployed(at, tmp_path, bucket, issuing, issuing.subject)
    old_token = issuing.token()
    session = assumed(site, role, old_token)
    assert reads(session, bucket) == (200, 403)

    issuing.rotate(SigningKey("second", CURVES.get(kind, "RS256")))
    watch.moved += LONGER_THAN_KEYS_ARE_KEPT.total_seconds()
    assert reads(session, bucket) == (200, 403)
    assert reads(assumed(site, role, issuing.token()), bucket) == (200, 403)
    keeps_the_old_key = kind != "oidc-provider-mock"
    if keeps_the_old_key and site.dialect == "aws":
        assert reads(assumed(site, role, old_token), bucket) == (200, 403)
    else:  # the key is not published any more, or is no longer the first
        with pytest.raises(ClientError):
            assumed(site, role, old_token)


def test_a_token_of_the_provider_for_somebody_else_is_refused(at: At, provider: tuple[str, Provider], tmp_path: Path) -> None:
    (kind, issuing), site = provider, at.site
    bucket = f"{kind}-{site.dialect}-{datetime.now().microsecond}"
    role = deployed(at, tmp_path, bucket, issuing, "somebody-else")
    with pytest.raises(ClientError) as caught:
        assumed(site, role, issuing.token())
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403

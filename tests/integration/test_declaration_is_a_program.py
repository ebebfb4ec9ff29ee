"""A declaration is registered without starting a Python, and comes to what the program with `FederatedAccess` makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bucketpass.provision.embedded import Endpoint, Engine, Program, RunResult, Stack, StepOperation
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.journal import read_records
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
ACCESS = """
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets:
  data: {encryption: kms, tags: {cost_center: a}, logging: {bucket: logs}}
  logs: {}
  old: {create: false, lifecycle: {expire_days: 9}, tags: {a: b}, logging: {bucket: logs, prefix: x/}}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants: [{bucket: data, prefix: raw/, access: read}, {bucket: old, access: write}]
"""


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    (tmp_path / "access.yaml").write_text(ACCESS)
    with Sandbox(SandboxOptions(region="us-east-1")) as sandbox:
        found = Endpoint(sandbox.https_url, "us-east-1", sandbox.admin.access_key_id, sandbox.admin.secret, sandbox.ca_file)
        aws = RegionClients(found, "us-east-1")
        aws.s3.create_bucket(Bucket="old")
        yield found
        aws.close()


def told(result: RunResult) -> tuple[object, ...]:
    steps = {(step.urn, step.operation, step.phase) for step in result.steps}
    return result.ok, steps, {message.text for message in result.messages}, set(result.outputs)


def test_both_ways_tell_and_make_the_same(endpoint: Endpoint, tmp_path: Path) -> None:
    declared = Program.of_access(tmp_path / "access.yaml")
    program = replace(declared, declaration=None)
    stack = Stack.of(declared)
    with Engine(endpoint) as engine:
        assert told(engine.preview(declared, stack)) == told(engine.preview(program, stack))
        assert engine.up(program, stack).ok
        assert engine.up(program, stack).ok  # which also notes what AWS filled in
        records = read_records(stack.file)
        assert set(engine.up(declared, stack).counts) == {StepOperation.SAME}
        assert read_records(stack.file) == records
        assert engine.destroy(stack).ok
        assert engine.up(declared, stack).ok
        assert set(engine.up(program, stack).counts) == {StepOperation.SAME}
        assert engine.destroy(stack).ok


def test_what_is_wrong_with_a_declaration_is_told_alike(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text(ACCESS.replace("create: false,", 'create: false, policy: \'{"Version": "2012-10-17"}\', '))
    declared = Program.of_access(tmp_path / "access.yaml")
    with Engine(endpoint) as engine:
        results = [engine.up(one, Stack.of(declared)) for one in (declared, replace(declared, declaration=None))]
    assert not results[0].ok
    assert {message.text for message in results[0].messages} == {message.text for message in results[1].messages}
    assert results[0].exit_code == results[1].exit_code

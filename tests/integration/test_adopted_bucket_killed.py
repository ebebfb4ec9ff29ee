"""Adopting a bucket and leaving it again, killed at random moments: the next run ends whole, and nothing of others is touched."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.engine_project import endpoint_of

from bucketpass.policy.shared import mark_of, marks, others
from bucketpass.provision.embedded import Endpoint, Engine, Program, Stack
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
KILLS = 20
ACCESS = """
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets:
  data:
    create: false
    lifecycle: {expire_days: 400}
    tags: {team: ml}
    logging: {bucket: logs, prefix: of-data/}
    encryption: {key: "KEY"}
    key_policy: merge
services:
  trainer: {identity: {issuer: okta, subject: 0oa1trainer}, grants: [{bucket: data, prefix: raw/, access: read}]}
  scorer: {identity: {issuer: okta, subject: 0oa1scorer}, grants: [{bucket: data, prefix: scores/, access: write}]}
"""
THEIRS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Id": "TheirPolicy",
    "Statement": [{"Sid": "TheirDeny", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::data"}],
}
MARK = mark_of("bucketpass", "dev")
# A run in a process of its own: it loads everything, says so, waits for the word, and works until it is killed.
RUNNER = """
import sys
from pathlib import Path
from bucketpass.provision.embedded import Endpoint, Engine, Program, Stack
from bucketpass.secret import Secret

url, region, key, secret, bundle = sys.argv[1:]
program = Program.of_access(Path("access.yaml"))
with Engine(Endpoint(url, region, key, Secret(secret), Path(bundle)), program.python) as engine:
    engine.identity
    print("ready", flush=True)
    if sys.stdin.readline().strip() == "up":
        engine.up(program, Stack.of(program), preview_first=False)
    else:
        engine.destroy(Stack.of(program))
    print("done", flush=True)
"""


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.chdir(tmp_path)
    with Sandbox(SandboxOptions()) as sandbox:
        yield endpoint_of(sandbox)


def start(endpoint: Endpoint, temporary: Path) -> subprocess.Popen[str]:
    words = [endpoint.url, endpoint.region, endpoint.access_key_id, endpoint.secret_access_key.reveal(), str(endpoint.ca_bundle)]
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    )


def killed(process: subprocess.Popen[str], verb: str, seconds: float) -> bool:
    """Let the run begin and kill it after so long. Returns whether it was still at work."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write(f"{verb}\n")
    process.stdin.flush()
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    at_work = process.stdout.read() == ""
    process.wait()
    process.stdin.close()
    process.stdout.close()
    return at_work


def live(aws: RegionClients) -> dict[str, Any]:
    """The settings that are shared."""
    s3: Any = aws.s3
    return {
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket="data")["Rules"],
        "tags": s3.get_bucket_tagging(Bucket="data")["TagSet"],
        "logging": s3.get_bucket_logging(Bucket="data").get("LoggingEnabled"),
        "key": aws.kms.get_key_policy(KeyId=key_of(aws), PolicyName="default")["Policy"],
        "policy": s3.get_bucket_policy(Bucket="data")["Policy"],
    }


def as_values(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "policy": json.loads(found["policy"]), "key": json.loads(found["key"])}


def key_of(aws: RegionClients) -> str:
    return aws.kms.describe_key(KeyId="alias/theirs")["KeyMetadata"]["Arn"]


def foreign(aws: RegionClients) -> dict[str, Any]:
    """What others have there, whatever the stack has."""
    s3: Any = aws.s3
    found = live(aws)
    return {
        "lifecycle": [rule for rule in found["lifecycle"] if not rule["ID"].startswith(MARK)],
        "tags": [tag for tag in found["tags"] if tag["Key"] not in {MARK, "team"}],
        "key": list(others(found["key"], MARK)),
        "policy": list(others(found["policy"], MARK)),
        "objects": [(one["Key"], one["VersionId"], one["ETag"]) for one in s3.list_object_versions(Bucket="data")["Versions"]],
        "role": aws.iam.get_role(RoleName="theirs")["Role"]["AssumeRolePolicyDocument"],
    }


def test_no_kill_leaves_anything_half_done_or_touches_what_is_foreign(endpoint: Endpoint, socket_folder: Path) -> None:
    chance = random.Random(17)
    aws = RegionClients(endpoint, endpoint.region)
    aws.s3.create_bucket(Bucket="data")
    aws.s3.put_bucket_policy(Bucket="data", Policy=json.dumps(THEIRS))
    rule: Any = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}
    aws.s3.put_bucket_lifecycle_configuration(Bucket="data", LifecycleConfiguration={"Rules": [rule]})
    aws.s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": [{"Key": "owner", "Value": "lab"}]})
    aws.s3.put_object(Bucket="data", Key="raw/1", Body=b"1")
    aws.s3.create_bucket(Bucket="logs")
    key = aws.kms.create_key()["KeyMetadata"]["Arn"]
    aws.kms.create_alias(AliasName="alias/theirs", TargetKeyId=key)
    Path("access.yaml").write_text(ACCESS.replace("KEY", key))
    aws.iam.create_role(
        RoleName="theirs",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
        ),
    )
    as_it_was, before, program = live(aws), foreign(aws), Program.of_access(Path("access.yaml"))
    stack, at_work = Stack.of(program), 0
    with ExitStack() as stack_of_runners, Engine(endpoint) as engine:
        # How long each takes on this machine: a process of its own takes longer, so that most kills meet it at work.
        engine.up(program, stack, preview_first=False)
        began = time.monotonic()
        assert engine.destroy(stack).ok
        down_seconds = time.monotonic() - began
        began = time.monotonic()
        assert engine.up(program, stack, preview_first=False).ok
        up_seconds = time.monotonic() - began
        assert engine.destroy(stack).ok
        waiting = start(endpoint, socket_folder)
        for number in range(KILLS):
            process, waiting = waiting, start(endpoint, socket_folder)
            verb = "down" if number % 2 else "up"
            at_work += killed(process, verb, chance.uniform(0.0, down_seconds if number % 2 else up_seconds))
            assert foreign(aws) == before
            result = engine.destroy(stack) if number % 2 else engine.up(program, stack)
            assert result.ok, (number, verb, result.error, [step.reason for step in result.failed])
            whole = live(aws)
            if number % 2:
                assert as_values(whole) == as_values(as_it_was)
            else:
                assert marks(whole["policy"]) == marks(whole["key"]) == {MARK}
                assert f"{MARK}expire" in [rule["ID"] for rule in whole["lifecycle"]]
                assert {"Key": "team", "Value": "ml"} in whole["tags"]
                assert whole["logging"] == {"TargetBucket": "logs", "TargetPrefix": "of-data/"}
            roles = {role["RoleName"] for role in aws.iam.list_roles()["Roles"]} & {"bucketpass-trainer", "bucketpass-scorer"}
            assert len(roles) == (0 if number % 2 else 2)
            assert foreign(aws) == before
        assert json.loads(aws.s3.get_bucket_policy(Bucket="data")["Policy"]) == THEIRS
        os.killpg(waiting.pid, signal.SIGKILL)
        stack_of_runners.enter_context(waiting)
    # Most of the runs were killed while they worked, else this would be no test.
    assert at_work >= KILLS // 2
    aws.close()

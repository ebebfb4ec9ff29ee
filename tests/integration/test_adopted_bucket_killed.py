"""Adopting a bucket, changing it and leaving it, killed at each call: the next run ends whole, and nothing of others is touched."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from tests.engine_project import endpoint_of

from bucketpass.policy.shared import mark_of, marks, others
from bucketpass.provision.embedded import Endpoint, Engine, Program, Stack
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
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
CHANGED = (("expire_days: 400", "expire_days: 500"), ("team: ml", "team: vision"), ("prefix: raw/", "prefix: new/"), ("of-data/", "of-it/"))
# A process that has everything loaded, and forks one for each run: that one kills itself just before, or just after, a call of this name.
RUNNER = """
import os, signal, sys
from pathlib import Path
from botocore.client import BaseClient
from bucketpass.provision.embedded import Endpoint, Engine, Program, Stack
from bucketpass.secret import Secret

url, region, key, secret, bundle = sys.argv[1:]
made, call_aws = [], BaseClient._make_api_call

def call(client, operation, parameters):
    if operation.startswith(("Get", "List", "Head", "Describe")):
        return call_aws(client, operation, parameters)
    named = next((str(value) for name, value in parameters.items() if name in NAMES), "")
    name = f"{operation}:{named}"
    made.append(name)
    if (moment, point) == ("before", name):
        os.kill(os.getpid(), signal.SIGKILL)
    answer = call_aws(client, operation, parameters)
    if (moment, point) == ("after", name):
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

NAMES = ("Bucket", "KeyId", "RoleName", "PolicyName", "PolicyArn", "Url", "OpenIDConnectProviderArn")
BaseClient._make_api_call = call
program = Program.of_access(Path("access.yaml"))
engine = Engine(Endpoint(url, region, key, Secret(secret), Path(bundle)))
engine.preview(program, Stack.of(program))
engine.close()  # its clients stay, for all runs, without a connection that they would share
print("ready", flush=True)
for line in sys.stdin:
    verb, moment, point = line.split()
    child = os.fork()
    if child == 0:
        program = Program.of_access(Path("access.yaml"))
        stack = Stack.of(program)
        result = engine.destroy(stack) if verb == "down" else engine.up(program, stack, preview_first=False)
        print(result.ok, *made, flush=True)
        os._exit(0)
    if os.WIFSIGNALED(os.waitpid(child, 0)[1]):
        print("killed", flush=True)
"""


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.chdir(tmp_path)
    with Sandbox(SandboxOptions()) as sandbox:
        yield endpoint_of(sandbox)


class Runner:
    """Runs of the engine in processes of their own."""

    def __init__(self, endpoint: Endpoint) -> None:
        words = [endpoint.url, endpoint.region, endpoint.access_key_id, endpoint.secret_access_key.reveal(), str(endpoint.ca_bundle)]
        self._process = subprocess.Popen([sys.executable, "-c", RUNNER, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._said() == ["ready"]

    def _said(self) -> list[str]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()

    def run(self, verb: str, moment: str = "never", point: str = "-") -> list[str]:
        """Return what was called, or `killed` alone."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{verb} {moment} {point}\n")
        self._process.stdin.flush()
        return self._said()

    def close(self) -> None:
        self._process.communicate()


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


@dataclass(frozen=True)
class World:
    """A bucket, a key and a role of others, a declaration that adopts them, and one that changes what was adopted."""

    aws: RegionClients
    engine: Engine
    runner: Runner
    before: dict[str, Any]
    theirs: dict[str, Any]

    @property
    def program(self) -> Program:
        return Program.of_access(Path("access.yaml"))

    def up(self) -> None:
        result = self.engine.up(self.program, Stack.of(self.program), preview_first=False)
        assert result.ok, (result.error, [step.reason for step in result.failed])

    def down(self) -> None:
        result = self.engine.destroy(Stack.of(self.program))
        assert result.ok, (result.error, [step.reason for step in result.failed])

    def killed(self, verb: str, point: tuple[str, str] | None) -> None:
        """Have a run killed there. Nothing of others is touched."""
        if point is not None:
            assert self.runner.run(verb, *point) == ["killed"], point
            assert foreign(self.aws) == self.theirs, point

    def made(self) -> dict[str, Any]:
        """All that the stack has, by meaning."""
        roles = sorted(role["RoleName"] for role in self.aws.iam.list_roles()["Roles"])
        policies = {role: [self.aws.iam.list_role_policies(RoleName=role)["PolicyNames"]] for role in roles}
        attached = {role: self.aws.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] for role in roles}
        return {**as_values(live(self.aws)), "roles": roles, "policies": policies, "attached": attached, "foreign": foreign(self.aws)}


@pytest.fixture
def world(endpoint: Endpoint) -> Iterator[World]:
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
    nobody = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    aws.iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [nobody]}))
    declare(key)
    runner = Runner(endpoint)
    with Engine(endpoint) as engine:
        yield World(aws, engine, runner, as_values(live(aws)), foreign(aws))
    runner.close()
    aws.close()


def declare(key: str, changes: Iterable[tuple[str, str]] = ()) -> None:
    text = ACCESS.replace("KEY", key)
    for old, new in changes:
        text = text.replace(old, new)
    Path("access.yaml").write_text(text)


def each_point(calls: list[str]) -> list[tuple[str, str]]:
    """Return the moments to be killed at: just before and just after each call that changes something."""
    assert calls[0] == "True"
    return [(moment, call) for call in dict.fromkeys(calls[1:]) for moment in ("before", "after")]


def test_no_kill_leaves_anything_half_done_or_touches_what_is_foreign(world: World) -> None:
    key = key_of(world.aws)
    adopt, whole = each_point(world.runner.run("up")), world.made()
    assert marks(json.dumps(whole["policy"])) == {MARK}
    assert whole["logging"] == {"TargetBucket": "logs", "TargetPrefix": "of-data/"}
    declare(key, CHANGED)
    change, changed = each_point(world.runner.run("up")), world.made()
    assert changed["logging"] == {"TargetBucket": "logs", "TargetPrefix": "of-it/"}
    # The version that a change made is deleted first, so that it need not be made for the others.
    leave = sorted(each_point(world.runner.run("down")), key=lambda point: not point[1].startswith("DeletePolicyVersion"))
    assert (len(adopt) >= 20, len(change) >= 10, len(leave) >= 20) == (True, True, True)
    for points in zip_longest(adopt, change, leave):
        declare(key)
        world.killed("up", points[0])
        world.up()
        assert world.made() == whole, points
        if points[1] is not None:
            declare(key, CHANGED)
            world.killed("up", points[1])
            world.up()
            assert world.made() == changed, points
        world.killed("down", points[2])
        world.down()
        assert as_values(live(world.aws)) == world.before, points
        assert [role["RoleName"] for role in world.aws.iam.list_roles()["Roles"]] == ["theirs"], points

"""A run that is killed at any moment, and one that is interrupted: the next run mends what is left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine_project import endpoint_of
from tests.json_outputs import validated

from bucketpass.provision.embedded import Endpoint, Engine, Program, Stack, StepOperation
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow

PROGRAM = """
import pulumi_aws as aws
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
for number in range(3):
    role = aws.iam.Role(f"r{number}", name=f"crash-{number}", assume_role_policy=trust, tags={"n": str(number)})
    policy = aws.iam.Policy(f"p{number}", name=f"crash-{number}", policy=allow)
    aws.iam.RolePolicyAttachment(f"a{number}", role=role.name, policy_arn=policy.arn)
    bucket = aws.s3.Bucket(f"b{number}", bucket=f"crash-{number}", tags={"n": str(number)})
    aws.s3.BucketVersioning(f"v{number}", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
"""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Sandbox(SandboxOptions()) as sandbox:
        yield endpoint_of(sandbox)


def start(folder: Path, endpoint: Endpoint, temporary: Path | None = None) -> subprocess.Popen[bytes]:
    """`bucketpass up` in a process group of its own."""
    environ = os.environ | {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_ACCESS_KEY_ID": endpoint.access_key_id,
        "AWS_SECRET_ACCESS_KEY": endpoint.secret_access_key.reveal(),
        "AWS_CA_BUNDLE": str(endpoint.ca_bundle),
        "AWS_REGION": endpoint.region,
    }
    environ |= {"TMPDIR": str(temporary)} if temporary else {}
    return subprocess.Popen(
        [sys.executable, "-m", "bucketpass", "up", "--yes", "--json"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def journal_lines(folder: Path) -> int:
    journal = folder / ".bucketpass" / "stacks" / "crash.dev.journal"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def wait_for(folder: Path, lines: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while journal_lines(folder) < lines and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)


def running_in(folder: Path) -> list[int]:
    """The processes whose working folder it is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.resolve() == folder:
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: crash\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return tmp_path


def everything(aws: RegionClients) -> dict[str, list[str]]:
    roles = [role["RoleName"] for role in aws.iam.list_roles()["Roles"] if role["RoleName"].startswith("crash-")]
    return {
        "roles": roles,
        "policies": [policy["PolicyName"] for policy in aws.iam.list_policies(Scope="Local")["Policies"]],
        "attached": [role for role in roles if aws.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]],
        "buckets": [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]],
        "versioned": [
            bucket["Name"]
            for bucket in aws.s3.list_buckets()["Buckets"]
            if aws.s3.get_bucket_versioning(Bucket=bucket["Name"]).get("Status") == "Enabled"
        ],
    }


@pytest.mark.parametrize("lines", [1, 4, 9, 16])
def test_a_run_that_is_killed_is_mended_by_the_next_and_nothing_is_left_over(
    folder: Path, endpoint: Endpoint, lines: int, socket_folder: Path
) -> None:
    with start(folder, endpoint, socket_folder) as process:
        wait_for(folder, lines, process)
        os.killpg(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while running_in(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running_in(folder) == []  # the program and its host see that nobody is there any more
    aws = RegionClients(endpoint, endpoint.region)
    program = Program.load(folder, "dev")
    with Engine(endpoint) as engine:
        mended = engine.up(program, Stack.of(program))
        assert [step.reason for step in mended.failed] == []
        names = [f"crash-{number}" for number in range(3)]
        assert {kind: sorted(found) for kind, found in everything(aws).items()} == dict.fromkeys(everything(aws), names)
        assert set(engine.up(program, Stack.of(program)).counts) == {StepOperation.SAME}
        engine.destroy(Stack.of(program))
    assert [found for found in everything(aws).values() if found] == []
    aws.close()


def test_ctrl_c_ends_in_a_consistent_state_and_leaves_no_process(folder: Path, endpoint: Endpoint) -> None:
    with start(folder, endpoint) as process:
        wait_for(folder, 6, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    assert running_in(folder) == []
    aws = RegionClients(endpoint, endpoint.region)
    records = json.loads((folder / ".bucketpass" / "stacks" / "crash.dev.json").read_text())["records, format 1"]
    noted = {record["id"] for key, record in records.items() if key.startswith("live") and record["type"] == "aws:iam/role:Role"}
    assert noted == set(everything(aws)["roles"])
    aws.close()


def test_a_run_over_the_command_line_prints_one_object(folder: Path, endpoint: Endpoint) -> None:
    with start(folder, endpoint) as process:
        printed, _ = process.communicate(timeout=60)
    told = validated(printed)
    assert (told["ok"], told["engine"], told["counts"]) == (True, "embedded", {"create": 16})
    assert process.returncode == 0

"""A sandbox forgets what was made in it when it ends: the next run sees that, and makes it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bucketpass.provision.embedded import Endpoint, Engine, Program, Stack, StepOperation
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
PROGRAM = """
import pulumi_aws as aws
bucket = aws.s3.Bucket("data", bucket="made-again")
aws.s3.BucketVersioning("data", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
"""


@contextmanager
def engine() -> Iterator[Engine]:
    with Sandbox(SandboxOptions()) as sandbox:
        key = sandbox.admin
        endpoint = Endpoint(
            sandbox.https_url, sandbox.options.region, key.access_key_id, key.secret, sandbox.ca_file, instance=key.access_key_id
        )
        with Engine(endpoint) as engine:
            yield engine


def test_what_was_made_in_a_sandbox_that_is_gone_is_made_in_the_next(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: anew\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    program = Program.load(tmp_path, "dev")
    stack = Stack.of(program)
    with engine() as first:
        assert first.up(program, stack).counts[StepOperation.CREATE] == 3
        again = first.up(program, stack)
        assert (set(again.counts), again.messages) == ({StepOperation.SAME}, ())
    with engine() as second:
        planned = second.preview(program, stack)
        assert planned.counts[StepOperation.CREATE] == 2
        assert "was restarted" in planned.messages[0].text
        assert second.up(program, stack).counts[StepOperation.CREATE] == 2
        assert set(second.up(program, stack).counts) == {StepOperation.SAME}

"""The demo from curtain to curtain: sandbox, Pulumi program, data, the story, and nothing left behind."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bucketpass.compile import compile_access
from bucketpass.compile.plan import Plan, Target
from bucketpass.demo.players import Addresses, Answer, Player
from bucketpass.demo.prediction import Prediction, predict
from bucketpass.demo.story import BUCKET, STORY, Attempt
from bucketpass.demo.tokens import token_for
from bucketpass.errors import ProvisionError
from bucketpass.model import Access, load_access
from bucketpass.provision.embedded import Endpoint, Engine, Program, Result, Stack
from bucketpass.sandbox import Sandbox, SandboxOptions

__all__ = ["EXAMPLE", "Act", "Listener", "Row", "play"]

EXAMPLE = Path(__file__).parent / "example"
BESIDE_THE_PROGRAM = ("ci", "classic", "deploy", ".*", "__pycache__")
SHORT_SESSION_SECONDS = 1
SESSION_SECONDS = 900
SEEDS = {
    "raw/shard-000.txt": b"the quick brown fox\n" * 50,
    "raw/shard-001.txt": b"jumps over the lazy dog\n" * 50,
    "private/salaries.csv": b"name,salary\n",
}


@dataclass(frozen=True, slots=True)
class Act:
    """A part of the preparation that is over: what it did, and how long it took in seconds."""

    words: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt: what was predicted and what the sandbox answered. `agreed`: both are as the story says."""

    attempt: Attempt
    prediction: Prediction
    answer: Answer

    @property
    def agreed(self) -> bool:
        """Story, prediction and answer are one."""
        return self.attempt.allowed == self.prediction.allowed == self.answer.allowed


Listener = Callable[[Act | Row], None]


def play(listener: Listener) -> tuple[Row, ...]:
    """All rows of the story; each is told to `listener` as soon as it is known. No process, port or file stays."""
    access = load_access(EXAMPLE / "access.yaml")
    began = time.monotonic()
    with _folder() as folder, Sandbox(SandboxOptions(access=access, min_session_seconds=SHORT_SESSION_SECONDS)) as sandbox:
        listener(Act(f"embedded AWS on {sandbox.https_url}: issuers, STS, IAM, S3, KMS", time.monotonic() - began))
        began = time.monotonic()
        made = _provision(folder, sandbox)
        listener(Act(f"Pulumi program {EXAMPLE.name}/__main__.py: {len(made.steps)} resources", time.monotonic() - began))
        _seed(sandbox)
        plan = compile_access(access, Target(sandbox.account, sandbox.options.region))
        rows = []
        for attempt in STORY:
            rows.append(_try(attempt, access, plan, sandbox))
            listener(rows[-1])
        return tuple(rows)


@contextmanager
def _folder() -> Iterator[Path]:
    """A copy of the example, so that the stack's state is gone with it."""
    with tempfile.TemporaryDirectory(prefix="bucketpass-demo-") as folder:
        yield Path(shutil.copytree(EXAMPLE, Path(folder) / EXAMPLE.name, ignore=shutil.ignore_patterns(*BESIDE_THE_PROGRAM)))


def _provision(folder: Path, sandbox: Sandbox) -> Result:
    program = Program.load(folder, "demo")
    admin = sandbox.admin
    endpoint = Endpoint(sandbox.https_url, sandbox.options.region, admin.access_key_id, admin.secret, sandbox.ca_file)
    with Engine(endpoint) as engine:
        result = engine.up(program, Stack.of(program, "demo"))
    if not result.ok:
        reasons = [f"{step.name}: {step.reason}" for step in result.failed] or [result.error]
        raise ProvisionError(f"the example's program could not be run: {reasons[0]}")
    return result


def _seed(sandbox: Sandbox) -> None:
    """The bucket holds the data that the platform team put there."""
    import boto3
    from botocore.config import Config

    s3 = boto3.client(
        "s3",
        endpoint_url=sandbox.https_url,
        region_name=sandbox.options.region,
        verify=str(sandbox.ca_file),
        aws_access_key_id=sandbox.admin.access_key_id,
        aws_secret_access_key=sandbox.admin.secret.reveal(),
        config=Config(s3={"addressing_style": "path"}),
    )
    for key, body in SEEDS.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def _try(attempt: Attempt, access: Access, plan: Plan, sandbox: Sandbox) -> Row:
    clock = sandbox.options.clock
    token = token_for(attempt, access, lambda issuer, claims, seconds: sandbox.issuers.mint(issuer, claims, lifetime_seconds=seconds))
    prediction = predict(attempt, plan, token, sandbox.issuers.page, clock.now())
    player = Player(Addresses(sandbox.https_url, sandbox.http_url, sandbox.options.region, sandbox.ca_file))
    role = next(role for role in plan.roles if role.service == attempt.service)
    seconds = SHORT_SESSION_SECONDS if attempt.session_over else SESSION_SECONDS
    credentials = player.assume(role.arn, token, seconds=seconds)
    if isinstance(credentials, Answer):
        return Row(attempt, prediction, credentials)
    if attempt.session_over:
        time.sleep(SHORT_SESSION_SECONDS + 0.1)
    return Row(attempt, prediction, player.call(credentials, attempt.calls, plain_http=attempt.plain_http))

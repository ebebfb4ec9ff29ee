"""Run the demo: sandbox, Pulumi program, data and the story; nothing is left behind."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.compile import compile_access
from bucketpass.compile.plan import Plan, Target
from bucketpass.demo.client import Addresses, DemoOutcome, ServiceClient
from bucketpass.demo.prediction import Prediction, predict
from bucketpass.demo.story import BUCKET, STORY, Attempt
from bucketpass.demo.tokens import token_for
from bucketpass.errors import ProvisionError
from bucketpass.model import Access, load_access
from bucketpass.provision.embedded import Endpoint, Engine, Program, RunResult, Stack
from bucketpass.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from bucketpass.usage.grants import GrantUse

__all__ = ["EXAMPLE", "DemoListener", "DemoRow", "DemoUsage", "SetupStep", "run_demo"]

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
class SetupStep:
    """A finished part of the preparation: what it did, and how long it took in seconds."""

    description: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DemoRow:
    """One attempt: what was predicted and what the sandbox answered."""

    attempt: Attempt
    prediction: Prediction
    outcome: DemoOutcome

    @property
    def agreed(self) -> bool:
        """True if story, prediction and outcome are the same."""
        return self.attempt.allowed == self.prediction.allowed == self.outcome.allowed


@dataclass(frozen=True, slots=True)
class DemoUsage:
    """What the sandbox's own CloudTrail records say of each declared grant."""

    grants: tuple[GrantUse, ...]


DemoListener = Callable[[SetupStep | DemoRow | DemoUsage], None]


def run_demo(listener: DemoListener) -> tuple[DemoRow, ...]:
    """Return all rows of the story; `listener` gets each as soon as it is known. No process, port or file stays."""
    access = load_access(EXAMPLE / "access.yaml")
    with tempfile.TemporaryDirectory(prefix="bucketpass-demo-trail-") as trail:
        rows, target = _run(access, Path(trail) / "logs", listener)
        if all(find_spec(module) is not None for module in ("duckdb", "msgspec", "pyarrow")):
            listener(DemoUsage(_usage(access, target, Path(trail))))
        return rows


def _usage(access: Access, target: Target, trail: Path) -> tuple[GrantUse, ...]:
    from bucketpass.usage.engines.duckdb import DuckDbEngine
    from bucketpass.usage.grants import usage_of
    from bucketpass.usage.store import open_store

    (trail / "store").mkdir()
    store = open_store([str(trail / "logs")], trail / "store")
    engine = DuckDbEngine(store)
    try:
        return usage_of(access, target, engine, store).grants
    finally:
        engine.close()


def _run(access: Access, trail: Path, listener: DemoListener) -> tuple[tuple[DemoRow, ...], Target]:
    began = time.monotonic()
    options = SandboxOptions(access=access, min_session_seconds=SHORT_SESSION_SECONDS, trail=trail)
    with _folder() as folder, Sandbox(options) as sandbox:
        listener(SetupStep(f"embedded AWS on {sandbox.https_url}: issuers, STS, IAM, S3, KMS", time.monotonic() - began))
        began = time.monotonic()
        made = _provision(folder, sandbox)
        listener(SetupStep(f"Pulumi program {EXAMPLE.name}/__main__.py: {len(made.steps)} resources", time.monotonic() - began))
        _seed(sandbox)
        target = Target(sandbox.account, sandbox.options.region)
        plan = compile_access(access, target)
        rows = []
        for attempt in STORY:
            rows.append(_try(attempt, access, plan, sandbox))
            listener(rows[-1])
        return tuple(rows), target


@contextmanager
def _folder() -> Iterator[Path]:
    """A copy of the example; the stack's state is deleted with it."""
    with tempfile.TemporaryDirectory(prefix="bucketpass-demo-") as folder:
        yield Path(shutil.copytree(EXAMPLE, Path(folder) / EXAMPLE.name, ignore=shutil.ignore_patterns(*BESIDE_THE_PROGRAM)))


def _provision(folder: Path, sandbox: Sandbox) -> RunResult:
    program = Program.load(folder, "demo")
    admin = sandbox.admin
    endpoint = Endpoint(sandbox.https_url, sandbox.options.region, admin.access_key_id, admin.secret, sandbox.authority_file)
    with Engine(endpoint) as engine:
        result = engine.up(program, Stack.of(program, "demo"))
    if not result.ok:
        reasons = [f"{step.name}: {step.reason}" for step in result.failed] or [result.error]
        raise ProvisionError(f"the example's program could not be run: {reasons[0]}")
    return result


def _seed(sandbox: Sandbox) -> None:
    """Put the platform team's data into the bucket."""
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


def _try(attempt: Attempt, access: Access, plan: Plan, sandbox: Sandbox) -> DemoRow:
    clock = sandbox.options.clock
    token = token_for(attempt, access, lambda issuer, claims, seconds: sandbox.issuers.mint(issuer, claims, lifetime_seconds=seconds))
    prediction = predict(attempt, plan, token, sandbox.issuers.page, clock.now())
    client = ServiceClient(Addresses(sandbox.https_url, sandbox.http_url, sandbox.options.region, sandbox.ca_file))
    role = next(role for role in plan.roles if role.service == attempt.service)
    seconds = SHORT_SESSION_SECONDS if attempt.session_over else SESSION_SECONDS
    credentials = client.assume(role.arn, token, seconds=seconds)
    if isinstance(credentials, DemoOutcome):
        return DemoRow(attempt, prediction, credentials)
    if attempt.session_over:
        time.sleep(SHORT_SESSION_SECONDS + 0.1)
    return DemoRow(attempt, prediction, client.call(credentials, attempt.calls, plain_http=attempt.plain_http))

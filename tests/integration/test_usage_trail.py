"""The sandbox's trail: what it recorded of each request, replayed, gives the decision that it made."""

import contextlib
import gzip
import json
import random
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.cloudtrail_records import ACCOUNT
from tests.sandboxes import ACCESS, sandbox_world
from tests.unit.usage.conftest import TARGET, deployed

from bucketpass.model import parse_access
from bucketpass.usage.decisions import Decider, LogVerdict
from bucketpass.usage.engines.duckdb import DuckDbEngine
from bucketpass.usage.grants import GrantStatus, usage_of
from bucketpass.usage.policies import policies_of
from bucketpass.usage.records import Outcome
from bucketpass.usage.reduce import reduce_rows
from bucketpass.usage.store import open_store

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]


def work(trail: Path, seed: int = 0, calls: int = 120) -> None:
    """Two services at work: what they may do, and what they may not."""
    chance = random.Random(seed)
    with sandbox_world(ACCESS, trail=trail) as world:
        admin = world.s3()
        for key in ("raw/a", "raw/b/c", "checkpoints/x", "other"):
            admin.put_object(Bucket="datasets", Key=key, Body=b"x")
        clients = [
            world.service("trainer"),
            world.service("evaluator"),
            world.service("trainer"),
            world.service("trainer", scheme="http"),
            admin,
        ]
        trainer, evaluator = clients[:2]
        for one in (trainer, clients[2]):
            one.get_object(Bucket="datasets", Key="raw/a")
        trainer.put_object(Bucket="datasets", Key="checkpoints/x", Body=b"y")
        evaluator.get_object(Bucket="datasets", Key="checkpoints/x")
        for _ in range(calls):
            s3, key = chance.choice(clients), chance.choice(["raw/a", "raw/b/c", "raw/none", "checkpoints/x", "other", "rawhide"])
            with contextlib.suppress(ClientError):
                match chance.randrange(7):
                    case 0 | 1:
                        s3.get_object(Bucket="datasets", Key=key)
                    case 2:
                        s3.put_object(Bucket="datasets", Key=key, Body=b"y")
                    case 3:
                        s3.list_objects_v2(Bucket="datasets", Prefix=key if chance.random() < 0.7 else "")
                    case 4:
                        s3.copy_object(Bucket="datasets", Key="checkpoints/copy", CopySource={"Bucket": "datasets", "Key": key})
                    case 5:
                        s3.head_object(Bucket="datasets", Key=key)
                    case _:
                        s3.delete_object(Bucket="datasets", Key=key)


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trail")
    work(folder)
    return folder


def test_files_have_cloudtrails_layout_and_hold_no_secret(trail: Path) -> None:
    files = [file for file in trail.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert file.relative_to(trail).parts[:4] == ("AWSLogs", ACCOUNT, "CloudTrail", "us-east-1")
        assert file.name.startswith(f"{ACCOUNT}_CloudTrail_us-east-1_") and file.name.endswith(".json.gz")


def test_every_recorded_decision_is_the_replayed_one(trail: Path, tmp_path: Path) -> None:
    store = open_store([str(trail)], tmp_path)
    assert store.counts.faults == []
    assert set(store.counts.unknown) == set()
    deployment = deployed(ACCESS)
    engine, decider = DuckDbEngine(store), Decider(deployment)
    decided = 0
    for one in reduce_rows(engine, store, policies_of(deployment)).classes:
        if decider.role(one) is None:
            continue
        decided += one.requests
        expected = LogVerdict.REFUSED if one.row["outcome"] == Outcome.REFUSED.value else LogVerdict.ALLOWED
        missing = one.row["operation"] in ("GetObject", "HeadObject", "CopyObject") and expected is LogVerdict.REFUSED
        answer = decider.answer(one)
        # A key that does not exist is refused where the caller may not list it, whatever it may read: no policy of objects says so.
        assert answer.verdict is expected or (missing and answer.verdict is LogVerdict.ALLOWED and "none" in str(one.row)), one.row
    engine.close()
    assert decided > 60


def test_the_services_grants_are_in_use_and_their_sessions_known(trail: Path, tmp_path: Path) -> None:
    store = open_store([str(trail)], tmp_path)
    engine = DuckDbEngine(store)
    found = usage_of(parse_access(ACCESS), TARGET, engine, store)
    engine.close()
    assert store.counts.sessions == 4
    assert {grant.status for grant in found.grants} == {GrantStatus.USED}
    assert next(grant.sessions for grant in found.grants if grant.service == "trainer") == 2
    assert found.contradictions == ()


def test_the_oracle_stands_in_the_records(trail: Path) -> None:
    records = [record for file in trail.rglob("*.gz") for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
    reads = [record for record in records if record["eventName"] == "GetObject"]
    assert all(record["additionalEventData"]["decisions"] for record in reads)
    # Neither a token nor a secret nor a signature.
    assert not any(text in json.dumps(records) for text in ("eyJ", "secretAccessKey", "sessionToken", "Signature="))

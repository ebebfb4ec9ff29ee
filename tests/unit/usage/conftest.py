"""A declaration, its deployment, and logs as they would be written of it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from tests.cloudtrail_records import write_trail
from tests.declarations import ISSUERS, SERVICES

from bucketpass.compile import Target, compile_access
from bucketpass.deployment.resources import Deployment, deployment_of
from bucketpass.model import parse_access
from bucketpass.usage.engines.duckdb import DuckDbEngine
from bucketpass.usage.store import LogStore, open_store

TARGET = Target("111122223333", "us-east-1")
DECLARATION = (
    ISSUERS
    + """\
buckets:
  datasets:
    exclusive: true
    administrators: ["arn:aws:iam::111122223333:role/platform-admin"]
"""
    + SERVICES
)

Opened = Callable[[Iterable[dict[str, object]]], tuple[DuckDbEngine, LogStore]]


def deployed(text: str) -> Deployment:
    return deployment_of(compile_access(parse_access(text), TARGET))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    engines: list[DuckDbEngine] = []

    def open_records(records: Iterable[dict[str, object]]) -> tuple[DuckDbEngine, LogStore]:
        place = tmp_path / f"logs-{len(engines)}"
        (place / "store").mkdir(parents=True)
        write_trail(place / "logs", records)
        store = open_store([str(place / "logs")], place / "store")
        engines.append(DuckDbEngine(store))
        return engines[-1], store

    yield open_records
    for engine in engines:
        engine.close()

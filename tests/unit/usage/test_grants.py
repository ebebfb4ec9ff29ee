"""Which grants were used: by whom, how far, and where the logs cannot tell."""

from pathlib import Path

from tests.cloudtrail_records import s3_record, web_identity_record
from tests.unit.usage.conftest import DECLARATION, TARGET, Opened

from bucketpass.model import parse_access
from bucketpass.model.access import AccessLevel
from bucketpass.usage.engines.duckdb import DuckDbEngine
from bucketpass.usage.grants import GrantStatus, GrantUse, Usage, usage_of
from bucketpass.usage.store import open_store

DAY = 86400


def use(opened: Opened, *records: dict[str, object], text: str = DECLARATION, since: int | None = None) -> Usage:
    engine, store = opened(records)
    return usage_of(parse_access(text), TARGET, engine, store, since=since)


def by_path(found: Usage) -> dict[str, GrantUse]:
    return {grant.path: grant for grant in found.grants}


def test_a_request_that_is_delivered_twice_is_one_use_and_a_refused_one_is_none(opened: Opened) -> None:
    read = s3_record("GetObject", parameters={"key": "raw/a"})
    refused = s3_record("GetObject", role="bucketpass-evaluator", error="AccessDenied", parameters={"key": "checkpoints/x"})
    found = use(opened, read, read, refused)
    grants = by_path(found)
    assert [(grant.status, grant.requests) for grant in grants.values()] == [
        (GrantStatus.USED, 1),
        (GrantStatus.UNUSED, 0),
        (GrantStatus.UNUSED, 0),
    ]
    ((row, answer),) = found.refusals
    assert (row.requests, row.row["object_key"], answer.verdict.value) == (1, "checkpoints/x", "allowed")


def test_a_copy_uses_the_read_grant_of_its_source_and_the_write_grant_of_its_destination(opened: Opened) -> None:
    copy = s3_record("CopyObject", parameters={"key": "checkpoints/b", "x-amz-copy-source": "/datasets/raw/a%20b?versionId=null"})
    plain = s3_record("CopyObject", parameters={"key": "checkpoints/b", "x-amz-copy-source": "datasets/raw/a"})
    grants = by_path(use(opened, plain))
    assert grants["services.trainer.grants[0]"].actions == {"s3:GetObject"}
    assert grants["services.trainer.grants[1]"].actions == {"s3:PutObject"}
    # A version of the source asks for another action, which the grant does not give.
    assert by_path(use(opened, copy))["services.trainer.grants[0]"].actions == set()


def test_two_records_of_an_access_log_are_one_copy(tmp_path: Path) -> None:
    line = (
        "o datasets [30/Nov/2026:10:00:00 +0000] 198.51.100.7 arn:aws:sts::111122223333:assumed-role/bucketpass-trainer/s {id} {operation}"
        ' {key} "{uri}" 200 - 1 1 7 - "-" "-" - host= SigV4 - AuthHeader datasets.s3.amazonaws.com TLSv1.2 - -\n'
    )
    log = tmp_path / "log"
    log.write_text(
        line.format(id="A", operation="REST.COPY.OBJECT", key="checkpoints/b", uri="PUT /checkpoints/b HTTP/1.1")
        + line.format(id="A", operation="REST.COPY.OBJECT_GET", key="raw/a", uri="-")
    )
    store = open_store([str(log)], _folder(tmp_path))
    engine = DuckDbEngine(store)
    grants = by_path(usage_of(parse_access(DECLARATION), TARGET, engine, store))
    engine.close()
    assert grants["services.trainer.grants[0]"].actions == {"s3:GetObject"}
    assert grants["services.trainer.grants[1]"].actions == {"s3:PutObject"}


def _folder(path: Path) -> Path:
    (path / "store").mkdir()
    return path / "store"


def test_a_listing_uses_the_grant_of_its_prefix_and_one_that_the_declaration_refuses_is_no_use(opened: Opened) -> None:
    below = s3_record("ListObjects", parameters={"prefix": "raw/x/", "list-type": "2"})
    whole, head = s3_record("ListObjects"), s3_record("HeadBucket")
    found = use(opened, below, whole, head)
    assert by_path(found)["services.trainer.grants[0]"].requests == 1
    assert sorted(str(row.row["operation"]) for row, _ in found.contradictions) == ["HeadBucket", "ListObjects"]


def test_days_without_records_are_not_days_without_use(opened: Opened) -> None:
    days = [s3_record("GetObject", parameters={"key": "raw/a"}, time=f"2026-11-{day}T10:00:00Z") for day in (28, 29, 30)]
    assert {grant.status for grant in use(opened, *days, since=90 * DAY).grants} == {GrantStatus.USED, GrantStatus.NOT_COVERED}
    assert {grant.status for grant in use(opened, *days, since=3 * DAY).grants} == {GrantStatus.USED, GrantStatus.UNUSED}


def test_a_bucket_that_no_record_names_is_not_covered(opened: Opened) -> None:
    text = DECLARATION.replace("buckets:\n", "buckets:\n  models: {}\n").replace(
        "{bucket: datasets, prefix: checkpoints/, access: read}", "{bucket: models, access: read}"
    )
    found = use(opened, s3_record("GetObject", parameters={"key": "raw/a"}), text=text)
    assert by_path(found)["services.evaluator.grants[0]"].status is GrantStatus.NOT_COVERED


def test_deleted_keys_that_cloudtrail_does_not_log_leave_a_grant_undecided(opened: Opened) -> None:
    text = DECLARATION.replace("access: write}", "access: [write, delete]}")
    found = use(opened, s3_record("DeleteObjects", parameters={"delete": ""}), text=text)
    assert by_path(found)["services.trainer.grants[1]"].status is GrantStatus.UNTOLD
    assert [row.requests for row, _ in found.untold] == [1]


def test_levels_and_versions_that_nobody_used_are_named(opened: Opened) -> None:
    text = DECLARATION.replace("prefix: raw/, access: read}", "prefix: raw/, access: [read, write], versions: true}")
    grant = by_path(use(opened, s3_record("GetObject", parameters={"key": "raw/a"}), text=text))["services.trainer.grants[0]"]
    assert (grant.unused_levels, grant.unused_versions) == ((AccessLevel.WRITE,), True)


def test_sessions_are_counted_once_each(opened: Opened) -> None:
    reads = [s3_record("GetObject", parameters={"key": f"raw/{n}"}, access_key_id=f"ASIA{n % 3}") for n in range(9)]
    assert by_path(use(opened, *reads, web_identity_record("bucketpass-trainer", "ASIA1")))["services.trainer.grants[0]"].sessions == 3


def test_declared_administrators_are_no_strangers(opened: Opened) -> None:
    administrator = s3_record("GetObject", role="platform-admin", parameters={"key": "raw/a"})
    other = s3_record("GetObject", role="somebody", parameters={"key": "raw/a"})
    found = use(opened, administrator, other, text=DECLARATION.replace("role/platform-admin", "role/ops/platform-*"))
    assert [str(row.row["principal"]) for row, _ in found.undeclared] == ["role:111122223333/somebody"]


def test_principals_that_are_not_declared_are_listed(opened: Opened) -> None:
    other = s3_record("GetObject", role="somebody", parameters={"key": "raw/a"})
    anonymous = s3_record("GetObject", parameters={"key": "raw/a"}) | {"userIdentity": {"type": "AWSAccount", "accountId": "anonymous"}}
    service = s3_record("PutObject", parameters={"key": "AWSLogs/x"}) | {
        "userIdentity": {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    }
    found = use(opened, other, anonymous, service)
    principals = sorted(str(row.row["principal"]) for row, _ in found.undeclared)
    assert principals == ["anonymous", "role:111122223333/somebody", "service:cloudtrail.amazonaws.com"]

"""A narrower declaration: only from what the logs cover, with comments and order kept."""

from collections.abc import Iterable

import pytest
from tests.cloudtrail_records import s3_record
from tests.unit.usage.conftest import DECLARATION, TARGET, Opened

from bucketpass.model import parse_access
from bucketpass.model.access import AccessLevel
from bucketpass.usage.grants import usage_of
from bucketpass.usage.narrow import NarrowerGrant, checked, edited, proposals, withheld

WITH_COMMENTS = """\
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}
buckets:
  datasets: {}  # everything
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants:
      # what the trainer reads
      - {bucket: datasets, prefix: raw/,   access: [read, write]}   # kept as it is laid out
      - bucket: datasets
        access: [read, delete]  # of everything
        versions: true
      - bucket: datasets
        prefix: old/
        access: read
"""


def proposed(opened: Opened, records: Iterable[dict[str, object]], text: str, *, complete: bool = False) -> tuple[NarrowerGrant, ...]:
    engine, store = opened(records)
    return proposals(usage_of(parse_access(text), TARGET, engine, store, complete=complete), engine, complete=complete)


def reads(*keys: str) -> list[dict[str, object]]:
    return [s3_record("GetObject", parameters={"key": key}) for key in keys]


def test_a_prefix_is_narrowed_to_the_folder_in_use_once_enough_of_it_is_in_use(opened: Opened) -> None:
    few, enough = reads("raw/2026/a", "raw/2026/b"), reads("raw/2026/a", "raw/2026/b", "raw/2026/c/d")
    assert [one.field for one in proposed(opened, few, DECLARATION)] == [None]
    assert [(one.field, one.value) for one in proposed(opened, enough, DECLARATION)] == [("prefix", "raw/2026/"), (None, None)]


def test_what_was_refused_narrows_nothing(opened: Opened) -> None:
    refused = s3_record("GetObject", error="AccessDenied", parameters={"key": "raw/*${x}/a"})
    rows = [*reads("raw/2026/a", "raw/2026/b", "raw/2026/c"), refused]
    assert ("prefix", "raw/2026/") in [(one.field, one.value) for one in proposed(opened, rows, DECLARATION)]


def test_a_level_goes_only_where_the_logs_have_its_kind_of_request(opened: Opened) -> None:
    text = DECLARATION.replace("prefix: raw/, access: read}", "prefix: raw/, access: [read, write]}")
    write = s3_record("PutObject", parameters={"key": "checkpoints/x"})
    assert ("access", ["read"]) not in [(one.field, one.value) for one in proposed(opened, reads("raw/a"), text)]
    assert ("access", ["read"]) in [(one.field, one.value) for one in proposed(opened, [*reads("raw/a"), write], text)]
    assert ("access", ["read"]) in [(one.field, one.value) for one in proposed(opened, reads("raw/a"), text, complete=True)]


def test_an_unused_grant_whose_kind_of_request_the_logs_do_not_have_is_withheld_and_named(opened: Opened) -> None:
    engine, store = opened(reads("raw/a"))
    found = usage_of(parse_access(DECLARATION), TARGET, engine, store)
    assert [one.path for one in withheld(found, proposals(found, engine))] == ["services.trainer.grants[1]"]
    assert withheld(found, proposals(found, engine, complete=True)) == ()


def test_nothing_is_proposed_of_days_that_are_not_covered(opened: Opened) -> None:
    engine, store = opened(reads("raw/2026/a", "raw/2026/b", "raw/2026/c"))
    found = usage_of(parse_access(DECLARATION), TARGET, engine, store, since=90 * 86400)
    assert proposals(found, engine) == ()


def test_comments_order_and_layout_stay(opened: Opened) -> None:
    rows = [*reads("raw/a"), s3_record("PutObject", role="other", parameters={"key": "x"})]
    engine, store = opened(rows)
    found = usage_of(parse_access(WITH_COMMENTS), TARGET, engine, store)
    new = edited(WITH_COMMENTS, proposals(found, engine))
    assert new == WITH_COMMENTS.replace("[read, write]}", "[read]}").replace("[read, delete]  #", "[read]  #").replace(
        "versions: true", "versions: false"
    ).replace("      - bucket: datasets\n        prefix: old/\n        access: read\n", "")
    narrowed = parse_access(new).services["trainer"].grants
    assert [grant.access for grant in narrowed] == [(AccessLevel.READ,), (AccessLevel.READ,)]
    assert checked(parse_access(WITH_COMMENTS), parse_access(new), TARGET, engine, store) == ()


@pytest.mark.parametrize("flow", [True, False])
def test_a_service_without_any_use_keeps_its_name_and_has_no_grant(opened: Opened, flow: bool) -> None:
    grants = (
        "[{bucket: datasets, prefix: raw/, access: read}]"
        if flow
        else "\n      - bucket: datasets\n        prefix: raw/\n        access: read"
    )
    text = WITH_COMMENTS + f"  idle:\n    identity: {{issuer: okta, subject: 0oa2}}\n    grants: {grants}\n    path: /ai/\n"
    engine, store = opened(reads("raw/a"))
    new = edited(text, proposals(usage_of(parse_access(text), TARGET, engine, store), engine))
    assert (parse_access(new).services["idle"].grants, parse_access(new).services["idle"].path) == ((), "/ai/")


def test_a_wider_declaration_is_not_sound(opened: Opened) -> None:
    engine, store = opened(reads("raw/a"))
    wider = parse_access(DECLARATION.replace("prefix: raw/, ", ""))
    assert checked(parse_access(DECLARATION), wider, TARGET, engine, store) != ()
    broken = parse_access(DECLARATION.replace("prefix: raw/", "prefix: raw/b/"))
    assert checked(parse_access(DECLARATION), broken, TARGET, engine, store) == ("it would break 1 request of trainer",)

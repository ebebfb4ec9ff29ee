"""A log put to changed policies."""

import dataclasses
from itertools import product

from tests.cloudtrail_records import s3_record, web_identity_record
from tests.unit.usage.conftest import DECLARATION, Opened, deployed

from bucketpass.usage.replay import Replay, ReplayEffect, replay

RELEASES = DECLARATION.replace("prefix: raw/", "prefix: release/")
TENANTS = """\
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    session: {tags: [tenant]}
    grants: [{bucket: datasets, access: read, per: tenant}]
"""


def keys(found: Replay, kind: ReplayEffect) -> list[str]:
    return sorted(str(row.found.row["object_key"]) for row in found.of(kind))


def test_a_narrower_prefix_breaks_what_it_no_longer_covers(opened: Opened) -> None:
    engine, store = opened(s3_record("GetObject", parameters={"key": f"release/{key}"}) for key in ("v1/a", "v10/b", "v2/c"))
    old = deployed(RELEASES)
    some = replay(engine, store, deployed(DECLARATION.replace("prefix: raw/", "prefix: release/v1")), old)
    assert (keys(some, ReplayEffect.BREAKS), some.requests(ReplayEffect.BREAKS)) == (["release/v2/c"], 1)
    more = replay(engine, store, deployed(DECLARATION.replace("prefix: raw/", "prefix: release/v1/")), old)
    assert (more.requests(ReplayEffect.BREAKS), more.requests(ReplayEffect.SAME)) == (2, 1)


def test_an_example_is_never_put_together_from_two_rows(opened: Opened) -> None:
    rows = [
        s3_record("GetObject", error="AccessDenied", access_key_id="ASIA2", parameters={"key": "t000/x"}),
        s3_record("GetObject", error="AccessDenied", access_key_id="ASIA0", parameters={"key": "t005/y"}),
        web_identity_record("bucketpass-trainer", "ASIA2", tags={"tenant": "t002"}),
        web_identity_record("bucketpass-trainer", "ASIA0", tags={"tenant": "t000"}),
    ]
    engine, store = opened(rows)
    found = replay(engine, store, deployed(TENANTS))
    assert (found.requests(ReplayEffect.NEWLY_ALLOWED), found.requests(ReplayEffect.SAME)) == (0, 2)


def test_each_tenant_keeps_its_own_folder(opened: Opened) -> None:
    rows = [
        s3_record("GetObject", access_key_id=f"ASIA{tag}", parameters={"key": f"t{folder}/x"})
        for tag, folder in product(range(3), range(3))
    ]
    sessions = [web_identity_record("bucketpass-trainer", f"ASIA{tag}", tags={"tenant": f"t{tag}"}) for tag in range(3)]
    engine, store = opened([*rows, *sessions])
    found = replay(engine, store, deployed(TENANTS))
    assert (found.requests(ReplayEffect.SAME), found.requests(ReplayEffect.BREAKS)) == (3, 6)


def test_tags_that_no_sts_event_tells_are_not_guessed(opened: Opened) -> None:
    engine, store = opened([s3_record("GetObject", parameters={"key": "t0/x"}), s3_record("GetObject", parameters={"key": "loose"})])
    found = replay(engine, store, deployed(TENANTS))
    assert (keys(found, ReplayEffect.UNTOLD), keys(found, ReplayEffect.BREAKS)) == (["t0/x"], ["loose"])


def test_what_was_refused_and_is_allowed_now_is_told(opened: Opened) -> None:
    engine, store = opened([s3_record("GetObject", error="AccessDenied", parameters={"key": "extra/a"})])
    new = deployed(DECLARATION.replace("prefix: raw/,", "prefix: extra/,"))
    assert keys(replay(engine, store, new, deployed(DECLARATION)), ReplayEffect.NEWLY_ALLOWED) == ["extra/a"]


def test_a_deny_that_did_not_apply_then_does_not_apply_now(opened: Opened) -> None:
    perimeter = DECLARATION.replace("  datasets:\n", "  datasets:\n    perimeter: {organization: o-a1b2c3d4e5}\n")
    engine, store = opened([s3_record("GetObject", parameters={"key": "raw/a"})])
    unchanged = replay(engine, store, deployed(perimeter), deployed(perimeter))
    assert unchanged.requests(ReplayEffect.SAME) == 1
    # A Deny that is new: the log has no organization, so nothing is promised.
    assert replay(engine, store, deployed(perimeter), deployed(DECLARATION)).requests(ReplayEffect.UNTOLD) == 1


def test_multipart_keys_and_parts_are_writes(opened: Opened) -> None:
    operations = ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts")
    engine, store = opened(s3_record(one, parameters={"key": "checkpoints/x", "uploadId": "u", "partNumber": "1"}) for one in operations)
    found = replay(engine, store, deployed(DECLARATION.replace("access: write}", "access: read}")), deployed(DECLARATION))
    assert found.requests(ReplayEffect.BREAKS) == len(operations)


def test_a_key_that_did_not_exist_is_a_refusal_once_its_folder_may_not_be_listed(opened: Opened) -> None:
    engine, store = opened(s3_record("GetObject", error="NoSuchKey", parameters={"key": key}) for key in ("raw/none", "raw/deep/none"))
    only_read = DECLARATION.replace(
        "access: read}\n      - {bucket: datasets, prefix: checkpoints/, access: write",
        "access: [], actions: [s3:GetObject]}\n      - {bucket: datasets, prefix: raw/deep/, access: list",
    )
    found = replay(engine, store, deployed(only_read), deployed(DECLARATION))
    assert keys(found, ReplayEffect.NOT_FOUND_IS_REFUSED) == ["raw/none"]
    assert keys(found, ReplayEffect.SAME) == ["raw/deep/none"]
    (row,) = found.of(ReplayEffect.NOT_FOUND_IS_REFUSED)
    assert row.new.deciding is not None and row.new.deciding.request.action == "s3:ListBucket"


def test_policies_that_are_not_known_promise_nothing(opened: Opened) -> None:
    engine, store = opened([s3_record("GetObject", parameters={"key": "raw/a"}), s3_record("GetObject", parameters={"key": "other"})])
    new = deployed(DECLARATION)
    unread = dataclasses.replace(new, roles=tuple(dataclasses.replace(role, unread=("arn:aws:iam::aws:policy/X",)) for role in new.roles))
    hidden = dataclasses.replace(new, buckets=tuple(dataclasses.replace(bucket, known=False) for bucket in new.buckets))
    assert replay(engine, store, unread).requests(ReplayEffect.UNTOLD) == 2
    assert replay(engine, store, hidden).requests(ReplayEffect.UNTOLD) == 2

import json
from dataclasses import replace
from datetime import UTC, datetime

from bucketpass.sandbox.objects.model import Checksum, Encryption, ObjectVersion, Retention, Segment
from bucketpass.sandbox.objects.rows import details_of, upload_of, version_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WHOLE = ObjectVersion(
    "b",
    "ä/k",
    "v",
    NOW,
    4,
    "etag",
    (Segment(1, file="f"), Segment(3, file="g")),
    headers={"Content-Type": "x"},
    metadata={"a": "ä"},
    tags={"t": "1"},
    encryption=Encryption("arn", True),
    checksum=Checksum("CRC32", "AAAA", "COMPOSITE"),
    part_sizes=(1, 3),
    storage_class="STANDARD_IA",
    legal_hold=True,
    retention=Retention("COMPLIANCE", NOW),
)


def test_a_version_comes_back_from_its_row() -> None:
    files = json.dumps([(one.size, one.file) for one in WHOLE.segments])
    row = ("b", "ä/k".encode(), "v", 1, 0, NOW.timestamp(), 4, "etag", details_of(WHOLE), None, files)
    assert version_of(row) == WHOLE


def test_what_was_kept_before_there_were_locks_has_none() -> None:
    details = json.loads(details_of(WHOLE))
    older = json.dumps({name: value for name, value in details.items() if name not in {"retention", "legal_hold", "part_checksums"}})
    found = version_of(("b", b"k", "v", 1, 0, NOW.timestamp(), 1, "etag", older, b"x", "[]"))
    assert (found.retention, found.legal_hold, found.segments) == (None, None, (Segment(1, data=b"x"),))


def test_an_upload_comes_back_with_what_its_object_will_have() -> None:
    details = {"object": json.loads(details_of(WHOLE)), "algorithm": "CRC32", "type": "FULL_OBJECT"}
    found = upload_of(("u", "b", b"k", NOW.timestamp(), json.dumps(details)))
    assert (found.id, found.initiated, found.checksum_algorithm, found.encryption_headers) == ("u", NOW, "CRC32", {})
    assert replace(found.template, key="ä/k", version_id="v", size=4, etag="etag", segments=WHOLE.segments) == WHOLE

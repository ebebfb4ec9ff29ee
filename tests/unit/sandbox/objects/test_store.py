import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bucketpass.sandbox.objects.model import NULL_VERSION, Checksum, Encryption, ObjectVersion, Segment, Upload, UploadedPart
from bucketpass.sandbox.objects.store import ObjectStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    store = ObjectStore()
    yield store
    store.close()


def version(key: str = "k", body: bytes = b"body", version_id: str = NULL_VERSION, bucket: str = "b") -> ObjectVersion:
    return ObjectVersion(bucket, key, version_id, NOW, len(body), "etag", (Segment(len(body), data=body),))


def file_segment(store: ObjectStore, body: bytes) -> Segment:
    with store.bodies.new_file() as (file, name):
        file.write(body)
    return Segment(len(body), file=name)


def body_of(store: ObjectStore, found: ObjectVersion | None) -> bytes:
    assert found is not None
    return b"".join(store.bodies.read(found, 0, found.size))


def files(store: ObjectStore) -> int:
    return len(list(store.bodies._folder.iterdir()))


def test_an_object_comes_back_as_it_was_put(store: ObjectStore) -> None:
    put = replace(
        version(),
        headers={"Content-Type": "x"},
        metadata={"a": "ä"},
        tags={"t": "1"},
        encryption=Encryption("arn", True),
        checksum=Checksum("CRC32", "AAAA", "COMPOSITE"),
        part_sizes=(1, 3),
        storage_class="STANDARD_IA",
    )
    store.put(put)
    assert store.find("b", "k") == put
    assert store.find("b", "k", NULL_VERSION) == put
    assert store.find("b", "other") is None
    assert store.find("other", "k") is None


def test_an_overwrite_removes_the_files_of_what_was_there(store: ObjectStore) -> None:
    large = replace(version(), segments=(file_segment(store, b"x" * 10), file_segment(store, b"y" * 5)), size=15)
    store.put(large)
    assert (body_of(store, store.find("b", "k")), files(store)) == (b"x" * 10 + b"y" * 5, 2)
    store.put(version(body=b"small"))
    assert (body_of(store, store.find("b", "k")), files(store)) == (b"small", 0)


def test_a_reader_that_has_begun_reads_to_the_end_of_what_it_found(store: ObjectStore) -> None:
    store.put(replace(version(), segments=(file_segment(store, b"old" * 100),), size=300))
    found = store.find("b", "k")
    assert found is not None
    reading = store.bodies.read(found, 0, found.size)
    first = next(reading)
    store.put(version(body=b"new"))
    assert first + b"".join(reading) == b"old" * 100


def test_a_check_that_fails_changes_nothing(store: ObjectStore) -> None:
    store.put(version(body=b"first"))

    def refuse(before: ObjectVersion | None) -> None:
        assert before is not None
        raise ValueError

    with pytest.raises(ValueError):
        store.put(version(body=b"second"), check=refuse)
    assert body_of(store, store.find("b", "k")) == b"first"


def test_of_many_writers_that_want_to_be_first_one_is(store: ObjectStore) -> None:
    def absent(before: ObjectVersion | None) -> None:
        if before is not None:
            raise ValueError

    won: list[int] = []

    def write(number: int) -> None:
        try:
            store.put(version(body=str(number).encode()), check=absent)
            won.append(number)
        except ValueError:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert body_of(store, store.find("b", "k")) == str(won[0]).encode()


def test_versions_are_kept_and_the_one_before_comes_back(store: ObjectStore) -> None:
    for number in range(3):
        store.put(version(body=str(number).encode(), version_id=f"v{number}"))
    assert [found.version_id for found in store.scan_versions("b", b"", 10)] == ["v2", "v1", "v0"]
    assert body_of(store, store.find("b", "k", "v0")) == b"0"
    store.delete("b", "k", "v2")
    latest = store.find("b", "k")
    assert latest is not None
    assert (latest.version_id, latest.latest) == ("v1", True)
    assert store.delete("b", "k", "never") is None


def test_the_null_version_is_replaced_and_the_others_stay(store: ObjectStore) -> None:
    store.put(version(body=b"1"))
    store.put(version(body=b"2", version_id="v"))
    store.put(version(body=b"3"))
    assert [found.version_id for found in store.scan_versions("b", b"", 10)] == [NULL_VERSION, "v"]


def test_a_delete_marker_hides_the_object(store: ObjectStore) -> None:
    store.put(version(version_id="v"))
    store.put(ObjectVersion("b", "k", "m", NOW, is_delete_marker=True))
    assert store.scan("b", b"", 10) == []
    marker = store.find("b", "k")
    assert marker is not None
    assert marker.is_delete_marker
    assert not store.is_empty("b")


def test_keys_are_in_the_order_of_their_bytes(store: ObjectStore) -> None:
    keys = ["a", "B", "é", "z", "😀", "\uffff", "a/"]
    for key in keys:
        store.put(version(key))
    assert [found.key for found in store.scan("b", b"", 10)] == sorted(keys, key=str.encode)
    assert [found.key for found in store.scan("b", b"z", 2)] == ["z", "é"]


def test_tags_are_set_on_one_version(store: ObjectStore) -> None:
    for name in ("v1", "v2"):
        store.put(version(version_id=name))
    target = store.find("b", "k", "v1")
    assert target is not None
    store.change(target, replace(target, tags={"t": "1"}))
    assert [found.tags for found in store.scan_versions("b", b"", 10)] == [{}, {"t": "1"}]


def test_an_upload_becomes_an_object_and_its_other_parts_are_gone(store: ObjectStore) -> None:
    store.begin(Upload("u", version(version_id=""), NOW, "CRC32", "FULL_OBJECT"))
    upload = store.upload("b", "k", "u")
    assert upload is not None
    assert (upload.checksum_algorithm, upload.checksum_type) == ("CRC32", "FULL_OBJECT")
    assert store.upload("b", "other", "u") is None
    for number in (1, 2, 3):
        body = str(number).encode()
        assert store.put_part("u", UploadedPart(number, 1, "md5", NOW, file_segment(store, body), Checksum("CRC32", "A")))
    assert store.put_part("u", UploadedPart(2, 1, "md5b", NOW, file_segment(store, b"x")))
    assert files(store) == 3
    parts = store.parts("u")
    assert [(part.number, part.md5) for part in parts] == [(1, "md5"), (2, "md5b"), (3, "md5")]
    used = (parts[0], parts[1])
    new = replace(version(), segments=tuple(part.segment for part in used), size=2)
    assert store.complete("u", new, used, lambda _before, _changed: None)
    assert (body_of(store, store.find("b", "k")), files(store)) == (b"1x", 2)
    assert not store.complete("u", new, used, lambda _before, _changed: None)
    assert not store.put_part("u", UploadedPart(1, 1, "md5", NOW, Segment(1, data=b"")))


def test_a_part_that_is_replaced_meanwhile_stops_the_completion(store: ObjectStore) -> None:
    store.begin(Upload("u", version(version_id=""), NOW))
    store.put_part("u", UploadedPart(1, 1, "old", NOW, file_segment(store, b"1")))
    used = tuple(store.parts("u"))
    store.put_part("u", UploadedPart(1, 1, "new", NOW, file_segment(store, b"2")))
    with pytest.raises(LookupError):
        store.complete("u", version(), used, lambda _before, _changed: None)
    assert store.upload("b", "k", "u") is not None


def test_an_upload_that_is_aborted_leaves_nothing(store: ObjectStore) -> None:
    store.begin(Upload("u", version(version_id=""), NOW))
    store.put_part("u", UploadedPart(1, 1, "md5", NOW, file_segment(store, b"1")))
    store.remove_uploads("b")
    assert (store.uploads("b"), store.parts("u"), files(store)) == ([], [], 0)


def test_a_copy_has_files_of_its_own(store: ObjectStore) -> None:
    store.put(replace(version(), segments=(file_segment(store, b"shared"),), size=6))
    source = store.find("b", "k")
    assert source is not None
    store.put(replace(source, key="copy", segments=store.bodies.link(source.segments)))
    store.delete("b", "k", NULL_VERSION)
    assert body_of(store, store.find("b", "copy")) == b"shared"
    with pytest.raises(FileNotFoundError):
        store.bodies.link(source.segments)


def test_a_store_in_a_folder_is_found_again_and_strays_are_swept_out(tmp_path: Path) -> None:
    first = ObjectStore(tmp_path)
    first.put(replace(version(), segments=(file_segment(first, b"kept"),), size=4))
    first.begin(Upload("u", version(version_id=""), NOW))
    first.put_part("u", UploadedPart(1, 1, "md5", NOW, file_segment(first, b"part")))
    file_segment(first, b"stray")
    # Not closed: as if the process was killed.
    second = ObjectStore(tmp_path)
    assert body_of(second, second.find("b", "k")) == b"kept"
    assert (len(second.parts("u")), files(second)) == (1, 2)
    first.close()
    second.close()

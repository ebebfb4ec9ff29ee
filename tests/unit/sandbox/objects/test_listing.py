"""Listings against a slow reference: the same pages, whatever the keys, the prefix, the delimiter and the page's size."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.sandbox.inside import Inside, inside, outcome, text_of

from bucketpass.sandbox.objects.listing import _after, _page
from bucketpass.sandbox.objects.model import NULL_VERSION, ObjectVersion
from bucketpass.sandbox.objects.store import ObjectStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = st.lists(st.text("ab/é", min_size=1, max_size=6), max_size=12, unique=True)


class Held:
    """What `_page` needs of a call."""

    def __init__(self, keys: list[str]) -> None:
        self.store = ObjectStore()
        self.bucket = self
        self.name = "b"
        for key in keys:
            self.store.put(ObjectVersion("b", key, NULL_VERSION, NOW))


def reference(keys: list[str], prefix: str, delimiter: str) -> list[str]:
    """All entries in order: each key, or the group that it is in, once."""
    entries: list[str] = []
    for key in sorted((key for key in keys if key.startswith(prefix)), key=str.encode):
        rest, mark, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        entry = prefix + rest + mark if mark else key
        if entry not in entries:
            entries.append(entry)
    return entries


@given(KEYS, st.sampled_from(["", "a", "a/", "é"]), st.sampled_from(["", "/", "b", "/a"]), st.integers(1, 4))
@example(["a", "a/", "a/b", "a0"], "", "/", 1)
def test_pages_are_those_of_the_reference(keys: list[str], prefix: str, delimiter: str, limit: int) -> None:
    held = Held(keys)
    found: list[str] = []
    start = b""
    while True:
        page = _page(held, prefix, delimiter, start, limit)  # type: ignore[arg-type]
        assert len(page.entries) <= limit
        found += [entry if isinstance(entry, str) else entry.key for entry in page.entries]
        if not page.truncated:
            break
        start = _after(page.last, prefix, delimiter)
    held.store.close()
    assert found == reference(keys, prefix, delimiter)


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        for key in ("a b", "d/1", "d/2", "e<&>"):
            world.s3("PUT", f"/bucket/{quote(key)}", {}, b"x")
        yield world


def texts(world: Inside, target: str, path: str) -> list[str | None]:
    root = ElementTree.fromstring(text_of(world.s3("GET", target)))
    return [found.text for found in root.findall(path, {"": "http://s3.amazonaws.com/doc/2006-03-01/"})]


def test_a_listing_says_what_it_shows(world: Inside) -> None:
    assert texts(world, "/bucket?list-type=2&delimiter=%2F", "Contents/Key") == ["a b", "e<&>"]
    assert texts(world, "/bucket?list-type=2&delimiter=%2F", "CommonPrefixes/Prefix") == ["d/"]
    assert texts(world, "/bucket?list-type=2&delimiter=%2F", "KeyCount") == ["3"]
    assert texts(world, "/bucket?list-type=2&max-keys=1", "IsTruncated") == ["true"]


def test_keys_are_encoded_where_the_client_asks_for_it(world: Inside) -> None:
    encoded = texts(world, "/bucket?list-type=2&encoding-type=url", "Contents/Key")
    assert encoded == ["a%20b", "d/1", "d/2", "e%3C%26%3E"]
    assert [unquote(key or "") for key in encoded] == ["a b", "d/1", "d/2", "e<&>"]


def test_a_token_goes_on_where_the_page_ended(world: Inside) -> None:
    token = texts(world, "/bucket?list-type=2&max-keys=2", "NextContinuationToken")[0]
    assert texts(world, f"/bucket?list-type=2&continuation-token={quote(token or '')}", "Contents/Key") == ["d/2", "e<&>"]


def test_the_older_listing_has_markers(world: Inside) -> None:
    assert texts(world, "/bucket?marker=d%2F1", "Contents/Key") == ["d/2", "e<&>"]
    assert texts(world, "/bucket?max-keys=2&delimiter=%2F", "NextMarker") == ["d/"]
    assert texts(world, "/bucket?marker=d%2F&delimiter=%2F", "Contents/Key") == ["e<&>"]


def test_versions_go_on_in_the_middle_of_a_key(world: Inside) -> None:
    for number in range(5):
        world.objects.put(replace(ObjectVersion("bucket", "v", f"v{number}", NOW), size=number))
    seen: list[str | None] = []
    target = "/bucket?versions&prefix=v&max-keys=2"
    while True:
        seen += texts(world, target, "Version/VersionId")
        after, version = texts(world, target, "NextKeyMarker"), texts(world, target, "NextVersionIdMarker")
        if not after:
            break
        target = f"/bucket?versions&prefix=v&max-keys=2&key-marker={after[0]}&version-id-marker={version[0]}"
    assert seen == ["v4", "v3", "v2", "v1", "v0"]


@pytest.mark.parametrize(
    "query",
    [
        "list-type=2&max-keys=x",
        "list-type=2&max-keys=-1",
        "list-type=2&encoding-type=xml",
        "versions&version-id-marker=v",
        "list-type=2&continuation-token=a",
    ],
)
def test_a_listing_that_cannot_be_meant_is_refused(world: Inside, query: str) -> None:
    assert outcome(world.s3("GET", f"/bucket?{query}")) == (400, "InvalidArgument")

from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import Inside, between, inside, outcome, text_of

VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        world.s3("PUT", "/copies")
        yield world


def website(content: str) -> bytes:
    return f"<WebsiteConfiguration>{content}</WebsiteConfiguration>".encode()


def notification(content: str) -> bytes:
    return f"<NotificationConfiguration>{content}</NotificationConfiguration>".encode()


def replication(rule: str = "<Status>Enabled</Status>", bucket: str = "copies", role: str = "<Role>arn:aws:iam::1:role/r</Role>") -> bytes:
    destination = f"<Destination><Bucket>arn:aws:s3:::{bucket}</Bucket></Destination>"
    return f"<ReplicationConfiguration>{role}<Rule>{rule}{destination}</Rule></ReplicationConfiguration>".encode()


INDEX = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>"
ELSEWHERE = "<RedirectAllRequestsTo><HostName>a.example</HostName></RedirectAllRequestsTo>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (website(INDEX), (200, "")),
        (website(ELSEWHERE), (200, "")),
        (website(INDEX + ELSEWHERE), (400, "InvalidArgument")),
        (website("<RedirectAllRequestsTo/>"), (400, "MalformedXML")),
        (website(""), (400, "InvalidArgument")),
        (website("<IndexDocument><Suffix>a/b</Suffix></IndexDocument>"), (400, "InvalidArgument")),
        (b"", (400, "MalformedXML")),
    ],
)
def test_a_website_is_kept_where_s3_would_keep_it(world: Inside, body: bytes, expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/bucket?website", {}, body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (notification(""), (200, "")),
        (notification("<EventBridgeConfiguration/>"), (200, "")),
        (notification("<QueueConfiguration><Queue>arn:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>"), (200, "")),
        (notification("<QueueConfiguration><Queue>arn:q</Queue></QueueConfiguration>"), (400, "MalformedXML")),
        (notification("<QueueConfiguration><Topic>arn:q</Topic><Event>x</Event></QueueConfiguration>"), (400, "MalformedXML")),
        (notification("<Else/>"), (400, "MalformedXML")),
    ],
)
def test_a_notification_is_kept_where_s3_would_keep_it(world: Inside, body: bytes, expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/bucket?notification", {}, body)) == expected


@pytest.mark.parametrize(
    ("body", "versioned", "expected"),
    [
        (replication(), ("bucket", "copies"), (200, "")),
        (replication(), ("copies",), (400, "InvalidRequest")),
        (replication(), ("bucket",), (400, "InvalidRequest")),
        (replication(bucket="none"), ("bucket",), (400, "InvalidRequest")),
        (replication(role=""), ("bucket", "copies"), (400, "MalformedXML")),
        (replication("<Status>On</Status>"), ("bucket", "copies"), (400, "MalformedXML")),
        (b"<ReplicationConfiguration><Role>r</Role></ReplicationConfiguration>", ("bucket", "copies"), (400, "MalformedXML")),
    ],
)
def test_a_replication_is_kept_where_s3_would_keep_it(
    world: Inside, body: bytes, versioned: tuple[str, ...], expected: tuple[int, str]
) -> None:
    for name in versioned:
        world.s3("PUT", f"/{name}?versioning", {}, VERSIONED)
    assert outcome(world.s3("PUT", "/bucket?replication", {}, body)) == expected


def test_what_is_kept_is_read_until_it_is_taken_back(world: Inside) -> None:
    for name in ("bucket", "copies"):
        world.s3("PUT", f"/{name}?versioning", {}, VERSIONED)
    for setting, body, missing in (
        ("website", website(INDEX), "NoSuchWebsiteConfiguration"),
        ("replication", replication(), "ReplicationConfigurationNotFoundError"),
    ):
        assert outcome(world.s3("GET", f"/bucket?{setting}")) == (404, missing)
        world.s3("PUT", f"/bucket?{setting}", {}, body)
        assert world.s3("GET", f"/copies?{setting}").status == 404
        assert world.s3("GET", f"/bucket?{setting}").status == 200
    assert between(text_of(world.s3("GET", "/bucket?website")), "Suffix") == "index.html"
    assert len(between(text_of(world.s3("GET", "/bucket?replication")), "ID")) == 48
    assert outcome(world.s3("DELETE", "/bucket?website")) == (204, "")
    assert (world.s3("GET", "/bucket?website").status, world.s3("GET", "/bucket?replication").status) == (404, 200)


def test_a_notification_with_nothing_in_it_is_none(world: Inside) -> None:
    world.s3("PUT", "/bucket?notification", {}, notification("<EventBridgeConfiguration/>"))
    assert "EventBridgeConfiguration" in text_of(world.s3("GET", "/bucket?notification"))
    world.s3("PUT", "/bucket?notification", {}, notification(""))
    assert "EventBridgeConfiguration" not in text_of(world.s3("GET", "/bucket?notification"))

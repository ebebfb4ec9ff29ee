from collections.abc import Iterator
from email.utils import format_datetime

import pytest
from tests.unit.sandbox.inside import HOST, Inside, inside, outcome, request, text_of


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        world.s3("PUT", "/bucket/k", {"Content-Type": "text/plain", "x-amz-meta-a": "1"}, b"0123456789")
        yield world


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-0", 206, "0"),
        ("bytes=3-", 206, "3456789"),
        ("bytes=-2", 206, "89"),
        ("bytes=-99", 206, "0123456789"),
        ("bytes=9-20", 206, "9"),
        ("bytes=-", 200, "0123456789"),
        ("bytes=a-b", 200, "0123456789"),
        ("bytes=1-2,4-5", 200, "0123456789"),
        ("bytes=4-1", 200, "0123456789"),
    ],
)
def test_a_range_is_that_part_and_nonsense_is_the_whole(world: Inside, asked: str, status: int, body: str) -> None:
    answer = world.s3("GET", "/bucket/k", {"Range": asked})
    assert (answer.status, text_of(answer)) == (status, body)
    assert dict(answer.headers)["Content-Length"] == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_outside_cannot_be_satisfied(world: Inside, asked: str) -> None:
    assert outcome(world.s3("GET", "/bucket/k", {"Range": asked})) == (416, "InvalidRange")


@pytest.mark.parametrize(
    ("number", "expected"),
    [("1", (206, "")), ("2", (416, "InvalidPartNumber")), ("0", (400, "InvalidArgument")), ("x", (400, "InvalidArgument"))],
)
def test_an_object_in_one_piece_has_one_part(world: Inside, number: str, expected: tuple[int, str]) -> None:
    assert outcome(world.s3("GET", f"/bucket/k?partNumber={number}")) == expected


def test_a_head_says_what_a_get_would_and_sends_nothing(world: Inside) -> None:
    head, get = world.s3("HEAD", "/bucket/k"), world.s3("GET", "/bucket/k")
    assert head.headers == get.headers
    assert text_of(head) == ""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"a", "781e5e245d69b566979b86e28d23f2c7"'}, 200),
        ({"If-Match": '"a"'}, 412),
        ({"If-None-Match": '"781e5e245d69b566979b86e28d23f2c7"'}, 304),
        ({"If-None-Match": 'W/"781e5e245d69b566979b86e28d23f2c7"'}, 304),
        ({"If-None-Match": '"a"'}, 200),
        ({"If-Modified-Since": "not a date"}, 200),
        ({"If-Match": "*", "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ({"If-None-Match": '"a"', "If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"}, 200),
    ],
)
def test_preconditions_are_those_of_http(world: Inside, headers: dict[str, str], status: int) -> None:
    assert world.s3("GET", "/bucket/k", headers).status == status


def test_an_object_that_did_not_change_since_is_not_sent(world: Inside) -> None:
    now = format_datetime(world.clock.now(), usegmt=True)
    answer = world.s3("GET", "/bucket/k", {"If-Modified-Since": now})
    assert (answer.status, text_of(answer)) == (304, "")


def test_the_answers_headers_are_chosen_by_who_signed(world: Inside) -> None:
    answer = world.s3("GET", "/bucket/k?response-content-type=text%2Fcsv&response-content-disposition=attachment")
    headers = dict(answer.headers)
    assert (headers["Content-Type"], headers["Content-Disposition"]) == ("text/csv", "attachment")
    anonymous = world.front(request("GET", "/bucket/k?response-content-type=text%2Fcsv", {"Host": HOST}))
    assert anonymous.status == 403


@pytest.mark.parametrize("value", ["a%0D%0AX-Other%3A%20b", "%E6%97%A5%E6%9C%AC", "a%00"])
def test_a_header_that_cannot_be_one_is_refused(world: Inside, value: str) -> None:
    assert outcome(world.s3("GET", f"/bucket/k?response-content-disposition={value}")) == (400, "InvalidArgument")

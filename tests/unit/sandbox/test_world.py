import json
from types import ModuleType
from typing import Any

import pytest

from bucketpass.sandbox.world import UnusableRequest, World, recorded_request

ACCOUNT, REGION = "111122223333", "eu-west-1"


class Moto(ModuleType):
    """Answers every request alike, or breaks."""

    def __init__(self, answer: Any) -> None:
        super().__init__("moto")
        self._answer = answer

    def answer(self, *_: object, **given: object) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def world(answer: Any) -> World:
    made = World(ACCOUNT, REGION, None)
    made.moto = Moto(answer)
    return made


def test_headers_that_would_choose_another_account_or_were_checked_are_not_forwarded() -> None:
    headers = (("X-Moto-Account-Id", "999999999999"), ("Authorization", "AWS4"), ("X-Amz-Tagging", "a=b"))
    recorded = recorded_request("s3", "PUT", "/b", headers, b"body")
    assert json.loads(recorded["headers"]) == {"X-Amz-Tagging": "a=b"}


def test_an_answer_loses_the_headers_of_its_connection() -> None:
    response = world((200, {"Status": 200, "Content-Length": 9, "ETag": 7}, "text")).answer(
        "s3", "GET", "/b", {}, b"", account=ACCOUNT, region=REGION
    )
    assert (response.status, list(response.headers), b"".join(response.blocks())) == (200, [("ETag", "7")], b"text")


@pytest.mark.parametrize("broken", [KeyError("Bucket"), AttributeError("x"), TypeError("x"), ValueError("x")])
def test_what_breaks_moto_is_an_unusable_request(broken: Exception) -> None:
    with pytest.raises(UnusableRequest, match=type(broken).__name__):
        world(broken).answer("iam", "POST", "/", {}, b"", account=ACCOUNT, region=REGION)


def test_without_moto_every_backend_is_empty() -> None:
    assert World(ACCOUNT, REGION, None).backend("iam", ACCOUNT, "aws").roles == {}

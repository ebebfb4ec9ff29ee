"""Answers of providers, good and bad."""

import pytest
from tests.fake_machine import Server

from bucketpass.errors import IdentityError
from bucketpass.identity.ask import ask, ask_json, form, token_field
from bucketpass.wire.client import HttpRequest, HttpResponse

REQUEST = HttpRequest("GET", "https://idp.test/token?secret=1")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (HttpResponse(500, {}, b"<html>"), "the issuer at `https://idp.test/token` answered 500"),
        (HttpResponse(403, {}, b'{"message": "no\\nway"}'), "answered 403: no way"),
        (TimeoutError("no answer in time"), "cannot be reached: no answer in time"),
    ],
)
def test_a_failure_names_the_address_without_its_query(answer: object, says: str) -> None:
    with pytest.raises(IdentityError, match=says) as caught:
        ask(Server({"https://idp.test/token": answer}), REQUEST, "the issuer", remedy="mend it")
    assert "secret" not in str(caught.value)
    assert caught.value.diagnostics()[0].remedy == "mend it"


@pytest.mark.parametrize("body", [b"", b"[1]", b"<html>", b"[" * 100_000])
def test_what_is_no_json_object_is_an_error(body: bytes) -> None:
    with pytest.raises(IdentityError, match="no JSON object"):
        ask_json(Server({"https://idp.test/token": body}), REQUEST, "the issuer", remedy="")


def test_a_missing_token_names_the_fields_that_came() -> None:
    with pytest.raises(IdentityError, match=r"gave no `id_token` \(it gave `access_token`\)"):
        token_field({"access_token": "x"}, "id_token", "the issuer")


def test_a_form_is_encoded() -> None:
    assert form({"a": "b c&d"}) == b"a=b+c%26d"

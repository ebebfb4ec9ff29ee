import json
from datetime import UTC, datetime

import pytest
from tests.fixed_clock import FixedClock

from bucketpass.clock import SystemClock
from bucketpass.sandbox.discovery import MOST_REFETCHES, HttpsFetch, IssuerKeys, UnreachableIssuer

ISSUER = "https://idp.example.com/realm"
CONFIGURATION = f"{ISSUER}/.well-known/openid-configuration"
JWKS = "https://idp.example.com/keys"


class Pages:
    """The web, as far as it matters; it counts how often it is asked."""

    def __init__(self, **changes: object) -> None:
        self.kids = ["one"]
        self.asked: list[str] = []
        self.changes = changes

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url == CONFIGURATION:
            return json.dumps({"issuer": ISSUER, "jwks_uri": JWKS, **self.changes}).encode()
        if url == JWKS:
            return json.dumps({"keys": [{"kid": kid} for kid in self.kids]}).encode()
        raise UnreachableIssuer("no such page")


def nothing_of_our_own(url: str) -> bytes | None:
    return None


def clock() -> FixedClock:
    return FixedClock(datetime(2026, 1, 1, tzinfo=UTC))


def test_keys_are_found_by_discovery_and_remembered() -> None:
    pages = Pages()
    keys = IssuerKeys(pages, nothing_of_our_own, clock())
    assert keys.keys(ISSUER, wanted="one") == ({"kid": "one"},)
    assert keys.keys(ISSUER, wanted=None) == ({"kid": "one"},)
    assert pages.asked == [CONFIGURATION, JWKS]


def test_a_new_key_is_fetched_when_a_token_names_it() -> None:
    pages, time = Pages(), clock()
    keys = IssuerKeys(pages, nothing_of_our_own, time)
    keys.keys(ISSUER, wanted="one")
    pages.kids = ["two", "one"]
    time.advance(11)
    assert keys.keys(ISSUER, wanted="two") == ({"kid": "two"}, {"kid": "one"})


def test_made_up_key_ids_do_not_hammer_the_provider() -> None:
    pages, time = Pages(), clock()
    keys = IssuerKeys(pages, nothing_of_our_own, time)
    for number in range(100):
        keys.keys(ISSUER, wanted=f"made up {number}")
        time.advance(0.05)
    assert len(pages.asked) == 2 * (1 + MOST_REFETCHES)


def test_keys_that_change_within_seconds_are_found() -> None:
    pages, time = Pages(), clock()
    keys = IssuerKeys(pages, nothing_of_our_own, time)
    keys.keys(ISSUER, wanted="one")
    for kid in ("two", "three"):
        time.advance(1)
        pages.kids = [kid]
        assert keys.keys(ISSUER, wanted=kid) == ({"kid": kid},)


def test_a_provider_that_is_down_is_not_hammered_either() -> None:
    pages, time = Pages(jwks_uri="https://idp.example.com/gone"), clock()
    keys = IssuerKeys(pages, nothing_of_our_own, time)
    for _ in range(100):
        with pytest.raises(UnreachableIssuer, match="no such page"):
            keys.keys(ISSUER, wanted="one")
        time.advance(0.05)
    assert len(pages.asked) == 2
    pages.changes = {}
    time.advance(10)
    assert keys.keys(ISSUER, wanted="one") == ({"kid": "one"},)


def test_keys_that_are_known_stay_good_while_the_provider_is_down() -> None:
    pages, time = Pages(), clock()
    keys = IssuerKeys(pages, nothing_of_our_own, time)
    keys.keys(ISSUER, wanted="one")
    pages.changes = {"issuer": "https://other.example"}
    time.advance(11)
    with pytest.raises(UnreachableIssuer):
        keys.keys(ISSUER, wanted="two")
    assert keys.keys(ISSUER, wanted="one") == ({"kid": "one"},)


@pytest.mark.parametrize("host", ["localhost:8443", "127.0.0.1", "[::1]", "a.localhost", "localhost.", "[::1"])
def test_the_keys_of_a_public_issuer_are_not_on_this_machine(host: str) -> None:
    pages = Pages(jwks_uri=f"https://{host}/keys")
    with pytest.raises(UnreachableIssuer, match="a public issuer at a private address"):
        IssuerKeys(pages, nothing_of_our_own, clock()).keys(ISSUER, wanted=None)
    assert pages.asked == [CONFIGURATION]


def test_keys_are_fetched_again_after_some_minutes() -> None:
    pages, time = Pages(), clock()
    keys = IssuerKeys(pages, nothing_of_our_own, time)
    keys.keys(ISSUER, wanted="one")
    time.advance(301)
    keys.keys(ISSUER, wanted="one")
    assert len(pages.asked) == 4


def test_the_pages_of_a_stand_in_are_never_fetched() -> None:
    pages, own = Pages(), Pages()
    keys = IssuerKeys(pages, lambda url: own(url) if url in (CONFIGURATION, JWKS) else None, clock())
    own.kids = ["a"]
    assert keys.keys(ISSUER, wanted="a") == ({"kid": "a"},)
    own.kids = ["b"]
    assert keys.keys(ISSUER, wanted="b") == ({"kid": "b"},)
    assert pages.asked == []


@pytest.mark.parametrize(
    "changes",
    [{"issuer": f"{ISSUER}/"}, {"issuer": None}, {"jwks_uri": None}, {"jwks_uri": ["x"]}, {"jwks_uri": "https://idp.example.com/other"}],
)
def test_a_document_that_is_not_the_issuers_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UnreachableIssuer):
        IssuerKeys(Pages(**changes), nothing_of_our_own, clock()).keys(ISSUER, wanted=None)


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b"[" * 100_000, b'{"keys": {}}', b'{"keys": [1]}'])
def test_a_key_set_that_is_none_is_refused(document: bytes) -> None:
    def pages(url: str) -> bytes:
        return document if url == JWKS else Pages()(url)

    with pytest.raises(UnreachableIssuer):
        IssuerKeys(pages, nothing_of_our_own, clock()).keys(ISSUER, wanted=None)


@pytest.mark.parametrize(
    "url", ["http://idp.example.com/", "file:///etc/passwd", "https://user@idp.example.com/", "https:///nohost", "ftp://x/"]
)
def test_only_https_is_fetched(url: str) -> None:
    with pytest.raises(UnreachableIssuer):
        HttpsFetch(SystemClock())(url)


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "[fd00::1]", "192.168.1.1", "0.0.0.0"])
def test_an_address_inside_the_network_is_not_fetched(host: str) -> None:
    with pytest.raises(UnreachableIssuer, match="a public issuer at a private address"):
        HttpsFetch(SystemClock())(f"https://{host}/")

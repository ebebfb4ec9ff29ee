import pytest

from bucketpass.model import Grant, Listing
from bucketpass.model.clients import CLIENTS, asks_head, folder_name, listing_of, makes_markers, parents


def test_a_grant_has_what_it_says_and_what_its_clients_ask_for() -> None:
    assert (listing_of(Grant("data")), asks_head(Grant("data")), makes_markers(Grant("data"))) == (Listing.EXACT, False, False)
    arrow = Grant("data", "raw/", clients=("spark", "arrow"))
    assert (listing_of(arrow), asks_head(arrow), makes_markers(arrow)) == (Listing.FOLDER, True, True)
    assert listing_of(Grant("data", "raw/", clients=("arrow",), listing=Listing.BUCKET_ROOT)) is Listing.BUCKET_ROOT


@pytest.mark.parametrize(
    ("prefix", "name", "way"),
    [("", "", ()), ("raw/", "raw", ()), ("raw", "", ()), ("a/b/c/", "a/b/c", ("a/", "a/b/")), ("a/b", "", ("a/",)), ("/a/", "/a", ("/",))],
)
def test_a_folder_has_a_name_and_a_way_to_it(prefix: str, name: str, way: tuple[str, ...]) -> None:
    assert (folder_name(prefix), tuple(parents(prefix))) == (name, way)


def test_every_client_says_what_it_was_seen_with_and_asks_for_something() -> None:
    for client in CLIENTS.values():
        assert any(character.isdigit() for character in client.seen)
        assert client.head or client.listing is not Listing.EXACT or client.deletes

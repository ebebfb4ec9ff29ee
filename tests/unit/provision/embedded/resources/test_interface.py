"""What a handler says of a creation in several calls."""

import pytest

from bucketpass.provision.embedded.resources.interface import Made, PartlyMade, then


def test_a_later_call_that_fails_does_not_hide_what_was_made() -> None:
    cause = ValueError("no tags for you")
    with pytest.raises(PartlyMade, match="no tags for you") as failed, then(Made("bucket-1")):
        raise cause
    assert (failed.value.made, failed.value.cause) == (Made("bucket-1"), cause)


def test_later_calls_that_go_well_say_nothing() -> None:
    with then(Made("bucket-1")):
        pass

import pytest

from bucketpass.aws.condition_keys import condition_key
from bucketpass.aws.request_keys import HEADER_KEYS, LISTING_PARAMETERS


@pytest.mark.parametrize("key", [*HEADER_KEYS.values(), *(f"s3:{name}" for name in LISTING_PARAMETERS)])
def test_what_a_request_brings_is_a_condition_key_of_s3(key: str) -> None:
    assert condition_key(key) is not None


def test_headers_are_in_lower_case_as_they_are_looked_up() -> None:
    assert [name for name in HEADER_KEYS if name != name.lower()] == []

"""How documents show what is not known yet."""

import json

import pytest

from bucketpass.policy.unknown_parts import has_unknown_parts, unknown_part


@pytest.mark.parametrize("owner", ["datasets", 'a "quoted" name', "line\nbreak", "a<b>c", "back\\slash", ""])
def test_it_stands_in_the_text_of_a_document_and_is_found_there(owner: str) -> None:
    document = f'{{"Resource":"arn:aws:s3:::{unknown_part("bucket", owner)}/*"}}'
    assert json.loads(document)["Resource"].startswith('arn:aws:s3:::<bucket of "')
    assert has_unknown_parts(document)
    assert has_unknown_parts(json.dumps(document))


def test_documents_without_are_known() -> None:
    assert not has_unknown_parts('{"Resource":"arn:aws:s3:::a/<b>"}')

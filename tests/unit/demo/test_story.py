from bucketpass.demo.runner import EXAMPLE
from bucketpass.demo.story import BUCKET, STORY, Proof
from bucketpass.model import load_access

ACCESS = load_access(EXAMPLE / "access.yaml")


def test_the_story_names_services_and_buckets_that_the_example_declares() -> None:
    assert {attempt.service for attempt in STORY} <= set(ACCESS.services)
    assert BUCKET in ACCESS.buckets


def test_every_way_to_spoil_a_token_is_tried_and_refused() -> None:
    assert {attempt.proof for attempt in STORY} == set(Proof)
    assert [attempt.description for attempt in STORY if attempt.proof is not Proof.OWN and attempt.allowed] == []


def test_no_two_rows_have_the_same_words() -> None:
    assert len({attempt.description for attempt in STORY}) == len(STORY)

"""Why a call failed."""

from tests.fake_cloud import AwsSaidNo

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.failure import explain, was_not_done


def test_an_answer_of_aws_has_its_words_and_a_remedy_where_there_is_one() -> None:
    assert explain(AwsSaidNo("BucketNotEmpty")).endswith("(empty it first, or set force_destroy=True and run `up` before it is deleted)")
    assert explain(AwsSaidNo("Strange")) == "an error occurred (Strange)"


def test_our_own_errors_speak_for_themselves_and_an_empty_one_has_its_name() -> None:
    assert explain(ProvisionError("it is so", remedy="do that")) == "it is so (do that)"
    assert explain(TimeoutError()) == "TimeoutError"
    assert explain(ValueError("two\nlines")) == "two lines"


def test_only_an_answer_makes_it_certain_that_nothing_was_done() -> None:
    assert was_not_done(AwsSaidNo("AccessDenied"))
    assert was_not_done(ProvisionError("never sent"))
    assert not was_not_done(TimeoutError("the answer never came"))

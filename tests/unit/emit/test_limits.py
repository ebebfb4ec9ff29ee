"""What a template cannot hold is said with its number."""

import pytest
from benchmarks.compile import TARGET, declaration

from bucketpass.compile import compile_access
from bucketpass.emit import Blueprint, blueprint_of, over_limits
from bucketpass.errors import Severity


def many(services: int) -> Blueprint:
    return blueprint_of(compile_access(declaration(services), TARGET))


def test_a_small_declaration_is_within_all_limits() -> None:
    assert over_limits(many(3)) == ()


def test_a_template_for_a_bucket_is_not_refused_but_named() -> None:
    (found,) = over_limits(many(20))
    assert (found.code, found.severity) == ("cloudformation-bytes", Severity.NOTE)


@pytest.mark.parametrize(
    ("code", "number"), [("cloudformation-resources", "has 661 resources"), ("cloudformation-outputs", "have 1561 outputs")]
)
def test_300_services_are_more_than_a_stack_takes(code: str, number: str) -> None:
    (found,) = (finding for finding in over_limits(many(300)) if finding.code == code)
    assert number in found.message


def test_a_template_that_no_bucket_takes_either_is_an_error() -> None:
    (found,) = (finding for finding in over_limits(many(1_000)) if finding.code == "cloudformation-bytes")
    assert found.severity is Severity.ERROR

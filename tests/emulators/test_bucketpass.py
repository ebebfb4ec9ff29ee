"""The sandbox answers each case that emulators are compared by as AWS does."""

import pytest
from tests.emulators.__main__ import SERVICES, ask, differences, summary
from tests.emulators.case import ALLOWED, CASES, Answer, Case, Verdict, answer_of
from tests.emulators.lab import Lab
from tests.emulators.servers import EMULATORS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_the_sandbox_answers_every_case_as_aws_does() -> None:
    answers = ask(EMULATORS["bucketpass"])
    assert [(one.case.description, one.got) for one in answers if one.verdict is not Verdict.RIGHT] == []
    assert len(answers) == len(CASES) >= 80
    assert {one.service for one in CASES} == SERVICES.keys()
    assert f"| all {len(CASES)}: right | {len(CASES)} |" in summary({"bucketpass": answers})
    assert len(differences({"bucketpass": answers})) == 2


@pytest.mark.parametrize(
    ("expected", "got", "verdict"),
    [
        (ALLOWED, ALLOWED, Verdict.RIGHT),
        ("AccessDenied", "AccessDenied", Verdict.RIGHT),
        ("AccessDenied", ALLOWED, Verdict.WRONGLY_ALLOWED),
        (ALLOWED, "AccessDenied", Verdict.WRONGLY_REFUSED),
        ("NoSuchKey", "AccessDenied", Verdict.OTHER_ERROR),
    ],
)
def test_an_answer_counts_as_right_only_where_it_is_awss(lab: Lab, expected: str, got: str, verdict: Verdict) -> None:
    asked = Case("S3", "made up", (expected,), lambda lab: lambda: got)
    assert answer_of(asked, lab) == Answer(asked, verdict, got)


def test_a_case_that_cannot_be_set_up_is_no_answer(lab: Lab) -> None:
    def prepare(lab: Lab) -> None:
        raise LookupError("nothing there")

    asked = Case("S3", "made up", (ALLOWED,), prepare)  # type: ignore[arg-type]
    assert answer_of(asked, lab).verdict is Verdict.NOT_ASKED


@pytest.fixture
def lab() -> Lab:
    return Lab("http://localhost:1", None, None)  # type: ignore[arg-type]  # never asked

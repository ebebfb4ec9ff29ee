"""A case: what it needs, the one call that counts, and AWS's answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from tests.emulators.lab import Lab
from urllib3.exceptions import HTTPError

ALLOWED = "allowed"
Call = Callable[[], object]


class Verdict(Enum):
    """How an answer compares with AWS's."""

    RIGHT = "right"
    WRONGLY_ALLOWED = "wrongly allowed"
    WRONGLY_REFUSED = "wrongly refused"
    OTHER_ERROR = "another error than AWS's"
    NOT_ASKED = "cannot be set up"


@dataclass(frozen=True)
class Case:
    """`prepare` makes what the case needs and returns its call. `expected`: AWS's answers, ALLOWED or codes of errors."""

    service: str
    description: str
    expected: tuple[str, ...]
    prepare: Callable[[Lab], Call]


@dataclass(frozen=True)
class Answer:
    """What an emulator answered: ALLOWED, a code, or the reason why the case could not be set up."""

    case: Case
    verdict: Verdict
    got: str


CASES: list[Case] = []
# An answer that no client can read.
_BROKEN = (BotoCoreError, ResponseParserError, HTTPError)


def case(service: str, description: str, *expected: str) -> Callable[[Callable[[Lab], Call]], Callable[[Lab], Call]]:
    """Put the function among the cases."""

    def add(prepare: Callable[[Lab], Call]) -> Callable[[Lab], Call]:
        CASES.append(Case(service, description, expected, prepare))
        return prepare

    return add


def answer_of(asked: Case, lab: Lab) -> Answer:
    """Set the case up and make its call."""
    try:
        call = asked.prepare(lab)
    except (ClientError, *_BROKEN, LookupError) as problem:
        return Answer(asked, Verdict.NOT_ASKED, f"{type(problem).__name__}: {problem}"[:160])
    got = _outcome(call)
    if got in asked.expected:
        return Answer(asked, Verdict.RIGHT, got)
    if got == ALLOWED:
        return Answer(asked, Verdict.WRONGLY_ALLOWED, got)
    refused_by_aws = ALLOWED not in asked.expected
    return Answer(asked, Verdict.OTHER_ERROR if refused_by_aws else Verdict.WRONGLY_REFUSED, got)


def _outcome(call: Call) -> str:
    """ALLOWED, or the code of the error that came back."""
    try:
        answer = call()
    except ClientError as refused:
        response: Any = refused.response
        return str(response["Error"]["Code"])
    except _BROKEN as broken:
        return type(broken).__name__
    # A batch answers 200 and names what it refused.
    errors = answer.get("Errors") if isinstance(answer, dict) else None
    return str(errors[0].get("Code")) if errors else answer if isinstance(answer, str) else ALLOWED

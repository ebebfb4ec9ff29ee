"""Decisions on a screen and as JSON."""

import json

import pytest
from tests.unit.deployment.test_calls import CLAIMS, asking

from bucketpass.cli.show_decision import as_object, explained, show_explanation, show_path
from bucketpass.deployment.calls import explain_call


@pytest.mark.parametrize("claims", [CLAIMS, CLAIMS | {"sub": "other"}, CLAIMS | {"aud": "other"}, None])
def test_every_answer_can_be_shown_and_written(claims: dict[str, object] | None, capsys: pytest.CaptureFixture[str]) -> None:
    asked = asking(claims=claims)
    found = explain_call(asked)
    show_path(found, asked)
    show_explanation(found)
    assert capsys.readouterr().out.startswith("ALLOWED" if found.decision.allowed else "DENIED")
    assert json.loads(json.dumps(as_object(found, asked)))["allowed"] is found.decision.allowed
    assert all(json.loads(json.dumps(explained(one)))["layers"] for one in (*found.trust, *found.requests))


def test_what_a_grant_by_way_of_the_account_is_worth_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    show_explanation(explain_call(asking()))
    assert "resource-based policy: allows, to the account: an identity-based policy must allow too" in capsys.readouterr().out


@pytest.mark.parametrize(("audience", "words"), [(["a", "b"], "aud a and b"), ([], "no aud"), (None, "no aud"), ("a", "aud a")])
def test_the_audiences_are_shown_as_a_person_writes_them(audience: object, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = asking(claims=CLAIMS | {"aud": audience})
    show_path(explain_call(asked), asked)
    assert f", {words} (not verified)" in capsys.readouterr().out

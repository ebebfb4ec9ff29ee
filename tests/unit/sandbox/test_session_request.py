"""What AssumeRole is asked for, and what a chain of roles hands on."""

from datetime import UTC, datetime

import pytest

from bucketpass.requests.callers import role_session
from bucketpass.requests.request import RequestedSession
from bucketpass.sandbox.credentials import IssuedSession, Requester
from bucketpass.sandbox.session_request import inherited_session, merged_session, requested_session, session_policies
from bucketpass.sandbox.wire_errors import AwsError

NOTHING = RequestedSession()
INHERITED = RequestedSession(tags={"Team": "ml"}, transitive_tag_keys=("Team",), source_identity="ann")


def tags(**values: str) -> dict[str, str]:
    return {
        f"Tags.member.{n}.{field}": text
        for n, pair in enumerate(values.items(), 1)
        for field, text in zip(("Key", "Value"), pair, strict=True)
    }


def test_a_session_hands_on_its_transitive_tags_and_its_source_identity() -> None:
    caller = role_session(
        "arn:aws:iam::111122223333:role/r", "s", role_id="AROA1", session_tags={"Team": "ml", "Cost": "1"}, source_identity="ann"
    )
    session = IssuedSession("r", "AROA1", datetime(2026, 1, 1, tzinfo=UTC), transitive_tag_keys=("Team",))
    assert inherited_session(Requester(caller, session)) == INHERITED
    in_other_letters = IssuedSession("r", "AROA1", datetime(2026, 1, 1, tzinfo=UTC), transitive_tag_keys=("TEAM",))
    assert inherited_session(Requester(caller, in_other_letters)).tags == INHERITED.tags
    assert inherited_session(Requester(caller))._replace(source_identity=None) == NOTHING


def test_a_call_asks_for_tags_and_a_source_identity() -> None:
    form = {**tags(Cost="1", Area="x"), "TransitiveTagKeys.member.1": "Cost", "SourceIdentity": "bob", "ExternalId": "e"}
    found = requested_session(form, "s", NOTHING)
    assert found == RequestedSession("s", {"Cost": "1", "Area": "x"}, ("Cost",), "bob", external_id="e")
    assert merged_session(requested_session(tags(Cost="1"), "s", INHERITED), INHERITED) == RequestedSession(
        "s", {"Team": "ml", "Cost": "1"}, ("Team",), "ann"
    )


@pytest.mark.parametrize(
    ("form", "inherited", "code"),
    [
        (tags(a="1", A="2"), NOTHING, "InvalidParameterValue"),
        (tags(team="x"), INHERITED, "InvalidParameterValue"),
        (tags(**{"aws:x": "1"}), NOTHING, "ValidationError"),
        (tags(**{"": "1"}), NOTHING, "ValidationError"),
        (tags(a="1" * 257), NOTHING, "ValidationError"),
        (tags(**{f"k{n}": "1" for n in range(51)}), NOTHING, "ValidationError"),
        ({"TransitiveTagKeys.member.1": "a"}, NOTHING, "InvalidParameterValue"),
        ({"SourceIdentity": "a"}, NOTHING, "ValidationError"),
        ({"SourceIdentity": "aws:ann"}, NOTHING, "ValidationError"),
        ({"SourceIdentity": "bob"}, INHERITED, "AccessDenied"),
    ],
)
def test_what_sts_refuses_is_refused(form: dict[str, str], inherited: RequestedSession, code: str) -> None:
    with pytest.raises(AwsError) as refused:
        requested_session(form, "s", inherited)
    assert refused.value.code == code


ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'
ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_a_session_has_the_inline_policy_and_the_managed_ones_that_are_named() -> None:
    assert session_policies({}, lambda _: None) is None
    found = session_policies({"Policy": ALLOW, "PolicyArns.member.1.arn": ARN}, lambda arn: ALLOW if arn == ARN else None)
    assert found is not None
    assert len(found) == 2


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"Policy": ""}, "ValidationError"),
        ({"Policy": ALLOW + " " * 2048}, "ValidationError"),
        ({"Policy": ALLOW.replace("*", "ﬁ")}, "ValidationError"),
        ({"Policy": "{}"}, "MalformedPolicyDocument"),
        ({"PolicyArns.member.1.arn": ARN}, "InvalidParameterValue"),
        ({f"PolicyArns.member.{number}.arn": ARN for number in range(11)}, "ValidationError"),
    ],
)
def test_session_policies_that_sts_refuses(form: dict[str, str], code: str) -> None:
    with pytest.raises(AwsError) as refused:
        session_policies(form, lambda _: None)
    assert refused.value.code == code

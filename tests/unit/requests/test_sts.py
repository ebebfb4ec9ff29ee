import pytest

from bucketpass.requests.callers import role_session
from bucketpass.requests.request import RequestedSession
from bucketpass.requests.sts import authorization_requests

ROLE = "arn:aws:iam::444455556666:role/reader"
CALLER = role_session("arn:aws:iam::111122223333:role/trainer", "run")


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (RequestedSession("run"), ["sts:AssumeRole"]),
        (RequestedSession("run", {"team": "ml"}), ["sts:AssumeRole", "sts:TagSession"]),
        (RequestedSession("run", source_identity="ann"), ["sts:AssumeRole", "sts:SetSourceIdentity"]),
    ],
)
def test_tags_and_a_source_identity_need_actions_of_their_own(session: RequestedSession, expected: list[str]) -> None:
    requests = authorization_requests("AssumeRole", ROLE, CALLER, session, role_tags={"stage": "prod"})
    assert [request.action for request in requests] == expected
    for request in requests:
        assert (request.resource, request.resource_account) == (ROLE, "444455556666")
        assert request.context["sts:RoleSessionName"] == "run"
        assert request.context["aws:ResourceTag/stage"] == "prod"
        assert "sts:RoleAuthorizedByIdp" not in request.context

from bucketpass.requests.callers import root_user
from bucketpass.requests.iam import IamCall, authorization_request

ADMIN = root_user("111122223333")
ROLE = "arn:aws:iam::111122223333:role/new"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"


def test_a_call_brings_the_tags_and_the_boundary_of_what_it_makes() -> None:
    call = IamCall("CreateRole", ROLE, request_tags={"team": "ml"}, permissions_boundary=BOUNDARY, policy_arn="ignored")
    request = authorization_request(call, "111122223333", ADMIN)
    expected = {"aws:RequestTag/team": "ml", "aws:TagKeys": ("team",), "iam:PermissionsBoundary": BOUNDARY}
    assert request.context.items() >= expected.items()
    assert (request.action, request.resource, "iam:PolicyARN" in request.context) == ("iam:CreateRole", ROLE, False)


def test_a_call_on_an_entity_brings_the_tags_that_it_has() -> None:
    call = IamCall("AttachRolePolicy", ROLE, resource_tags={"team": "ml"}, policy_arn=BOUNDARY)
    context = authorization_request(call, "111122223333", ADMIN).context
    assert (context["iam:ResourceTag/team"], context["aws:ResourceTag/team"], context["iam:PolicyARN"]) == ("ml", "ml", BOUNDARY)


def test_a_role_is_passed_to_a_service() -> None:
    passed = IamCall("PassRole", ROLE, passed_to_service="lambda.amazonaws.com")
    assert authorization_request(passed, "111122223333", ADMIN).context["iam:PassedToService"] == "lambda.amazonaws.com"

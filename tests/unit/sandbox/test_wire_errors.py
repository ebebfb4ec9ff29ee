import json
from xml.etree import ElementTree

import pytest

from bucketpass.sandbox.wire_errors import WORDINGS, AwsError, Problem, Protocol, refusal, render_error, unreadable
from bucketpass.wire.syntax import HttpError


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_a_wording_in_every_protocol(problem: Problem) -> None:
    for protocol in Protocol:
        error = refusal(problem, protocol)
        assert error.code
        assert 400 <= error.status < 600
    assert set(WORDINGS[problem]) == {Protocol.S3, Protocol.STS, Protocol.KMS}


def test_s3s_error_is_its_xml() -> None:
    error = AwsError("NoSuchKey", "The specified key <&> does not exist.", 404, (("Key", "a\x00b"),))
    response = render_error(error, Protocol.S3, resource="/b/k")
    assert isinstance(response.body, bytes)
    root = ElementTree.fromstring(response.body)
    found = {child.tag: child.text for child in root}
    assert (response.status, root.tag) == (404, "Error")
    assert (found["Code"], found["Message"], found["Key"]) == ("NoSuchKey", "The specified key <&> does not exist.", "a?b")


@pytest.mark.parametrize(("status", "code"), [(400, "BadRequest"), (414, "RequestHeaderSectionTooLarge"), (501, "NotImplemented")])
def test_what_is_no_request_is_answered_in_s3s_form(status: int, code: str) -> None:
    response = unreadable(HttpError(status, "a header is malformed"))
    assert isinstance(response.body, bytes)
    found = {child.tag: child.text for child in ElementTree.fromstring(response.body)}
    assert (response.status, found["Code"]) == (status, code)
    assert found["Message"] == "An error occurred when parsing the HTTP request: a header is malformed."


def test_stss_error_is_the_query_protocols() -> None:
    response = render_error(refusal(Problem.UNKNOWN_KEY, Protocol.STS), Protocol.STS)
    assert isinstance(response.body, bytes)
    error = ElementTree.fromstring(response.body)[0]
    assert [child.text for child in error][:2] == ["Sender", "InvalidClientTokenId"]


def test_kmss_error_is_json() -> None:
    response = render_error(refusal(Problem.ACCESS_DENIED, Protocol.KMS, "no"), Protocol.KMS)
    assert isinstance(response.body, bytes)
    assert json.loads(response.body) == {"__type": "AccessDeniedException", "message": "no"}

from types import SimpleNamespace

import boto3
import pytest

from bucketpass.provision.embedded import rgw
from bucketpass.provision.embedded.resources.registry import HANDLERS

BARE = b'<?xml version="1.0"?><Error><Code>NoSuchEntity</Code><Message></Message></Error>'


def emitted(event: str, **arguments: object) -> None:
    session = boto3.Session(region_name="us-east-1")
    rgw.adapt(session)
    session.events.emit(event, **arguments)


def test_a_form_is_sent_without_plus_signs_for_spaces() -> None:
    request = SimpleNamespace(
        context={}, headers={}, url="https://localhost", data={"Action": "PutRolePolicy", "PolicyDocument": '{"Resource":"a b/+"}'}
    )
    emitted("request-created.iam.PutRolePolicy", request=request)
    assert request.data == b"Action=PutRolePolicy&PolicyDocument=%7B%22Resource%22%3A%22a%20b%2F%2B%22%7D"


def test_a_body_that_is_no_form_stays_as_it_is() -> None:
    request = SimpleNamespace(context={}, headers={}, url="https://localhost", data=b"already + written")
    emitted("request-created.sts.Anything", request=request)
    assert request.data == b"already + written"


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_an_error_that_stands_alone_is_put_where_botocore_looks_for_it(service: str) -> None:
    response = {"status_code": 404, "body": BARE, "headers": {}}
    emitted(f"before-parse.{service}.GetRole", response_dict=response)
    assert response["body"] == b"<ErrorResponse><Error><Code>NoSuchEntity</Code><Message></Message></Error></ErrorResponse>"


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<GetRoleResponse/>"), (404, b"<ErrorResponse><Error/></ErrorResponse>"), (502, b"bad gateway")]
)
def test_other_answers_stay_as_they_are(status: int, body: bytes) -> None:
    response = {"status_code": status, "body": body, "headers": {}}
    emitted("before-parse.iam.GetRole", response_dict=response)
    assert response["body"] == body


def test_what_cannot_be_changed_are_properties_of_types_that_there_are() -> None:
    for token, names in rgw.UNCHANGEABLE.items():
        assert names <= {rule.name for rule in HANDLERS[token].properties}

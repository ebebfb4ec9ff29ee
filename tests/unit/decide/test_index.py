"""The index finds what asking every statement would find."""

from hypothesis import given
from tests.strategies import documents, requests

from bucketpass.decide.index import PreparedDocument, prepare_document
from bucketpass.policy.document import PolicyDocument
from bucketpass.requests.request import AuthorizationRequest


@given(document=documents(), request=requests())
def test_candidates_are_exactly_the_statements_that_speak_of_the_resource(document: PolicyDocument, request: AuthorizationRequest) -> None:
    prepared = PreparedDocument(document)
    context = {name.lower(): value for name, value in request.context.items()}
    speaking = [one for one in prepared.statements if one.action(request.action) and one.applies_to_resource(request.resource, context)]
    candidates = prepared.candidates(request.action, request.resource, context)
    assert {one.index for one in candidates} == {one.index for one in speaking}
    assert prepared.candidates(request.action, request.resource, context) == candidates


@given(document=documents())
def test_a_document_is_made_ready_once(document: PolicyDocument) -> None:
    assert prepare_document(document) is prepare_document(document)


def test_names_of_actions_are_not_remembered_without_end() -> None:
    prepared = PreparedDocument(PolicyDocument(()))
    for number in range(2000):
        prepared.candidates(f"s3:Action{number}", "*", {})
    assert len(prepared._indexes) <= 512

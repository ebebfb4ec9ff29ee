import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.xml_documents import NOT_PLAIN

from bucketpass.sandbox.objects.xml import parse_body, text_of, xml_response
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.xml import element, text


def test_what_is_written_is_well_formed_and_read_again() -> None:
    response = xml_response(
        "Result", text("Key", "a<&>'\""), text("None", None), (text("Flag", flag) for flag in (True, False)), element("In", text("N", 1))
    )
    assert isinstance(response.body, bytes)
    root = parse_body(response.body, "Result")
    assert text_of(root, "Key") == "a<&>'\""
    assert [found.text for found in root.find_all("Flag")] == ["true", "false"]
    assert text_of(next(root.find_all("In")), "N") == "1"
    assert text_of(root, "None") is None


def test_a_namespace_makes_no_difference() -> None:
    assert text_of(parse_body(b'<s:A xmlns:s="http://s3.amazonaws.com/doc/2006-03-01/"><s:B>x</s:B></s:A>', "A"), "B") == "x"


@pytest.mark.parametrize("data", [*NOT_PLAIN, b"<Other/>"])
def test_what_is_not_the_plain_element_is_refused(data: bytes) -> None:
    with pytest.raises(AwsError) as error:
        parse_body(data, "A")
    assert error.value.code == "MalformedXML"


def test_two_of_what_there_is_one_of_are_refused() -> None:
    with pytest.raises(AwsError):
        text_of(parse_body(b"<A><B>1</B><B>2</B></A>", "A"), "B")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_cleanly_refused(data: bytes) -> None:
    try:
        parse_body(data, "A")
    except AwsError as refused:
        assert refused.code == "MalformedXML"

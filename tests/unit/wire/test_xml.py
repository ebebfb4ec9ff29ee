"""XML read strictly, against the standard library's reader, and written so that both read it again."""

from contextlib import suppress
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.xml_documents import NOT_PLAIN

from bucketpass.wire.xml import Element, XmlError, document, element, leaf_texts, parse_xml, printable, text

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
TREES = st.recursive(
    st.tuples(st.sampled_from("ABC"), TEXTS),
    lambda inner: st.tuples(st.sampled_from("ABC"), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)
Tree = tuple[str, "str | list[Tree]"]


def written(tree: Tree) -> str:
    name, content = tree
    return text(name, content) if isinstance(content, str) else element(name, map(written, content))


def read(one: Element) -> Tree:
    return (one.name, [read(child) for child in one.children] if one.children else one.text)


def read_by_etree(one: ElementTree.Element) -> Tree:
    return (one.tag, [read_by_etree(child) for child in one] if len(one) else one.text or "")


@given(TREES)
def test_what_is_written_is_read_again_here_and_by_etree(tree: Tree) -> None:
    data = document("Root", "", written(tree))
    assert read(parse_xml(data)) == read_by_etree(ElementTree.fromstring(data)) == ("Root", [tree])


def test_a_namespace_makes_no_difference() -> None:
    root = parse_xml(document("A", "https://sts.amazonaws.com/doc/2011-06-15/", "<s:B xmlns:s='x'>y</s:B>"))
    assert read(root) == ("A", [("B", "y")])


@pytest.mark.parametrize("data", NOT_PLAIN)
def test_what_is_not_a_plain_document_is_refused(data: bytes) -> None:
    with pytest.raises(XmlError):
        parse_xml(data)
    assert leaf_texts(data) == {}


def test_the_texts_of_leaves_are_the_first_of_their_names() -> None:
    assert leaf_texts(b"<R><Error><Code>A</Code> <Message>m</Message></Error><Code>B</Code><Empty> </Empty></R>") == {
        "Code": "A",
        "Message": "m",
    }


def test_truth_and_numbers_are_written_as_aws_writes_them() -> None:
    assert [text("N", value) for value in (True, 5, None, "a<&>")] == ["<N>true</N>", "<N>5</N>", "", "<N>a&lt;&amp;&gt;</N>"]


@given(st.text())
def test_any_message_can_be_written_once_it_is_printable(message: str) -> None:
    assert parse_xml(document("A", "", text("B", printable(message).replace("\r", "\n")))).children[0].name == "B"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(XmlError):
        parse_xml(data)

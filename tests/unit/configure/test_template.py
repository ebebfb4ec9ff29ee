"""Places of templates, and how each format quotes what goes there."""

import shlex

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.configure.template import QUOTES, fill
from bucketpass.errors import InvalidInput

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "), min_size=1)


def test_a_line_without_a_value_is_left_out_and_the_others_stay() -> None:
    assert fill("a <<x>>\nb <<y>>\nc\n", {"x": None, "y": "1"}, str) == "b 1\nc\n"


def test_a_line_with_a_list_is_there_once_for_each_record() -> None:
    records = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert fill("<<env.name>>=<<env.value>> <<tail>>\n", {"env": records, "tail": "!"}, str) == "A=1 !\nB=2 !\n"


def test_a_line_with_an_empty_list_is_not_there() -> None:
    assert fill("head\n<<env.name>>\n", {"env": []}, str) == "head\n"


def test_a_place_that_has_no_value_at_all_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        fill("<<unheard_of>>", {}, str)


def test_a_list_is_not_written_where_one_value_goes_and_not_the_other_way_round() -> None:
    with pytest.raises(TypeError):
        fill("<<word.name>>", {"word": "text"}, str)


def test_numbers_and_flags_are_not_quoted() -> None:
    assert fill("<<seconds>> <<flag>>", {"seconds": 3600, "flag": True}, QUOTES["python"]) == "3600 True"


def test_a_value_that_looks_like_a_place_is_not_filled_again() -> None:
    assert fill("<<a>>", {"a": "<<b>>", "b": "secret"}, str) == "<<b>>"


@pytest.mark.parametrize("value", ["true", "null", "1e3", "0x1f", "on", "a: b", "a #b", "- a", "*x", "{a}", "a,b", "12:30", "", "~", "a:"])
def test_yaml_reads_back_words_that_it_would_read_as_something_else(value: str) -> None:
    assert yaml.safe_load(f"[{QUOTES['yaml'](value)}]") == [value]


@given(PRINTABLE)
def test_yaml_reads_back_every_value_in_flow_and_in_block_style(value: str) -> None:
    quoted = QUOTES["yaml"](value)
    assert yaml.safe_load(f"{{a: {quoted}}}") == {"a": value}
    assert yaml.safe_load(f"a: {quoted}\n") == {"a": value}


@given(PRINTABLE)
def test_a_shell_reads_back_every_value(value: str) -> None:
    assert shlex.split(f"export A={QUOTES['shell'](value)}") == ["export", f"A={value}"]


@pytest.mark.parametrize("style", ["yaml", "ini", "systemd", "text"])
@pytest.mark.parametrize("value", ["a\nrole_arn = mine", "a\rb", "a\0b", "a\u2028b"])
def test_a_line_break_cannot_add_settings(style: str, value: str) -> None:
    with pytest.raises(InvalidInput, match="cannot hold"):
        QUOTES[style](value)


def test_systemd_sees_no_specifier_and_no_end_of_the_word() -> None:
    assert QUOTES["systemd"]('a "%h" \\') == '"a \\"%%h\\" \\\\"'

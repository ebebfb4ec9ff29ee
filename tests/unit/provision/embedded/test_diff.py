"""What changed, and whether that can be mended in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.provision.embedded.diff import compare, keep_ignored, same_policy
from bucketpass.provision.embedded.resources.interface import Property
from bucketpass.provision.embedded.values import UNKNOWN, Hidden, Properties, Value

RULES = (Property("name", replace=True), Property("policy", policy=True), Property("clients", unordered=True), Property("tags"))


def changed(old: Properties, new: Properties, *also: str) -> list[tuple[str, Value, Value, bool]]:
    return [(change.path, change.old, change.new, change.replaces) for change in compare(old, new, RULES, also)]


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.integers() | st.lists(st.integers(), max_size=2), max_size=4))
def test_nothing_differs_from_itself(properties: dict[str, Value]) -> None:
    assert compare(properties, properties, RULES) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"name": "a"}, {"name": "b"}, [("name", "a", "b", True)]),
        ({"tags": {"x": "1"}}, {"tags": {"x": "2", "y": "3"}}, [("tags.x", "1", "2", False), ("tags.y", None, "3", False)]),
        ({"tags": {}}, {}, []),
        ({}, {"tags": {"x": "1"}, "tagsAll": {"x": "1"}}, [("tags", None, {"x": "1"}, False)]),
        ({"tagsAll": {}}, {"tagsAll": {"x": "1"}}, [("tagsAll.x", None, "1", False)]),
        ({"clients": ["a", "b"]}, {"clients": ["b", "a"]}, []),
        ({"rules": [{"days": 1}]}, {"rules": [{"days": 2}]}, [("rules[0].days", 1, 2, False)]),
        ({"rules": ["a", "b", "c"]}, {"rules": ["b", "c"]}, [("rules[0]", "a", None, False)]),
        ({"rules": ["b", {"x": 1}]}, {"rules": ["a", "b", {"x": 2}]}, [("rules[0]", None, "a", False), ("rules[2].x", 1, 2, False)]),
        ({"rules": ["a"]}, {"rules": [UNKNOWN]}, [("rules[0]", "a", UNKNOWN, False)]),
        ({"name": "a"}, {"name": UNKNOWN}, [("name", "a", UNKNOWN, True)]),
        ({"policy": '{"Statement":[{"Action":"a"}]}'}, {"policy": '{"Statement":{"Action":["a"]}}'}, []),
        (
            {"policy": '{"Statement":[{"Action":"a"}]}'},
            {"policy": '{"Statement":[{"Action":"b"}]}'},
            [("policy.Statement[0].Action", "a", "b", False)],
        ),
    ],
)
def test_differences_have_their_path_and_their_rule(old: Properties, new: Properties, expected: object) -> None:
    assert changed(old, new) == expected


def test_texts_that_are_alike_are_the_same() -> None:
    rules = (Property("url", alike=lambda url: url.removeprefix("https://")),)
    assert compare({"url": "https://a"}, {"url": "a"}, rules) == ()
    assert len(compare({"url": "https://a"}, {"url": "b"}, rules)) == 1


@pytest.mark.parametrize("also", ["tags", "*"])
def test_a_program_may_say_that_a_change_replaces(also: str) -> None:
    assert changed({"tags": {"x": "1"}}, {"tags": {"x": "2"}}, also) == [("tags.x", "1", "2", True)]


def test_a_secret_that_changed_is_told_without_its_value() -> None:
    (change,) = compare({"policy": Hidden("a")}, {"policy": Hidden("b")}, RULES)
    assert (change.old, change.new) == (Hidden("a"), Hidden("b"))
    assert compare({"policy": Hidden("a")}, {"policy": "a"}, RULES) == ()


@pytest.mark.parametrize(("one", "other", "same"), [("x", "x", True), ("x", "{}", False), ('{"a":1}', '{"a":2}', False)])
def test_policies_that_are_no_json_are_compared_as_text(one: str, other: str, same: bool) -> None:
    assert same_policy(one, other) is same


def test_a_statement_more_is_another_policy() -> None:
    assert not same_policy('{"Statement":[{"Action":"a"}]}', '{"Statement":[{"Action":"a"},{"Action":"b"}]}')


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("tags",), {"tags": {"x": "1", "y": "1"}, "rules": [{"days": 2}]}),
        (("tags.x",), {"tags": {"x": "1", "z": "2"}, "rules": [{"days": 2}]}),
        (('tags["y"]',), {"tags": {"x": "2", "y": "1", "z": "2"}, "rules": [{"days": 2}]}),
        (("tags.z",), {"tags": {"x": "2"}, "rules": [{"days": 2}]}),
        (("rules[0].days",), {"tags": {"x": "2", "z": "2"}, "rules": [{"days": 1}]}),
        (("*",), {"tags": {"x": "1", "y": "1"}, "rules": [{"days": 1}]}),
    ],
)
def test_ignored_paths_keep_their_old_values(paths: tuple[str, ...], expected: Properties) -> None:
    old: Properties = {"tags": {"x": "1", "y": "1"}, "rules": [{"days": 1}]}
    new: Properties = {"tags": {"x": "2", "z": "2"}, "rules": [{"days": 2}]}
    assert keep_ignored(old, new, paths) == expected


def test_ignored_tags_are_ignored_in_the_sum_of_all_tags_too() -> None:
    old: Properties = {"tags": {"x": "1"}, "tagsAll": {"x": "1", "team": "a"}}
    new: Properties = {"tags": {"x": "2"}, "tagsAll": {"x": "2", "team": "b"}}
    assert keep_ignored(old, new, ["tags.x"]) == {"tags": {"x": "1"}, "tagsAll": {"x": "1", "team": "b"}}

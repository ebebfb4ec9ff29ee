import random
from decimal import Decimal

import pytest
from tests.unit.prove import drawn
from tests.unit.prove.test_request import outcome, request

from bucketpass.decide.conditions import compile_condition
from bucketpass.policy import Condition, Effect
from bucketpass.policy.operators import OPERATORS, Family
from bucketpass.policy.values import read_address, read_date, read_number
from bucketpass.prove.keys import FreeValue, TextValue, contains, kinds_of_value, text_matches, values_of
from bucketpass.prove.theory.formula import FALSE, Matches, disjunction
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.solver import Unsatisfiable

ADDRESSES = ("9.0.0.1", "11.0.0.1", "::1", "::2", "fe80::5", "fec0::1")
EVERYWHERE = {
    Family.NUMERIC: [*(str(number / 4) for number in range(-20, 60)), "x", ""],
    Family.DATE: [*(f"2026-01-{day:02}T{hour:02}:00:00Z" for day in range(1, 4) for hour in range(24)), "soon", "1767225600"],
    Family.IP: [*(f"10.{second}.2.{last}" for second in range(4) for last in (0, 3, 4)), *ADDRESSES],
    Family.BOOL: ["true", "false"],
}
KEYS = {
    Family.NUMERIC: "acme.example:level",
    Family.DATE: "acme.example:day",
    Family.IP: "acme.example:address",
    Family.BOOL: "aws:ViaAWSService",
}


@pytest.mark.parametrize("family", list(KEYS))
def test_every_value_is_to_the_conditions_like_one_of_those_that_are_listed(family: Family) -> None:
    chance = random.Random(family.value)
    operators = [name for name, row in OPERATORS.items() if row.family is family]
    for _ in range(60):
        lines = [
            Condition(chance.choice(operators), KEYS[family], tuple(chance.sample(drawn.OPERANDS[family], 2)))
            for _ in range(chance.randint(1, 3))
        ]
        tests = [compile_condition(line, variables=True, effect=Effect.ALLOW) for line in lines]
        kinds = kinds_of_value(KEYS[family], lines)
        assert kinds is not None
        listed = {tuple(test({KEYS[family].lower(): value}) for test in tests) for value in kinds[1]}
        for value in EVERYWHERE[family]:
            assert tuple(test({KEYS[family].lower(): value}) for test in tests) in listed, (lines, value)


def test_values_between_operands_are_whole_where_there_is_room() -> None:
    assert values_of(Family.NUMERIC, ["10", "1000"]) == ("9", "10", "11", "1000", "1001")
    assert values_of(Family.NUMERIC, ["1", "2"]) == ("0", "1", "1.5", "2", "3")


def test_values_can_be_read_as_what_they_are() -> None:
    assert all(read_number(value) is not None for value in values_of(Family.NUMERIC, ["1", "x", "1e3"]))
    assert all(read_date(value) is not None for value in values_of(Family.DATE, ["2026-01-01T00:00:00.001Z", "soon", "1767225600"]))
    assert all(read_address(value) is not None for value in values_of(Family.IP, ["10.0.0.0/8", "::/0", "x", "::ffff:10.0.0.0/104"]))


def test_a_key_that_is_text_has_no_kinds_of_value() -> None:
    assert kinds_of_value("s3:prefix", [Condition("StringLike", "s3:prefix", ("a*",))]) is None


def test_a_key_that_is_compared_in_two_ways_is_text() -> None:
    lines = [Condition("NumericEquals", "acme.example:level", ("1",)), Condition("DateEquals", "acme.example:level", ("2026-01-01",))]
    assert kinds_of_value("acme.example:level", lines) is None


def test_a_claim_that_is_compared_as_a_number_may_be_none() -> None:
    lines = [Condition("NumericEquals", "acme.example:level", ("1",))]
    assert kinds_of_value("acme.example:level", lines) == (Family.NUMERIC, ("0", "1", "2", "unreadable"))


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "99999999999999"])
def test_a_date_at_the_end_of_time_has_a_before_and_an_after(date: str) -> None:
    mark = read_date(date)
    assert mark is not None
    found = [instant for value in values_of(Family.DATE, [date]) if (instant := read_date(value)) is not None]
    assert len(found) == 3
    assert found[0] < mark == found[1] < found[2]


@pytest.mark.parametrize("number", ["1e40", "-1e-40", "12345678901234567890123456789012345.5"])
def test_a_number_of_many_digits_has_a_before_and_an_after(number: str) -> None:
    found = [found for value in values_of(Family.NUMERIC, [number]) if (found := read_number(value)) is not None]
    assert len(found) == 3
    assert found[0] < found[1] == Decimal(number) < found[2]


@pytest.mark.parametrize(
    ("key", "operator", "value"), [("s3:max-keys", "NumericLessThan", "1e999999999"), ("aws:CurrentTime", "DateLessThan", "9e17")]
)
def test_a_number_out_of_all_reason_is_not_modelled(key: str, operator: str, value: str) -> None:
    assert kinds_of_value(key, [Condition(operator, key, (value,))]) is None


def test_a_text_with_a_known_beginning_is_compared_by_its_end() -> None:
    user = TextValue("user", "arn:aws:iam::1:user/")
    assert text_matches(user, Glob.parse("arn:aws:iam::1:user/ann")) == Matches("user", Glob.parse("ann"))
    assert text_matches(user, Glob.parse("arn:aws:iam::2:*")) == FALSE
    assert text_matches(user, Glob.parse("*ann")) == Matches("user", Glob.parse("*ann"))


def test_a_key_contains_members_only_where_it_is_there() -> None:
    state = request().key("aws:SecureTransport")
    assert isinstance(state, FreeValue)
    assert outcome(request(), disjunction(contains([], state))) == Unsatisfiable()

"""Whether a statement applies to the request of a row, as SQL: 2 where it does, 0 where not, 1 where the log does not say.

Requests of one principal and operation to one bucket to which the same statements apply get the same decision. So one decision
for each combination of these numbers (`reduce`) is exact, and there are as many as a principal's own policies distinguish,
however long the log is.

A statement's resources and conditions stand in one expression: a condition matters only where the resource matches. What cannot
be put like that (`StatementTests.values`) distinguishes rows by its own value: more classes, never a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bucketpass.policy.document import Condition, Effect, PolicyDocument, Statement
from bucketpass.policy.operators import Comparison, Family, Operator, parse_operator
from bucketpass.policy.pattern import Variable, Wildcard, parse_pattern
from bucketpass.policy.values import read_date
from bucketpass.usage.operations import OF_ANYTHING, OF_OBJECT, OF_SOURCE, OperationGuards
from bucketpass.usage.request import KEY_COLUMNS, UPLOAD_PARTS, is_session_key
from bucketpass.usage.sql import Fragment, joined, quoted
from bucketpass.usage.text_tests import Pattern, TextTest, any_of, text_test

__all__ = ["KEY", "SOURCE", "Side", "StatementTests", "TestedStatement", "has_variables", "is_near", "statements_of", "time_bounds"]

NEAR_SECONDS = 5  # a log has the time at which a request ended, in whole seconds
OBJECT_CONTEXT = "kms:encryptioncontext:aws:s3:arn"
TIME_KEYS = ("aws:currenttime", "aws:epochtime")
_RAW_COLUMNS = {"s3:delimiter": "delimiter", "s3:max-keys": "max_keys", "s3:versionid": "version_id", "s3:x-amz-copy-source": "source_key"}
_SESSION_NAME_KEYS = ("aws:userid", "sts:rolesessionname")
_ALWAYS = "2"


class Side(NamedTuple):
    """The columns of the object that a request is about, or of a copy's source."""

    bucket: str
    key: str


KEY, SOURCE = Side("bucket", "object_key"), Side("source_bucket", "source_key")


class TestedStatement(NamedTuple):
    """A statement, and whether its texts may hold variables."""

    statement: Statement
    variables: bool

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The patterns of Resource and NotResource."""
        texts = (*(self.statement.resources or ()), *(self.statement.not_resources or ()))
        return tuple(parse_pattern(text, variables=self.variables) for text in texts)

    @property
    def names_sessions(self) -> bool:
        """Whether the statement names sessions of a role as its principal."""
        elements = (self.statement.principal, self.statement.not_principal)
        return any(":assumed-role/" in name for element in elements if element is not None for name in element.aws)


def statements_of(documents: Iterable[PolicyDocument]) -> tuple[TestedStatement, ...]:
    """Every statement of the documents once."""
    listed = (TestedStatement(one, document.version == "2012-10-17") for document in documents for one in document.statements)
    return tuple(dict.fromkeys(listed))


@dataclass(slots=True)
class StatementTests:
    """Expressions over a row for some statements, without those that are the same for every row of a principal and bucket.

    line: the expression of a condition on the network, TLS, headers or the session. variables: column of each session key.
    numbers: expressions of 0, 1 or 2. values: expressions whose own value distinguishes rows. operations: whether a statement
    matters for the operation of a row.
    """

    sides: Sequence[Side]
    partition: str
    line: Callable[[Condition, bool, Effect], Fragment]
    variables: Mapping[str, str]
    numbers: list[Fragment] = field(default_factory=list)
    values: list[Fragment] = field(default_factory=list)
    operations: OperationGuards = field(default_factory=OperationGuards)

    def add(self, tested: TestedStatement) -> None:
        """Add the expressions of one statement."""
        of_any = self.operations.guard(tested.statement, OF_ANYTHING)
        if of_any is None:
            return
        own = StatementTests(self.sides, self.partition, self.line, self.variables)
        conditions = [one for line in tested.statement.conditions if (one := own._condition(line, tested)) is not None]
        if tested.names_sessions:
            own._value("session_name")
        if not all(action.lower().startswith("s3:") for action in tested.statement.actions or ("*",)):
            # Requests to KMS have a context of their own, so that no condition can be said to matter or not.
            own.numbers += conditions
        self._take(own, of_any)
        for side in self.sides:
            own = StatementTests(self.sides, self.partition, self.line, self.variables)
            of_both = own._resources(side, tested, conditions)
            guard = of_any if of_both else self.operations.guard(tested.statement, OF_SOURCE if side is SOURCE else OF_OBJECT)
            if guard is not None:
                self._take(own, guard)

    def _take(self, own: StatementTests, guard: str) -> None:
        """Add the expressions of one statement, computed for the operations that the guard lets through."""
        self.numbers += [_guarded([Fragment(guard)], one) if guard else one for one in own.numbers]
        for value in own.values:
            guarded = Fragment(f"CASE WHEN {guard} THEN CAST(") + value + " AS VARCHAR) ELSE '' END" if guard else value
            if guarded not in self.values:
                self.values.append(guarded)

    def _resources(self, side: Side, tested: TestedStatement, conditions: list[Fragment]) -> bool:
        """Add the expressions of the resources. Return whether they are about both sides of a copy."""
        objects: list[TextTest] = []
        buckets: list[str] = []
        constant = tested.statement.resources is None
        for pattern in tested.patterns:
            match self._place(side, pattern):
                case TextTest() as test:
                    objects.append(test)
                case str() as bucket:
                    buckets.append(bucket)
                case None:
                    constant = True
        if (constant or buckets) and conditions:
            guards = [] if constant else [joined(" OR ", [Fragment(f"{side.bucket} = ?", (bucket,)) for bucket in buckets])]
            guards += [Fragment("asked_prefix IS NOT NULL")] if any(map(_needs_prefix, tested.statement.conditions)) else []
            guards += [Fragment("source_key IS NOT NULL")] if side is SOURCE and not constant else []
            if side is self.sides[0] or not constant:
                self.numbers.append(_guarded(guards, _least(conditions)))
        if objects:
            test = any_of(objects)
            number = Fragment("CASE WHEN ") + test.holds + " THEN " + _least(conditions)
            if test.perhaps is not None:
                number += Fragment(" WHEN ") + test.perhaps + " THEN " + _least([Fragment("1"), *conditions])
            number += " ELSE 0 END"
            self.numbers.append(_guarded([Fragment("source_key IS NOT NULL")], number) if side is SOURCE else number)
        return constant

    def _place(self, side: Side, pattern: Pattern) -> TextTest | str | None:
        """The test of an object's ARN, the name of the one bucket that the pattern is, or None where the bucket alone decides."""
        start = f"arn:{self.partition}:s3:::"
        match pattern:
            case (str() as head, *rest) if head.startswith(start) and "/" in head:
                name, _, key_head = head[len(start) :].partition("/")
                if not key_head and rest == [Wildcard.ANY_TEXT]:
                    return name
                test = text_test(side.key, (key_head, *rest) if key_head else tuple(rest), self.variables)
                bucket = Fragment(f"{side.bucket} = ?", (name,))
                if test is not None:
                    perhaps = None if test.perhaps is None else bucket + " AND " + test.perhaps
                    return TextTest(bucket + " AND " + test.holds, perhaps)
                self.values.append(Fragment("CASE WHEN ") + bucket + f" THEN coalesce({side.key}, '') ELSE '' END")
                return None
            case (str() as head,) if head.startswith(start):
                return head.removeprefix(start)
            case (str() as head, *_) if not head.startswith(start[: len(head)]) and not start.startswith(head):
                return None  # no ARN of a bucket: access points, keys, roles
            case (str(),) | (str(), Wildcard.ANY_TEXT) | (Wildcard.ANY_TEXT,):
                return None
        whole = text_test(f"({quoted(start)} || {side.bucket} || '/' || {side.key})", pattern, self.variables)
        if whole is None:
            self._value(f"coalesce({side.key}, '')")
        return whole

    def _value(self, expression: str) -> None:
        if Fragment(expression) not in self.values:
            self.values.append(Fragment(expression))

    def _condition(self, line: Condition, tested: TestedStatement) -> Fragment | None:
        """The condition's number; None where it is the same for every row of a principal, or stands in `values`."""
        key = line.key.lower()
        variables = has_variables(line, tested)
        source = next((one for one in KEY_COLUMNS if one.has(key)), None)
        if key in TIME_KEYS:
            return self._time(line)
        if key == "s3:prefix":
            return self._prefix(line, variables=tested.variables)
        if source is not None or is_session_key(key):
            if not variables:
                return self._known(line, tested, headers=source is not None and source.name == "headers")
            for column in source.columns if source is not None else ():
                self._value(f"events.{column}")
            self._value("events.access_key_id")
        elif key == OBJECT_CONTEXT:
            tests = [self._place(side, parse_pattern(text, variables=tested.variables)) for side in self.sides for text in line.values]
            self.numbers += [_number(test) for test in tests if isinstance(test, TextTest)]
        elif key in _RAW_COLUMNS:
            self._value(_RAW_COLUMNS[key])
        elif key in _SESSION_NAME_KEYS:
            self._value("session_name")
        elif variables:
            self._value("events.access_key_id")
        return None

    def _known(self, line: Condition, tested: TestedStatement, *, headers: bool) -> Fragment:
        known = self.line(line, tested.variables, tested.statement.effect)
        if not headers:
            return known
        parts = ", ".join(map(quoted, sorted(UPLOAD_PARTS)))
        return Fragment(f"CASE WHEN operation IN ({parts}) THEN 1 ELSE ") + known + " END"

    def _time(self, line: Condition) -> Fragment | None:
        operator, bounds = parse_operator(line.operator), time_bounds(line)
        if operator is None or operator.set_operator is not None or len(bounds) != 1:
            self._value("time")
            return None
        match operator.base.comparison:
            case Comparison.EQUAL:
                before = after = 2 if operator.base.negated else 0
            case Comparison.LESS | Comparison.LESS_OR_EQUAL:
                before, after = 2, 0
            case _:
                before, after = 0, 2
        (bound,) = bounds
        limits = (bound - NEAR_SECONDS, bound + NEAR_SECONDS)
        return Fragment(f"CASE WHEN time < ? THEN {before} WHEN time > ? THEN {after} ELSE 1 END", limits)

    def _prefix(self, line: Condition, *, variables: bool) -> Fragment | None:
        operator = parse_operator(line.operator)
        if operator is not None and operator.base.family is Family.NULL:
            wanted = {value.lower() == "true" for value in line.values}
            return Fragment(f"CASE WHEN asked_prefix IS NULL THEN {2 if True in wanted else 0} ELSE {2 if False in wanted else 0} END")
        test = self._prefix_test(operator, line.values, variables=variables)
        if operator is None or test is None:
            self._value("asked_prefix")
            return None
        missing = Fragment(f"CASE WHEN asked_prefix IS NULL THEN {2 if operator.if_exists or operator.base.negated else 0}")
        yes, no = (0, 2) if operator.base.negated else (2, 0)
        number = missing + " WHEN " + test.holds + f" THEN {yes}"
        if test.perhaps is not None:
            number += Fragment(" WHEN ") + test.perhaps + " THEN 1"
        return number + f" ELSE {no} END"

    def _prefix_test(self, operator: Operator | None, values: Sequence[str], *, variables: bool) -> TextTest | None:
        if operator is None or operator.set_operator is not None or operator.base.family is not Family.STRING or not values:
            return None
        if operator.base.comparison is Comparison.EQUAL_IGNORING_CASE:
            return None
        like = operator.base.comparison is Comparison.LIKE
        patterns = [parse_pattern(value, variables=variables, wildcards=like) for value in values]
        if (operator.base.negated or not like) and any(isinstance(part, Variable) for pattern in patterns for part in pattern):
            return None
        tests = [text_test("asked_prefix", pattern, self.variables) for pattern in patterns]
        known = [test for test in tests if test is not None]
        return any_of(known) if len(known) == len(tests) else None


def has_variables(line: Condition, tested: TestedStatement) -> bool:
    """Whether a value of the condition holds a variable, which another key decides about."""
    patterns = (parse_pattern(value) for value in line.values if "${" in value)
    return tested.variables and any(isinstance(part, Variable) for pattern in patterns for part in pattern)


def time_bounds(line: Condition) -> tuple[int, ...]:
    """The times that a condition on the time compares with, in seconds since 1970. Other texts are left out."""
    operator = parse_operator(line.operator)
    if operator is None or operator.base.family not in (Family.DATE, Family.NUMERIC):
        return ()
    return tuple(int(moment // 1000) for value in line.values if (moment := read_date(value)) is not None)


def is_near(bounds: Iterable[int], time: int) -> bool:
    """Whether the time is so near to one of the bounds that the log cannot say on which side it was decided."""
    return any(abs(time - bound) <= NEAR_SECONDS for bound in bounds)


def _needs_prefix(line: Condition) -> bool:
    operator = parse_operator(line.operator)
    return (
        line.key.lower() == "s3:prefix"
        and operator is not None
        and operator.base.family is Family.STRING
        and not (operator.base.negated or operator.if_exists or operator.set_operator)
    )


def _guarded(guards: Sequence[Fragment], number: Fragment) -> Fragment:
    """The number where all guards hold, else 0. What stands behind a guard is not computed for other rows."""
    if not guards:
        return number
    both = joined(" AND ", [Fragment("(") + guard + ")" for guard in guards])
    return Fragment("CASE WHEN ") + both + " THEN " + number + " ELSE 0 END"


def _number(test: TextTest) -> Fragment:
    number = Fragment("CASE WHEN ") + test.holds + f" THEN {_ALWAYS}"
    if test.perhaps is not None:
        number += Fragment(" WHEN ") + test.perhaps + " THEN 1"
    return number + " ELSE 0 END"


def _least(numbers: Sequence[Fragment]) -> Fragment:
    """All of them: the least of the numbers."""
    if len(numbers) < 2:
        return numbers[0] if numbers else Fragment(_ALWAYS)
    return Fragment("least(") + joined(", ", numbers) + ")"

"""How the peer reads what bucketpass reads otherwise: each kind of difference as a rewriting of a row.

A difference is explained only where the engine, given the rewritten row, answers as the peer does to the row itself. What no
reading explains fails the run. The evidence for each of our own readings stands in docs/explanation/semantics.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from tests.agreement.rows import Row

from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.decide.context import Context
from bucketpass.decide.evaluation import lower_context
from bucketpass.decide.variables import substitute
from bucketpass.policy.document import Condition, Effect, Statement
from bucketpass.policy.operators import Comparison, Family, SetOperator, parse_operator
from bucketpass.policy.pattern import parse_pattern
from bucketpass.policy.values import read_date, read_network, read_number
from bucketpass.requests.callers import Principal, PrincipalKind

ARN_COLONS = 5


class Reading(NamedTuple):
    """One way in which the peer reads a policy or a request."""

    name: str
    rewrite: Callable[[Row], Row]


def _policies(row: Row, change: Callable[[NamedPolicy], NamedPolicy]) -> Row:
    def every(policies: tuple[NamedPolicy, ...] | None) -> tuple[NamedPolicy, ...] | None:
        return None if policies is None else tuple(map(change, policies))

    layers = row.layers
    changed = PolicySet(
        identity=every(layers.identity) or (),
        resource=every(layers.resource),
        boundary=every(layers.boundary),
        session=every(layers.session),
        scps=tuple(every(level) or () for level in layers.scps),
    )
    return Row(row.request, changed)


def _statements(row: Row, change: Callable[[Statement], tuple[Statement, ...]]) -> Row:
    def edit(policy: NamedPolicy) -> NamedPolicy:
        statements = tuple(new for old in policy.document.statements for new in change(old))
        return NamedPolicy(policy.name, replace(policy.document, statements=statements))

    return _policies(row, edit)


def _conditions(row: Row, change: Callable[[Condition], Condition]) -> Row:
    return _statements(row, lambda one: (replace(one, conditions=tuple(map(change, one.conditions))),))


def _any_value_without_if_exists(row: Row) -> Row:
    def change(line: Condition) -> Condition:
        operator = parse_operator(line.operator)
        if operator is None or operator.set_operator is not SetOperator.FOR_ANY_VALUE:
            return line
        return replace(line, operator=line.operator.removesuffix("IfExists"))

    return _conditions(row, change)


def _variables_in_2008(row: Row) -> Row:
    return _policies(row, lambda one: NamedPolicy(one.name, replace(one.document, version="2012-10-17")))


def _bool_of_other_texts(row: Row) -> Row:
    context = lower_context(row.request)

    def is_other(key: str) -> bool:
        value = context.get(key.lower(), "true")
        return isinstance(value, str) and value.lower() not in ("true", "false")

    def change(line: Condition) -> Condition:
        operator = parse_operator(line.operator)
        if operator is None or operator.base.family is not Family.BOOL:
            return line
        values = () if is_other(line.key) else tuple(value for value in line.values if value.lower() in ("true", "false"))
        return replace(line, values=values)

    return _conditions(row, change)


def _direct_grants_as_role_grants(row: Row) -> Row:
    if row.layers.session is None:
        return row
    caller = row.request.principal

    def change(statement: Statement) -> tuple[Statement, ...]:
        element = statement.principal
        if element is None:
            return (statement,)
        named = tuple(caller.arn if text in ("*", caller.session_arn) else text for text in element.aws)
        if element.everyone:
            return (replace(statement, principal=replace(element, everyone=False, aws=(caller.arn,))),)
        return (replace(statement, principal=replace(element, aws=named)),)

    return _statements(row, change)


def _any_of_not_resources(row: Row) -> Row:
    def change(statement: Statement) -> tuple[Statement, ...]:
        if statement.not_resources is None:
            return (statement,)
        return tuple(replace(statement, not_resources=(one,), sid=None) for one in statement.not_resources)

    return _statements(row, change)


def _empty_values_as_missing(row: Row) -> Row:
    empty = [name for name, value in row.request.context.items() if value == ""]

    def read(pattern: str) -> str:
        for name in empty:
            head = f"${{{name}, '"
            start = pattern.find(head)
            if start >= 0:
                default, _, rest = pattern[start + len(head) :].partition("'}")
                pattern = pattern[:start] + default + rest
        return pattern

    def change(statement: Statement) -> tuple[Statement, ...]:
        resources, not_resources = statement.resources, statement.not_resources
        return (
            replace(
                statement,
                resources=None if resources is None else tuple(map(read, resources)),
                not_resources=None if not_resources is None else tuple(map(read, not_resources)),
            ),
        )

    return _statements(row, change)


def _no_statement_without_values(row: Row) -> Row:
    """A variable without a value counts where the pattern is of the resource's service; elsewhere the pattern just does not match."""
    context, service = lower_context(row.request), row.request.resource.split(":")[2]

    def without_value(pattern: str) -> bool:
        return substitute(parse_pattern(pattern), context) is None

    def change(statement: Statement) -> tuple[Statement, ...]:
        lost = tuple(pattern for pattern in statement.not_resources or () if without_value(pattern))
        if any(pattern.split(":")[2] == service for pattern in lost):
            return ()
        kept = tuple("arn:aws:s3:::none" if pattern in lost else pattern for pattern in statement.not_resources or ())
        return (replace(statement, not_resources=kept) if lost else statement,)

    return _statements(row, change)


def _unreadable_as_false(row: Row) -> Row:
    context = lower_context(row.request)

    def change(statement: Statement) -> tuple[Statement, ...]:
        return () if any(_is_unreadable(line, context) for line in statement.conditions) else (statement,)

    return _statements(row, change)


def _is_unreadable(line: Condition, context: Context) -> bool:
    """Whether a negated number or date meets a value of the request that is none."""
    operator = parse_operator(line.operator)
    value = context.get(line.key.lower())
    if operator is None or not operator.base.negated or value is None:
        return False
    read = {Family.NUMERIC: read_number, Family.DATE: read_date}.get(operator.base.family)
    values = (value,) if isinstance(value, str) else value
    return read is not None and any(read(one) is None for one in (*values, *line.values))


def _spared_by_any_form(row: Row) -> Row:
    caller = row.request.principal
    account = _account_of(caller)
    forms = {caller.arn, caller.session_arn, account, f"arn:aws:iam::{account}:root"}

    def change(statement: Statement) -> tuple[Statement, ...]:
        element = statement.not_principal
        return () if element is not None and forms & set(element.aws) else (statement,)

    return _statements(row, change)


def _binary_as_text(row: Row) -> Row:
    return _conditions(row, lambda line: replace(line, operator=line.operator.replace("BinaryEquals", "StringEquals")))


def _numbers_by_their_start(row: Row) -> Row:
    def start(text: str) -> str:
        found = re.match(r"[+-]?[0-9]+([.][0-9]+)?", text)
        return found[0] if found else text

    return _other_values(row, Family.NUMERIC, start)


def _seconds_as_milliseconds(row: Row) -> Row:
    """A number is milliseconds; one with a sign or a zero before it, up to 12, a month of 2001, as JavaScript has it."""

    def read(text: str) -> str:
        if (number := read_number(text)) is None:
            return text
        is_month = re.fullmatch(r"[+]0*(?:[1-9]|1[0-2])|0+(?:[1-9]|1[0-2])", text)
        return f"2001-{int(number):02}-01T00:00:00Z" if is_month else str(number / 1000)

    return _other_values(row, Family.DATE, read)


def _other_values(row: Row, family: Family, read: Callable[[str], str]) -> Row:
    """For operators of one family, each key under a name of its own, with the values that `read` makes of it."""

    def change(line: Condition) -> Condition:
        operator = parse_operator(line.operator)
        if operator is None or operator.base.family is not family:
            return line
        return replace(line, key=f"{family.value} {line.key}", values=tuple(map(read, line.values)))

    others = {
        f"{family.value} {name}": read(value) if isinstance(value, str) else tuple(map(read, value))
        for name, value in row.request.context.items()
    }
    return _conditions(Row(replace(row.request, context={**row.request.context, **others}), row.layers), change)


def _unreadable_date_of_a_number(row: Row) -> Row:
    context = lower_context(row.request)

    def is_number(line: Condition) -> bool:
        operator, value = parse_operator(line.operator), context.get(line.key.lower())
        values = (value,) if isinstance(value, str) else value or ()
        return operator is not None and operator.base.family is Family.DATE and any(read_number(one) is not None for one in values)

    return _statements(row, lambda one: () if any(map(is_number, one.conditions)) else (one,))


def _negation_without_value(row: Row) -> Row:
    context = lower_context(row.request)

    def is_lost(line: Condition) -> bool:
        operator = parse_operator(line.operator)
        values = (substitute(parse_pattern(value), context) for value in line.values)
        return operator is not None and operator.base.negated and any(value is None for value in values)

    return _statements(row, lambda one: () if any(map(is_lost, one.conditions)) else (one,))


def _malformed_arn_in_a_deny(row: Row) -> Row:
    def is_malformed(line: Condition) -> bool:
        operator = parse_operator(line.operator)
        return operator is not None and operator.base.family is Family.ARN and any(value.count(":") < ARN_COLONS for value in line.values)

    return _statements(row, lambda one: () if one.effect is Effect.DENY and any(map(is_malformed, one.conditions)) else (one,))


def _malformed_arn_before_others(row: Row) -> Row:
    """Operands that are no ARN are passed over; those after them count."""

    def change(line: Condition) -> Condition:
        operator = parse_operator(line.operator)
        readable = tuple(value for value in line.values if value.count(":") >= ARN_COLONS)
        return replace(line, values=readable) if operator is not None and operator.base.family is Family.ARN and readable else line

    return _conditions(row, change)


def _odd_addresses_as_unreadable(row: Row) -> Row:
    """Addresses with a colon too many or zeros in front are not read."""
    return _other_values(row, Family.IP, lambda text: "?" if ":::" in text or re.search(r"(?<![0-9a-f])0[0-9]", text) else text)


def _addresses_with_an_ipv4_tail(row: Row) -> Row:
    """`::10.0.0.1` is read, as `::a00:1`."""

    def read(text: str) -> str:
        found = re.fullmatch(r"::([0-9]+)[.]([0-9]+)[.]([0-9]+)[.]([0-9]+)", text)
        return text if found is None else "::{:x}:{:x}".format(*(256 * int(found[one]) + int(found[one + 1]) for one in (1, 3)))

    return _other_values(row, Family.IP, read)


def _mapped_addresses_as_they_stand(row: Row) -> Row:
    return _other_values(row, Family.IP, lambda text: "100::1" if text.startswith("::ffff:") else text)


def _stars_before_newlines(row: Row) -> Row:
    """Patterns meet no text with a newline."""
    context = lower_context(row.request)

    def is_lost(line: Condition) -> bool:
        operator, value = parse_operator(line.operator), context.get(line.key.lower(), "")
        is_pattern = operator is not None and operator.base.family is Family.STRING and operator.base.comparison is Comparison.LIKE
        return is_pattern and any("\n" in one for one in ((value,) if isinstance(value, str) else value))

    def change(statement: Statement) -> tuple[Statement, ...]:
        lost = [line for line in statement.conditions if is_lost(line)]
        kept = tuple(line for line in statement.conditions if line not in lost)
        return (replace(statement, conditions=kept),) if all("Not" in line.operator for line in lost) else ()

    return _statements(row, change)


def _unreadable_network_as_false(row: Row) -> Row:
    def is_unreadable(line: Condition) -> bool:
        operator = parse_operator(line.operator)
        return operator is not None and operator.base.family is Family.IP and any(read_network(value) is None for value in line.values)

    return _statements(row, lambda one: () if any(map(is_unreadable, one.conditions)) else (one,))


def _account_of(caller: Principal) -> str:
    """Return the account of a principal; of an identity provider's session, that of the provider."""
    return caller.arn.split(":")[4] if caller.kind is PrincipalKind.WEB_IDENTITY else caller.account


def _federated_callers_of_the_account(row: Row) -> Row:
    """What names everybody of AWS, or the account of the provider, names the provider's sessions."""
    caller = row.request.principal
    if caller.kind is not PrincipalKind.WEB_IDENTITY:
        return row
    account = _account_of(caller)
    direct, delegating = {"*"}, {account, f"arn:aws:iam::{account}:root"}

    def change(statement: Statement) -> tuple[Statement, ...]:
        element = statement.principal
        named = set(element.aws) if element is not None else set()
        if element is None or not named & (direct if statement.effect is Effect.ALLOW else direct | delegating):
            return (statement,)
        return (replace(statement, principal=replace(element, federated=(*element.federated, caller.arn))),)

    return _statements(row, change)


def _root_user_without_its_own_permissions(row: Row) -> Row:
    """The account's root user is a user without policies."""
    caller = row.request.principal
    user = replace(caller, kind=PrincipalKind.USER, arn="") if caller.kind is PrincipalKind.ROOT else caller
    return Row(replace(row.request, principal=user), row.layers)


def _first_authentication_method(row: Row) -> Row:
    """Of the methods of `amr` the first, as of a key that has one value."""
    context = {key: value[0] if key.endswith(":amr") and isinstance(value, tuple) else value for key, value in row.request.context.items()}
    return Row(replace(row.request, context=context), row.layers)


READINGS = (
    Reading("federated-caller-as-aws", _federated_callers_of_the_account),
    Reading("root-user-without-permissions", _root_user_without_its_own_permissions),
    Reading("any-value-if-exists", _any_value_without_if_exists),
    Reading("variables-in-2008", _variables_in_2008),
    Reading("bool-of-other-texts", _bool_of_other_texts),
    Reading("direct-grant-and-session-policy", _direct_grants_as_role_grants),
    Reading("first-authentication-method", _first_authentication_method),
    Reading("any-of-not-resources", _any_of_not_resources),
    Reading("empty-value-of-a-variable", _empty_values_as_missing),
    Reading("variable-without-value-in-not-resource", _no_statement_without_values),
    Reading("unreadable-number-or-date", _unreadable_as_false),
    Reading("not-principal-forms", _spared_by_any_form),
    Reading("binary-as-text", _binary_as_text),
    Reading("number-by-its-start", _numbers_by_their_start),
    Reading("seconds-as-milliseconds", _seconds_as_milliseconds),
    Reading("number-as-a-date", _unreadable_date_of_a_number),
    Reading("negation-without-value", _negation_without_value),
    Reading("malformed-arn-in-a-deny", _malformed_arn_in_a_deny),
    Reading("malformed-arn-before-others", _malformed_arn_before_others),
    Reading("address-spellings", _odd_addresses_as_unreadable),
    Reading("ipv4-tail", _addresses_with_an_ipv4_tail),
    Reading("mapped-address", _mapped_addresses_as_they_stand),
    Reading("newline", _stars_before_newlines),
    Reading("unreadable-network", _unreadable_network_as_false),
)

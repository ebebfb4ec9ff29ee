"""Endpoints that speak the AWS API, but not all of it: what differs there, as data, and how plans are written for them.

A `Dialect` lists every known difference from AWS. Each has a kind, and the kind says what follows: a difference of wording
is compiled away; where the endpoint is stricter there is nothing to do but know it; where it is weaker, the declaration is
refused until the weakness is waived by its name; what is missing there cannot be declared at all. Nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from importlib import import_module

from bucketpass.compile.plan import Plan, Target
from bucketpass.errors import DeclarationError, Diagnostic, InvalidInput, Place, Severity

__all__ = ["DIALECTS", "Dialect", "DialectDifference", "DifferenceKind", "Findings", "dialect_named", "translate"]


class DifferenceKind(Enum):
    """What a difference means for whoever moves from AWS to the endpoint."""

    WORDING = "wording"  # the plan says the same in other words
    STRICTER = "stricter"  # what AWS allows is refused
    WEAKER = "weaker"  # what AWS refuses is allowed: has to be waived by name
    MISSING = "missing"  # cannot be had: an error


@dataclass(frozen=True, slots=True)
class DialectDifference:
    """One thing that the endpoint does otherwise. `waiver`: the name under which a weaker one is accepted."""

    code: str
    kind: DifferenceKind
    aws: str
    there: str
    handling: str
    waiver: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A kind of endpoint. `speak` writes a plan that was made for AWS in its words, and notes what it met on the way."""

    name: str
    title: str
    differences: tuple[DialectDifference, ...]
    speak: Callable[[Plan, Findings], Plan]

    def difference(self, code: str) -> DialectDifference:
        """The difference of that code."""
        return next(difference for difference in self.differences if difference.code == code)

    @property
    def waivers(self) -> tuple[str, ...]:
        """The names under which its weaknesses can be accepted."""
        return tuple(dict.fromkeys(difference.waiver for difference in self.differences if difference.waiver))


@dataclass(slots=True)
class Findings:
    """What a plan met of a dialect's differences, each with the place of the declaration that led there."""

    met: dict[tuple[str, str], None] = field(default_factory=dict)

    def note(self, code: str, paths: Iterable[str]) -> None:
        """The declarations at `paths` meet the difference `code`."""
        self.met.update(dict.fromkeys((code, path) for path in paths))


# Modules that hold a dialect as `DIALECT`; imported when a target asks for one.
DIALECTS = {"rgw": "bucketpass.compile.dialect_rgw"}


def dialect_named(name: str) -> Dialect:
    """The dialect of that name."""
    if name not in DIALECTS:
        names = ", ".join(f"`{known}`" for known in ("aws", *DIALECTS))
        raise InvalidInput(f"there is no dialect `{name}`, expected one of {names}")
    dialect: Dialect = import_module(DIALECTS[name]).DIALECT
    return dialect


def translate(plan: Plan) -> Plan:
    """The plan in the words of its target, with what was waived as its remarks.

    Raises `DeclarationError` for all that the target cannot enforce and nobody waived.
    """
    if plan.target.dialect == "aws":
        return plan
    dialect = dialect_named(plan.target.dialect)
    _check_waivers(plan.target, dialect)
    findings = Findings()
    translated = dialect.speak(plan, findings)
    met = [(dialect.difference(code), path) for code, path in findings.met]
    refused = tuple(
        _diagnostic(dialect, difference, path)
        for difference, path in met
        if difference.kind is DifferenceKind.MISSING
        or (difference.kind is DifferenceKind.WEAKER and difference.waiver not in plan.target.waivers)
    )
    if refused:
        raise DeclarationError(diagnostics=refused)
    remarks = tuple(
        replace(_diagnostic(dialect, difference, path), severity=Severity.WARNING, remedy=difference.handling)
        for difference, path in met
        if difference.kind is DifferenceKind.WEAKER
    )
    return replace(translated, remarks=remarks)


def _check_waivers(target: Target, dialect: Dialect) -> None:
    unknown = next((name for name in target.waivers if name not in dialect.waivers), None)
    if unknown is not None:
        names = ", ".join(f"`{name}`" for name in dialect.waivers)
        raise InvalidInput(f"`{unknown}` is not a waiver of {dialect.title} (expected one of {names})")


def _diagnostic(dialect: Dialect, difference: DialectDifference, path: str) -> Diagnostic:
    return Diagnostic(
        difference.code,
        f"{dialect.title}: {difference.there} (AWS: {difference.aws})",
        f"accept it by name: --waive {difference.waiver}" if difference.waiver else difference.handling,
        Place(path=path),
    )

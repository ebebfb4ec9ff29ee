"""The Boolean side of a question, kept by z3: a formula, facts about finite values, and what was learnt on the way.

z3 is given SMT-LIB text in which each atom is a Boolean constant, and nothing but Booleans.

See: The SMT-LIB Standard 2.6, `declare-const`, `define-fun`, `assert`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from bucketpass.errors import MissingExtra
from bucketpass.prove.theory.formula import (
    Among,
    And,
    Atom,
    Constant,
    Flag,
    Formula,
    Not,
    Or,
    atoms_of,
    conjunction,
    disjunction,
    negation,
)

__all__ = ["Disjunction", "Domains", "GaveUp", "Proposal", "Skeleton", "finite_facts"]

# One of these is true: atoms, and whether as they are or negated.
Disjunction = tuple[tuple[Atom, bool], ...]
Domains = Mapping[str, Sequence[str]]
_TRUE = re.compile(r"\(define-fun (a\d+) \(\) Bool\s+true\)")


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The solver did not answer."""

    what: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What each atom could be, as far as is known, and the value of each variable that has a domain."""

    truth: Mapping[Atom, bool]
    values: Mapping[str, str]


class Skeleton:
    """A formula in z3. `propose` and `learn` take turns until nothing is left to propose."""

    def __init__(self, formula: Formula, domains: Domains) -> None:
        self._z3 = z3 = _z3()
        self._context = _context()
        self._solver = z3.SolverFor("QF_FD", ctx=self._context)
        self._names: dict[Atom, str] = {}
        self._constants: dict[str, object] = {}
        self._asked = tuple(atoms_of(formula))
        self._selectors: dict[str, dict[Flag, str]] = {}
        self._assert(formula, *finite_facts(self._asked, domains, self._selectors))

    def propose(self, seconds: float) -> Proposal | GaveUp | None:
        """A truth for each atom that nothing learnt excludes, or None where there is none."""
        self._solver.set("timeout", max(1, int(seconds * 1000)))
        answer = str(self._solver.check())
        if answer == "unsat":
            return None
        if answer != "sat":
            return GaveUp(f"the Boolean solver gave up: {self._solver.reason_unknown()}")
        true = set(_TRUE.findall(self._solver.model().sexpr()))
        return Proposal(
            {atom: self._names[atom] in true for atom in self._asked},
            {
                variable: next(value for selector, value in selectors.items() if self._names[selector] in true)
                for variable, selectors in self._selectors.items()
            },
        )

    def learn(self, clauses: Iterable[Disjunction]) -> None:
        """Make each of `clauses` true of all that is proposed from now on."""
        self._assert(*(disjunction(*(atom if truth else negation(atom) for atom, truth in clause)) for clause in clauses))

    def _assert(self, *formulas: Formula) -> None:
        text = _Text(self._name)
        text.add_assertion(conjunction(*formulas))
        constants = {name: self._constants[name] for name in text.used}
        self._solver.add(self._z3.parse_smt2_string("\n".join(text.lines), decls=constants, ctx=self._context))

    def _name(self, atom: Atom) -> str:
        name = self._names.get(atom)
        if name is None:
            name = self._names[atom] = f"a{len(self._names)}"
            self._constants[name] = self._z3.Bool(name, self._context)
        return name


class _Text:
    """SMT-LIB commands in the making. `used` are the constants in them, which have to be declared."""

    def __init__(self, name_of: Callable[[Atom], str]) -> None:
        self.lines: list[str] = []
        self.used: dict[str, None] = {}
        self._name_of = name_of
        self._defined: dict[Formula, str] = {}

    def add_assertion(self, formula: Formula) -> None:
        """Have the commands say that `formula` is true."""
        self.lines.append(f"(assert {self._term(formula)})")

    def _term(self, formula: Formula) -> str:
        match formula:
            case Constant(value):
                return "true" if value else "false"
            case Not(part):
                return f"(not {self._term(part)})"
            case And(parts) | Or(parts):
                # What is shared is defined once: terms written out could be exponentially long.
                name = self._defined.get(formula)
                if name is None:
                    operands = " ".join(map(self._term, parts))
                    name = self._defined[formula] = f"n{len(self._defined)}"
                    self.lines.append(f"(define-fun {name} () Bool ({'and' if isinstance(formula, And) else 'or'} {operands}))")
                return name
            case _:
                name = self._name_of(formula)
                self.used[name] = None
                return name


def finite_facts(atoms: Iterable[Atom], domains: Domains, selectors: dict[str, dict[Flag, str]]) -> Iterator[Formula]:
    """What ties the `Among` atoms of each variable together: it has exactly one value of its domain.

    Values that no atom distinguishes are one; `selectors` gets a flag for each kind of value, and the first value of that kind.
    """
    asked: dict[str, list[Among]] = {}
    for atom in atoms:
        if isinstance(atom, Among):
            asked.setdefault(atom.variable, []).append(atom)
    for variable, group in asked.items():
        kinds: dict[tuple[bool, ...], str] = {}
        for value in domains[variable]:
            kinds.setdefault(tuple(value in atom.members for atom in group), value)
        flags = {signature: Flag(f"{variable} is {value}") for signature, value in kinds.items()}
        selectors[variable] = {flags[signature]: value for signature, value in kinds.items()}
        yield disjunction(*flags.values())
        yield from _at_most_one(variable, tuple(flags.values()))
        for position, atom in enumerate(group):
            chosen = disjunction(*(flag for signature, flag in flags.items() if signature[position]))
            yield disjunction(negation(atom), chosen)
            yield disjunction(atom, negation(chosen))


def _at_most_one(variable: str, flags: Sequence[Flag]) -> Iterator[Formula]:
    """Each flag writes its number in binary: two of them cannot both."""
    for bit in range((len(flags) - 1).bit_length()):
        digit = Flag(f"{variable} value bit {bit}")
        yield conjunction(
            *(disjunction(negation(flag), digit if number >> bit & 1 else negation(digit)) for number, flag in enumerate(flags))
        )


@cache
def _context() -> object:
    """One context for all questions: to make one takes longer than to ask most of them."""
    return _z3().Context()


def _z3() -> ModuleType:
    try:
        return import_module("z3")
    except ImportError as error:
        raise MissingExtra("prove", "z3") from error

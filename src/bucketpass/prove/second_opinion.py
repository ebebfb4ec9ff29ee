"""The same question put to cvc5, whose theory of strings has nothing in common with ours.

Where the two disagree, nothing is proved. Where cvc5 gives no answer in time, ours stands, and is counted as without a second
opinion; where ours is undecided and cvc5 finds that nothing satisfies the formula, that is the answer.

See: The SMT-LIB theory of Unicode strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from types import ModuleType

from bucketpass.errors import MissingExtra
from bucketpass.prove.theory.formula import And, Constant, Formula, Matches, Not, Or, Some, atoms_of
from bucketpass.prove.theory.glob import STAR, Glob, Hole, Repeat, Units
from bucketpass.prove.theory.skeleton import finite_facts
from bucketpass.prove.theory.solver import Outcome, Satisfied, Undecidable, Unsatisfiable, solve

__all__ = ["Opinion", "SecondOpinion", "ask_cvc5"]

SECONDS = 20.0
_LAST_CHARACTER = "\U0002ffff"  # of SMT-LIB


class Opinion(Enum):
    """What cvc5 says of a formula."""

    SATISFIABLE = "sat"
    UNSATISFIABLE = "unsat"
    NONE = "unknown"


@dataclass(slots=True)
class SecondOpinion:
    """Asks both solvers. `asked`: the number of questions; `agreed`: how many of them cvc5 answered alike."""

    asked: int = 0
    agreed: int = 0

    def solve(self, formula: Formula, domains: Mapping[str, tuple[str, ...]], seconds: float) -> Outcome:
        """Our answer, where cvc5 does not contradict it."""
        ours = solve(formula, domains, seconds=seconds)
        theirs = ask_cvc5(formula, domains, min(seconds, SECONDS))
        self.asked += 1
        expected = {Satisfied: Opinion.SATISFIABLE, Unsatisfiable: Opinion.UNSATISFIABLE}.get(type(ours))
        if theirs is expected:
            self.agreed += 1
        elif expected is not None and theirs is not Opinion.NONE:
            return Undecidable((f"internal error: our solver and cvc5 disagree; cvc5 says {theirs.value}",))
        elif expected is None and theirs is Opinion.UNSATISFIABLE:
            return Unsatisfiable()
        return ours


def ask_cvc5(formula: Formula, domains: Mapping[str, tuple[str, ...]], seconds: float) -> Opinion:
    """Return cvc5's result on `formula` within that time."""
    cvc5 = _cvc5()
    solver = cvc5.Solver()
    for option, value in (("tlimit-per", str(max(1, int(seconds * 1000)))), ("strings-exp", "true")):
        solver.setOption(option, value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, "\n".join(_Text(formula, domains).lines), "question")
    symbols = parser.getSymbolManager()
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer = command.invoke(solver, symbols).strip() or answer
    return Opinion(answer) if answer in {opinion.value for opinion in Opinion} else Opinion.NONE


def _cvc5() -> ModuleType:
    try:
        return import_module("cvc5")
    except ImportError as error:
        raise MissingExtra("prove", "cvc5") from error


class _Text:
    """A question as SMT-LIB commands: flags are Booleans, texts are strings, lists a string for each thing asked of them."""

    def __init__(self, formula: Formula, domains: Mapping[str, tuple[str, ...]]) -> None:
        self.lines = ["(set-logic QF_S)"]
        self._names: dict[object, str] = {}
        self._elements: dict[str, int] = {}
        atoms = tuple(atoms_of(formula))
        for atom in atoms:
            if isinstance(atom, Some):
                self._elements[atom.variable] = self._elements.get(atom.variable, 0) + 1
        for fact in (formula, *finite_facts(atoms, domains, {})):
            self.lines.append(f"(assert {self._term(fact)})")
        self.lines.append("(check-sat)")

    def _constant(self, key: object, sort: str) -> str:
        if key not in self._names:
            self._names[key] = f"c{len(self._names)}"
            self.lines.append(f"(declare-const {self._names[key]} {sort})")
        return self._names[key]

    def _text(self, variable: str) -> str:
        return self._constant(("text", variable), "String")

    def _term(self, formula: Formula) -> str:
        match formula:
            case Constant(value):
                return "true" if value else "false"
            case Not(part):
                return f"(not {self._term(part)})"
            case And(parts) | Or(parts):
                if formula not in self._names:
                    operands = " ".join(map(self._term, parts))
                    self._names[formula] = f"n{len(self._names)}"
                    joined = "and" if isinstance(formula, And) else "or"
                    self.lines.append(f"(define-fun {self._names[formula]} () Bool ({joined} {operands}))")
                return self._names[formula]
            case Matches(variable, glob):
                return self._matches(self._text(variable), glob)
            case Some(variable, globs, is_inside):
                return self._some(variable, globs, is_inside)
            case _:
                return self._constant(formula, "Bool")

    def _some(self, variable: str, globs: Iterable[Glob], is_inside: bool) -> str:
        # A list that has the elements which are asked for needs no others.
        found = []
        for number in range(self._elements[variable]):
            element = self._constant(("element", variable, number), "String")
            there = self._constant(("there", variable, number), "Bool")
            met = f"(or false {' '.join(self._matches(element, glob) for glob in globs)})"
            found.append(f"(and {there} {met if is_inside else f'(not {met})'})")
        return f"(or false {' '.join(found)})"

    def _matches(self, text: str, glob: Glob) -> str:
        parts = list(glob.parts())
        is_open = bool(parts) and parts[-1] == STAR
        fixed = [piece for part in (parts[:-1] if is_open else parts) if (piece := self._fixed(part)) is not None]
        if glob.holes and len(fixed) == len(parts) - is_open:
            # A template that ends in `*` is a question about beginnings: no language with a variable in it.
            whole = f'(str.++ "" "" {" ".join(fixed)})'
            return f"(str.prefixof {whole} {text})" if is_open else f"(= {whole} {text})"
        return f'(str.in_re {text} (re.++ (str.to_re "") (str.to_re "") {" ".join(map(self._language, parts))}))'

    def _fixed(self, part: Units | Hole | Repeat) -> str | None:
        """The part as a text, where it is one."""
        match part:
            case Hole(variable):
                return self._text(variable)
            case Units(units, False) if len(units) == 1:
                return _quoted(min(units))
        return None

    def _language(self, part: Units | Hole | Repeat) -> str:
        match part:
            case Hole(variable):
                return f"(str.to_re {self._text(variable)})"
            case Repeat(units):
                return "re.all" if not units.units else f"(re.* {self._language(units)})"
            case Units(units, negated):
                ranges = _others(units) if negated else [(unit, unit) for unit in sorted(units)]
                return f"(re.union re.none re.none {' '.join(f'(re.range {_quoted(low)} {_quoted(high)})' for low, high in ranges)})"


def _others(units: Iterable[str]) -> Iterable[tuple[str, str]]:
    """The ranges of characters that are none of `units`."""
    low = 0
    for unit in sorted(units):
        if low < ord(unit):
            yield chr(low), chr(ord(unit) - 1)
        low = ord(unit) + 1
    yield chr(low), _LAST_CHARACTER


def _quoted(text: str) -> str:
    plain = (character if character.isalnum() and character.isascii() else f"\\u{{{ord(character):x}}}" for character in text)
    return f'"{"".join(plain)}"'

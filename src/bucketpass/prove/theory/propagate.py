"""What can be seen to be contradictory without a solver: most questions are, since what a policy allows stands in what was granted.

Atoms that have to be true are taken to be true everywhere else in the formula, until nothing changes; then one disjunction is split, each
of its parts tried in the same way, up to a number of splits. What is left open here is for z3: this never says that there is a witness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bucketpass.prove.theory.formula import (
    FALSE,
    TRUE,
    Among,
    And,
    Atom,
    Constant,
    Formula,
    Matches,
    Not,
    Or,
    conjunction,
    disjunction,
    negation,
)
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.search import inclusions

__all__ = ["is_contradictory"]

SPLITS = 200
_Seen = dict[tuple[Formula, bool], Formula]


def is_contradictory(formula: Formula, domains: Mapping[str, Sequence[str]], splits: int = SPLITS) -> bool:
    """Return True only where no assignment satisfies `formula`. False means that this was not shown.

    `domains` has the values of each variable of an `Among`.
    """
    return _Search(splits).closes([formula], _Facts(domains))


@dataclass(slots=True)
class _Facts:
    """What has to be true: of atoms, of the values that variables may still have, and of texts."""

    domains: Mapping[str, Sequence[str]]
    truth: dict[Atom, bool] = field(default_factory=dict)
    values: dict[str, frozenset[str]] = field(default_factory=dict)
    inside: dict[str, tuple[Glob, ...]] = field(default_factory=dict)
    outside: dict[str, tuple[Glob, ...]] = field(default_factory=dict)

    def copy(self) -> _Facts:
        return _Facts(self.domains, dict(self.truth), dict(self.values), dict(self.inside), dict(self.outside))

    def decided(self, atom: Atom) -> bool | None:
        """What the atom has to be, or None where that is not plain."""
        known = self.truth.get(atom)
        if known is not None:
            return known
        if isinstance(atom, Among):
            values = self.values.get(atom.variable)
            if values is None:
                values = self.values[atom.variable] = frozenset(self.domains[atom.variable])
            return True if values <= atom.members else False if values.isdisjoint(atom.members) else None
        if isinstance(atom, Matches):
            return self._decided_text(atom.variable, atom.glob)
        return None

    def _decided_text(self, variable: str, glob: Glob) -> bool | None:
        for known in self.inside.get(variable, ()):
            if _excludes(known, glob):
                return False
            if _includes(known, glob):
                return True
        return False if any(_includes(glob, other) for other in self.outside.get(variable, ())) else None

    def assume(self, atom: Atom, truth: bool) -> bool:
        """Take the atom to be `truth`; False where that contradicts what is known."""
        known = self.decided(atom)
        if known is not None:
            return known is truth
        self.truth[atom] = truth
        if isinstance(atom, Among):
            values = self.values[atom.variable]
            self.values[atom.variable] = values & atom.members if truth else values - atom.members
        elif isinstance(atom, Matches):
            texts = self.inside if truth else self.outside
            texts[atom.variable] = (*texts.get(atom.variable, ()), atom.glob)
            # What was known to be outside may turn out to be all that is left inside.
            return not truth or not any(_includes(atom.glob, other) for other in self.outside.get(atom.variable, ()))
        return True


class _Search:
    def __init__(self, splits: int) -> None:
        self._left = splits

    def closes(self, parts: Iterable[Formula], facts: _Facts) -> bool:
        """True where `parts` cannot all be true, whatever else."""
        waiting, open_ = list(parts), list[Formula]()
        while waiting:
            learnt = False
            seen: _Seen = {}
            while waiting:
                part = _simplified(waiting.pop(), facts, seen)
                match part:
                    case Constant(value):
                        if not value:
                            return True
                    case And(inner):
                        waiting.extend(inner)
                    case Or():
                        open_.append(part)
                    case Not(And() | Or()):
                        raise AssertionError("a simplified formula has no negated junction")
                    case _:
                        atom, truth = (part.part, False) if isinstance(part, Not) else (part, True)
                        if not facts.assume(atom, truth):  # type: ignore[arg-type]
                            return True
                        learnt, seen = True, {}
            if learnt:
                waiting, open_ = open_, []
        return bool(open_) and self._splits(open_, facts)

    def _splits(self, parts: list[Formula], facts: _Facts) -> bool:
        chosen = min((part for part in parts if isinstance(part, Or)), key=lambda part: len(part.parts))
        rest = [part for part in parts if part is not chosen]
        for branch in chosen.parts:
            self._left -= 1
            if self._left < 0 or not self.closes([*rest, branch], facts.copy()):
                return False
        return True


def _simplified(formula: Formula, facts: _Facts, seen: _Seen, wanted: bool = True) -> Formula:
    """The formula (its negation, where not `wanted`) with what is decided put in, and negations at atoms alone."""
    match formula:
        case Constant(value):
            return TRUE if value is wanted else FALSE
        case Not(part):
            return _simplified(part, facts, seen, not wanted)
        case And(parts) | Or(parts):
            found = seen.get((formula, wanted))
            if found is None:
                found = seen[formula, wanted] = _joined(isinstance(formula, And) is wanted, parts, facts, seen, wanted)
            return found
        case _:
            known = facts.decided(formula)
            if known is not None:
                return TRUE if known is wanted else FALSE
            return formula if wanted else negation(formula)


def _joined(both: bool, parts: Sequence[Formula], facts: _Facts, seen: _Seen, wanted: bool) -> Formula:
    decisive, inner = (FALSE if both else TRUE), []
    for part in parts:
        simple = _simplified(part, facts, seen, wanted)
        if simple == decisive:
            return decisive
        inner.append(simple)
    return conjunction(*inner) if both else disjunction(*inner)


@lru_cache(maxsize=262_144)
def _includes(narrow: Glob, wide: Glob) -> bool:
    """True only where every text that `narrow` matches, `wide` matches."""
    if narrow.is_literal and not wide.holes:
        return wide.matches(narrow.literal_prefix())
    return bool(inclusions((narrow,), (wide,)))


@lru_cache(maxsize=262_144)
def _excludes(one: Glob, other: Glob) -> bool:
    """True only where no text matches both."""
    for mine, yours in ((one.literal_prefix(), other.literal_prefix()), (one.literal_suffix(), other.literal_suffix())):
        if mine[: len(yours)] != yours[: len(mine)]:
            return True
    if one.is_literal and not other.holes:
        return not other.matches(one.literal_prefix())
    return other.is_literal and not one.holes and not one.matches(other.literal_prefix())

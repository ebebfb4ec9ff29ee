"""The few literals of a model that a formula needs to be true."""

from __future__ import annotations

from collections.abc import Mapping

from bucketpass.prove.theory.formula import And, Atom, Constant, Formula, Matches, Not, Or, Some, Unmodelled

__all__ = ["implicant"]


def implicant(formula: Formula, truth: Mapping[Atom, bool]) -> dict[Atom, bool]:
    """Literals of `truth` that alone make `formula` true: of each disjunction the one true part that adds least.

    `formula` has to be true under `truth`.
    """
    return _Implicant(truth).of(formula)


class _Implicant:
    def __init__(self, truth: Mapping[Atom, bool]) -> None:
        self._truth = truth
        self._values: dict[Formula, bool] = {}
        self._literals: dict[Atom, bool] = {}

    def of(self, formula: Formula) -> dict[Atom, bool]:
        waiting = [(formula, True)]
        done: set[tuple[Formula, bool]] = set()
        while waiting:
            part, wanted = waiting.pop()
            match part:
                case Constant():
                    pass
                case Not(inner):
                    waiting.append((inner, not wanted))
                case And(parts) | Or(parts):
                    if (part, wanted) in done:
                        continue
                    done.add((part, wanted))
                    if isinstance(part, And) == wanted:
                        # What has no choice comes first (the stack is read from its end), so that choices can lean on it.
                        waiting.extend(sorted(((inner, wanted) for inner in parts), key=lambda pair: -self._cost(pair[0])))
                    else:
                        waiting.append((min((inner for inner in parts if self._value(inner) == wanted), key=self._cost), wanted))
                case _:
                    self._literals[part] = wanted
        return self._literals

    def _value(self, part: Formula) -> bool:
        match part:
            case Constant(value):
                return value
            case Not(inner):
                return not self._value(inner)
            case And(parts) | Or(parts):
                known = self._values.get(part)
                if known is None:
                    known = self._values[part] = (all if isinstance(part, And) else any)(map(self._value, parts))
                return known
            case _:
                return self._truth[part]

    def _cost(self, part: Formula) -> int:
        match part:
            case Not(inner):
                return self._cost(inner)
            case And(parts) | Or(parts):
                return 1 + len(parts)
            case _ if part in self._literals:
                return 0
            case Unmodelled():
                return 1_000_000
            case Matches() | Some():
                return 1
            case _:
                return 0

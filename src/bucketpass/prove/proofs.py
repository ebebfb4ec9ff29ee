"""Proofs of one run: what differs in names only is proved once, and what follows from other guarantees not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bucketpass.prove.question import SECONDS, Answer, Guarantee, GuaranteePart, Proved, Solve, Verdict, prove, solve_once
from bucketpass.prove.shape import exactly, leaves_of, shape
from bucketpass.prove.store import ProofStore, digest_of
from bucketpass.prove.theory.solver import Unsatisfiable

__all__ = ["Proofs", "prove_all"]


class Proofs:
    """Proves parts, each of them once. `asked`: how many parts were asked about; `solved`: how many of them the solver was asked.

    store: where the proofs of parts are kept, by exactly what each depends on.
    """

    def __init__(self, solver: Solve = solve_once, store: ProofStore | None = None) -> None:
        self._solver, self._store = solver, store
        self._proved: set[str] = set()
        self.asked = self.solved = 0

    def proved(self, part: GuaranteePart, seconds: float) -> bool:
        """Return whether the part is proved, from what is known or by the solver in so many seconds."""
        if part.implied_by is not None and self.proved(part.implied_by, seconds):
            return True
        self.asked += 1
        leaves = leaves_of(part.depends_on) if part.names or self._store is not None else []
        key = b"" if self._store is None else digest_of(exactly(leaves))
        if self._store is not None and self._store.has_part(key):
            return True
        found = self._proved_alike(part, shape(leaves, part.names) if part.names else None, seconds)
        if found and self._store is not None:
            self._store.add_part(key)
        return found

    def _proved_alike(self, part: GuaranteePart, alike: str | None, seconds: float) -> bool:
        if alike is not None and alike in self._proved:
            return True
        self.solved += 1
        found = all(isinstance(self._solver(case.formula, case.domains, seconds), Unsatisfiable) for case in part.cases())
        if found and alike is not None:
            self._proved.add(alike)
        return found


def prove_all(
    asked: Iterable[Guarantee],
    *,
    seconds: float = SECONDS,
    solver: Solve = solve_once,
    proved: Proved | None = None,
    store: ProofStore | None = None,
) -> Iterator[tuple[Guarantee, Answer]]:
    """Yield each guarantee with its answer. They are of one declaration and one deployment: what follows from others is not asked again."""
    known: set[str] = set()
    for guarantee in asked:
        # What is not known may have come to be known: its answer is never kept.
        may_keep = store is not None and bool(guarantee.key) and not guarantee.unknown
        follows = proved is not None and guarantee.follows_from and not guarantee.unknown and known.issuperset(guarantee.follows_from)
        if follows or (may_keep and store is not None and guarantee.key in store):
            answer = Answer(Verdict.PROVED)
        else:
            answer = prove(guarantee, seconds=seconds, solver=solver, proved=proved)
        if answer.verdict is Verdict.PROVED:
            known.add(guarantee.name)
            if may_keep and store is not None:
                store.add(guarantee.key)
        yield guarantee, answer

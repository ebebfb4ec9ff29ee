"""Proofs that are known: within one run by the shape of what was proved, from run to run by exactly what it was.

SECURITY: only proofs are kept, never counterexamples or what was not decided. Each is bound to everything that it depends on: all of its
part's inputs, and `VERSION`, the text of every module that a proof runs through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Protocol

from bucketpass.prove.question import SECONDS, Answer, Guarantee, Part, Proved, Solve, Verdict, prove, solve_once
from bucketpass.prove.shape import exactly, leaves_of, shape
from bucketpass.prove.theory.solver import Unsatisfiable

__all__ = ["Proofs", "Store", "prove_all"]


class Store(Protocol):
    """Proofs of earlier runs, by their digests."""

    def __contains__(self, digest: bytes) -> bool:
        """Return whether what has this digest was proved."""
        ...

    def add(self, digest: bytes) -> None:
        """Keep that what has this digest is proved."""
        ...


class Proofs:
    """Proves parts, each of them once. `asked`: how many parts were asked about; `solved`: how many of them the solver was asked."""

    def __init__(self, store: Store | None = None, solver: Solve = solve_once) -> None:
        self._store, self._solver = store, solver
        self._proved: set[str] = set()
        self.asked = self.solved = 0

    def proved(self, part: Part, seconds: float) -> bool:
        """Return whether the part is proved, from what is known or by the solver in so many seconds."""
        if part.implied_by is not None and self.proved(part.implied_by, seconds):
            return True
        self.asked += 1
        leaves = leaves_of(part.depends_on)
        alike = shape(leaves, part.names) if part.names else None
        digest = b""
        if self._store is not None:
            # Shape and names together are the exact question.
            exact = exactly(leaves if alike is None else [alike[0], *alike[1]])
            digest = blake2b(exact.encode("utf-8", "surrogatepass"), digest_size=32).digest()
            if digest in self._store:
                return True
        if alike is not None and alike[0] in self._proved:
            found = True
        else:
            self.solved += 1
            found = all(isinstance(self._solver(case.formula, case.domains, seconds), Unsatisfiable) for case in part.cases())
            if found and alike is not None:
                self._proved.add(alike[0])
        if found and self._store is not None:
            self._store.add(digest)
        return found


def prove_all(
    asked: Iterable[Guarantee], *, seconds: float = SECONDS, solver: Solve = solve_once, proved: Proved | None = None
) -> Iterator[tuple[Guarantee, Answer]]:
    """Yield each guarantee with its answer. They are of one declaration and one deployment: what follows from others is not asked again."""
    known: set[str] = set()
    for guarantee in asked:
        if proved is not None and guarantee.follows_from and not guarantee.unknown and known.issuperset(guarantee.follows_from):
            answer = Answer(Verdict.PROVED)
        else:
            answer = prove(guarantee, seconds=seconds, solver=solver, proved=proved)
        if answer.verdict is Verdict.PROVED:
            known.add(guarantee.name)
        yield guarantee, answer

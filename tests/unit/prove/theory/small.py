"""Everything there is, in the small: all texts over an alphabet of two, and globs and formulas drawn at random."""

import random
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from bucketpass.prove.theory.formula import Among, Atom, Flag, Formula, Matches, Some, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob, Hole
from bucketpass.prove.theory.literals import Literal

ALPHABET = "ab"
# `x` stands for every character that no glob names.
LETTERS = ALPHABET + "x"
VALUES = ("red", "green", "blue")


@lru_cache(maxsize=8)
def all_texts(length: int) -> tuple[str, ...]:
    return tuple("".join(letters) for size in range(length + 1) for letters in product(LETTERS, repeat=size))


def matches(pattern: str, text: str) -> bool:
    """The obvious matcher: slow, recursive, and of no use to anyone else."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return matches(pattern[1:], text) or (bool(text) and matches(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and matches(pattern[1:], text[1:])


def pattern(chance: random.Random, longest: int = 4) -> str:
    return "".join(chance.choice("aab?*") for _ in range(chance.randint(0, longest)))


def formulas(chance: random.Random, atoms: list[Atom], depth: int = 3) -> Formula:
    if depth == 0 or chance.random() < 0.2:
        atom: Formula = chance.choice(atoms)
        return negation(atom) if chance.random() < 0.4 else atom
    join = conjunction if chance.random() < 0.55 else disjunction
    made = join(*(formulas(chance, atoms, depth - 1) for _ in range(chance.randint(1, 3))))
    return negation(made) if chance.random() < 0.3 else made


def atoms(chance: random.Random, kinds: str) -> list[Atom]:
    """Some atoms: `m` about two texts, `t` templates of one in the other, `s` about a list, `f` flags, `v` values."""
    made: list[Atom] = []
    for kind in kinds:
        match kind:
            case "m":
                made.append(Matches(chance.choice(["one", "two"]), Glob.parse(pattern(chance))))
            case "t":
                before, after = pattern(chance, 2), pattern(chance, 2)
                made.append(Matches("one", Glob.of([*Glob.parse(before).parts(), Hole("two"), *Glob.parse(after).parts()])))
            case "s":
                globs = tuple(Glob.parse(pattern(chance, 3)) for _ in range(chance.randint(1, 2)))
                made.append(Some("list", globs, inside=chance.random() < 0.5))
            case "f":
                made.append(Flag(chance.choice(["p", "q"])))
            case "v":
                made.append(Among("colour", frozenset(chance.sample(VALUES, chance.randint(0, 3)))))
    return made


def flag_choices() -> Iterator[dict[str, bool]]:
    for p, q in product((False, True), repeat=2):
        yield {"p": p, "q": q}


def literals(chance: random.Random, kinds: str) -> list[Literal]:
    given = {atom: chance.random() < 0.6 for atom in atoms(chance, kinds) if isinstance(atom, Matches | Some)}
    return list(given.items())

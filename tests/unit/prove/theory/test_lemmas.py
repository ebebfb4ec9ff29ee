import random

from tests.unit.prove.theory.small import all_texts, pattern

from bucketpass.prove.theory.formula import Flag, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.lemmas import inclusion_lemmas, prefix_lemmas
from bucketpass.prove.theory.skeleton import Skeleton


def clause(lemma: object) -> Formula:
    assert isinstance(lemma, tuple)
    return disjunction(*(atom if truth else negation(atom) for atom, truth in lemma))


def test_every_text_has_flags_that_make_the_lemmas_about_prefixes_true() -> None:
    chance = random.Random(8)
    for _ in range(8):
        globs = [Matches("key", Glob.parse(pattern(chance))) for _ in range(6)]
        lemmas = conjunction(*map(clause, [*prefix_lemmas(globs), *inclusion_lemmas(globs)]))
        for text in all_texts(3):
            said = conjunction(lemmas, *(atom if atom.glob.matches(text) else negation(atom) for atom in globs))
            assert Skeleton(said, {}).propose(10) is not None


def test_globs_that_start_or_end_differently_exclude_each_other_without_a_search() -> None:
    patterns = ["a/*", "b/*", "c", "ca", "*.x", "*.y"]
    globs = [Matches("key", Glob.parse(written)) for written in patterns]
    lemmas = conjunction(*map(clause, prefix_lemmas(globs)))

    def possible(*chosen: int) -> bool:
        return Skeleton(conjunction(lemmas, *(globs[index] for index in chosen)), {}).propose(10) is not None

    assert not possible(0, 1)
    assert not possible(2, 3)
    assert not possible(4, 5)
    assert possible(0, 4)


def test_the_lemmas_grow_with_the_globs_not_with_their_pairs() -> None:
    def count(number: int) -> int:
        return sum(1 for _ in prefix_lemmas([Matches("key", Glob.parse(f"team-{index:04}/*")) for index in range(number)]))

    assert count(800) < 2.5 * count(400)


def test_an_inclusion_is_one_clause() -> None:
    narrow, wide = Matches("key", Glob.parse("a/b*")), Matches("key", Glob.parse("a/*"))
    assert list(inclusion_lemmas([narrow, wide])) == [((narrow, False), (wide, True))]


def test_globs_of_different_variables_have_nothing_to_do_with_each_other() -> None:
    globs = [Matches("key", Glob.parse("a*")), Matches("prefix", Glob.parse("b*"))]
    assert list(prefix_lemmas(globs)) == []
    assert list(inclusion_lemmas(globs)) == []


def test_flags_of_lemmas_cannot_be_taken_for_flags_of_requests() -> None:
    lemmas = prefix_lemmas([Matches("key", Glob.parse("a*")), Matches("key", Glob.parse("b*"))])
    assert {atom.name for lemma in lemmas for atom, _ in lemma if isinstance(atom, Flag)} == {"key after '' bit 0"}

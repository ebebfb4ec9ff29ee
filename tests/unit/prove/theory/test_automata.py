from hypothesis import given
from hypothesis import strategies as st
from tests.unit.prove.theory.small import matches
from tests.unit.prove.theory.test_glob import PATTERNS, TEXTS

from bucketpass.prove.theory.automata import Automata
from bucketpass.prove.theory.glob import Glob


@given(st.lists(PATTERNS, min_size=1, max_size=6), TEXTS)
def test_globs_read_together_are_the_same_as_each_by_itself(written: list[str], text: str) -> None:
    automata = Automata([Glob.parse(one) for one in written])
    states = automata.read(automata.start, text)
    assert [bool(states & accept) for accept in automata.accept] == [matches(one, text) for one in written]

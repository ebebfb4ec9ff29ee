from bucketpass.prove.theory.units import ANY, NOT_COLON, Units, code_units


def test_a_set_of_units_has_its_own_or_all_others() -> None:
    assert "a" in Units(frozenset("ab"))
    assert "c" not in Units(frozenset("ab"))
    assert "c" in Units(frozenset("ab"), negated=True)
    assert "x" in ANY
    assert ":" not in NOT_COLON


def test_a_character_outside_the_basic_plane_is_two_units() -> None:
    assert code_units("aé") == "aé"
    assert [ord(unit) for unit in code_units("a\U0001f600")] == [0x61, 0xD83D, 0xDE00]

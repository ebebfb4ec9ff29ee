from bucketpass.model.notes import Notes, nearest


def test_a_word_that_is_near_is_proposed_else_all_are_named() -> None:
    assert nearest("bukcet", ["bucket", "key"]) == "did you mean `bucket`?"
    assert nearest("zzz", ["bucket", "key"]) == "known: `bucket`, `key`"
    assert nearest("zzz", []) == ""


def test_a_field_of_another_record_is_sent_there() -> None:
    notes = Notes("file", {"prefix": ("`services.<name>.grants[]`",)})
    assert notes.belongs("prefix", ["bucket"]) == "`prefix` belongs in `services.<name>.grants[]`"
    assert notes.belongs("bukcet", ["bucket"]) == "did you mean `bucket`?"

from bucketpass.sandbox.form import listed, tags_of


def test_lists_are_read_in_their_order() -> None:
    form = {"L.member.2": "b", "L.member.1": "a", "L.member.10": "c", "M.member.1": "x", "L.member.x": "y", "L.member.1.Key": "z"}
    assert listed(form, "L") == ("a", "b", "c")
    assert listed(form, "N") == ()


def test_tags_are_read_in_their_order() -> None:
    form = {
        "Tags.member.2.Value": "2",
        "Tags.member.2.Key": "b",
        "Tags.member.1.Key": "a",
        "Tags.member.1.Value": "1",
        "Tags.member.3.Key": "c",
    }
    assert tags_of(form) == (("a", "1"), ("b", "2"), ("c", ""))
    assert tags_of({"Tags.member.1": "a", "Other.member.1.Key": "b"}) == ()

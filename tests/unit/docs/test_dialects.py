from docs.generators.dialects import listing

from bucketpass.compile.dialect import dialect_named


def test_every_difference_is_listed_with_what_follows_from_it() -> None:
    text = listing("rgw")
    for difference in dialect_named("rgw").differences:
        assert f"\n  {difference.code}\n    AWS    {difference.aws}\n    there  {difference.there}\n" in text
    assert all(f"--waive {name}" in text for name in dialect_named("rgw").waivers)

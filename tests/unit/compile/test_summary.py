from tests.declarations import EVERYTHING_DECLARED, World

from bucketpass.compile.summary import summary

LINES = summary(World.of(EVERYTHING_DECLARED).plan)


def test_each_resource_has_a_line_with_what_it_is_there_for() -> None:
    words = {(line.kind, line.name): line.words for line in LINES}
    assert words["role", "bucketpass-trainer"][0] == "trainer is a${b} of okta"
    assert "trainer may read and write datasets/raw/" in words["policy", "bucketpass-trainer"]
    assert "datasets: no plain http" in words["bucket", "datasets"]
    assert words["KMS key", "alias/bucketpass-datasets"] == ("datasets is encrypted with a key of its own",)
    assert words["OIDC provider (there already)", "https://gitlab.com"] == ("audience sts",)
    assert ("bucket (there already)", "old") in words

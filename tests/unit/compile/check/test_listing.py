from bucketpass.compile.check import RULES
from bucketpass.compile.check.listing import listing


def test_every_rule_has_a_line() -> None:
    assert [line.split()[0] for line in listing().splitlines()] == list(RULES)

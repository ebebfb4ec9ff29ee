"""The supported types as text."""

from docs.generators.resources import listing

from bucketpass.provision.embedded.resources.registry import HANDLERS


def test_every_type_and_its_rules_are_in_the_list() -> None:
    lines = listing().splitlines()
    assert all(any(token in line for line in lines) for token in HANDLERS)
    assert "    path* = /" in lines
    assert "    forceDestroy = false" in lines
    assert "    aws:iam/getPolicyDocument:getPolicyDocument" in lines

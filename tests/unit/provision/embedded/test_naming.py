"""URNs as Pulumi makes them."""

import pytest

from bucketpass.errors import InvalidInput
from bucketpass.provision.embedded.naming import StackName

NAME = StackName("shop", "dev")


def test_a_resource_directly_in_the_stack_has_its_type_alone() -> None:
    assert NAME.root == "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
    assert NAME.urn(NAME.root, "aws:iam/role:Role", "r") == "urn:pulumi:dev::shop::aws:iam/role:Role::r"


def test_another_stack_is_meant_by_one_two_or_three_words() -> None:
    assert NAME.other("prod") == StackName("shop", "prod")
    assert NAME.other("net/prod") == NAME.other("acme/net/prod") == StackName("net", "prod")


def test_a_resource_in_components_has_the_chain_of_their_types() -> None:
    outer = NAME.urn(NAME.root, "my:index:Outer", "o")
    inner = NAME.urn(outer, "my:index:Inner", "i")
    assert NAME.urn(inner, "aws:s3/bucket:Bucket", "b") == ("urn:pulumi:dev::shop::my:index:Outer$my:index:Inner$aws:s3/bucket:Bucket::b")


@pytest.mark.parametrize(("project", "stack"), [("shop", "../dev"), ("../shop", "dev"), ("shop", ""), ("shop", "a b"), ("shop", "x" * 101)])
def test_a_name_that_would_not_do_as_a_files_name_is_refused(project: str, stack: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 100 letters"):
        StackName(project, stack)

"""What identifies a resource of a blueprint."""

from bucketpass.emit.resource import BlueprintResource


def test_a_resource_is_known_by_kind_and_name_and_the_arn_that_documents_call_it_by_is_not_part_of_it() -> None:
    one, other = (BlueprintResource("iam.Role", "a", {}, arn=arn) for arn in ("", "arn:aws:iam::111122223333:role/a"))
    assert one == other
    assert one.key == ("iam.Role", "a")

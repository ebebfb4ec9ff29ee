"""Names of operations in logs, as the API's own."""

from bucketpass.aws.operations import OPERATIONS
from bucketpass.usage.names import CopyPart, access_log_names, cloudtrail_operation


def test_every_name_leads_to_an_operation_of_the_api() -> None:
    assert {name.operation for name in access_log_names().values()} <= set(OPERATIONS)


def test_names_that_differ() -> None:
    assert cloudtrail_operation("ListObjects", "2") == "ListObjectsV2"
    assert cloudtrail_operation("GetBucketPublicAccessBlock") == "GetPublicAccessBlock"
    assert cloudtrail_operation("GetObject") == "GetObject"
    assert cloudtrail_operation("MakeCoffee") is None


def test_access_logs_have_a_name_for_each_side_of_a_copy() -> None:
    source = access_log_names().get("REST.COPY.OBJECT_GET")
    assert source is not None
    assert (source.operation, source.part) == ("CopyObject", CopyPart.SOURCE)
    assert "REST.MAKE.COFFEE" not in access_log_names()

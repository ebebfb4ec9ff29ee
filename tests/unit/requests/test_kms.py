from bucketpass.requests.callers import root_user
from bucketpass.requests.kms import authorization_request

KEY = "arn:aws:kms:us-east-1:111122223333:key/1"


def test_a_direct_call_comes_through_no_service() -> None:
    request = authorization_request("Decrypt", KEY, "111122223333", root_user("111122223333"), encryption_context={"a": "b"})
    expected = {"kms:CallerAccount": "111122223333", "kms:EncryptionContext:a": "b", "aws:ViaAWSService": "false"}
    assert request.context.items() >= expected.items()
    assert request.context["kms:EncryptionContextKeys"] == ("a",)
    assert "kms:ViaService" not in request.context


def test_an_operation_without_an_encryption_context_has_none() -> None:
    request = authorization_request("ListKeys", "*", "111122223333", root_user("111122223333"), encryption_context={"a": "b"})
    assert not any("EncryptionContext" in name for name in request.context)

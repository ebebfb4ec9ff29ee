from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.key import KeyOrigin, Presence, RequestKey

KEY = RequestKey("s3:x", {PrincipalKind.USER: Presence.ALWAYS}, ("s3:GetObject", "kms:*"), KeyOrigin.CALL, lambda facts: None, "[A] a page")


def test_actions_match_in_any_case_and_all_of_a_service_by_a_wildcard() -> None:
    assert [KEY.applies_to(action) for action in ("S3:getobject", "kms:Decrypt", "s3:GetObjectAcl", "kmsx:Decrypt")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_caller_that_is_not_named_never_brings_it() -> None:
    assert KEY.presence(PrincipalKind.USER, "s3:GetObject") is Presence.ALWAYS
    assert KEY.presence(PrincipalKind.ROOT, "s3:GetObject") is Presence.NEVER
    assert KEY.presence(PrincipalKind.USER, "s3:PutObject") is Presence.NEVER


def test_a_family_ends_with_a_separator() -> None:
    names = {"aws:PrincipalTag/": True, "kms:EncryptionContext:": True, "aws:PrincipalTag": False, "": True}
    for name, is_family in names.items():
        assert RequestKey(name, {}, (), KeyOrigin.CALL, lambda facts: None, "").is_family is is_family

"""Principals in one form."""

import pytest

from bucketpass.usage.principals import arn_principal, requester_principal


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:sts::111122223333:assumed-role/trainer/s1", ("role:111122223333/trainer", "s1")),
        ("arn:aws:iam::111122223333:role/ai/trainer", ("role:111122223333/trainer", "")),
        ("arn:aws-cn:iam::111122223333:user/team/anna", ("user:111122223333/anna", "")),
        ("arn:aws:iam::111122223333:root", ("root:111122223333", "")),
        ("arn:aws:sts::111122223333:federated-user/anna", ("other:arn:aws:sts::111122223333:federated-user/anna", "")),
        ("", ("other:", "")),
    ],
)
def test_arns(arn: str, expected: tuple[str, str]) -> None:
    assert arn_principal(arn) == expected


@pytest.mark.parametrize(
    ("requester", "principal"),
    [
        ("-", "anonymous"),
        ("svc:delivery.logs.amazonaws.com", "service:delivery.logs.amazonaws.com"),
        ("AmazonS3", "service:s3.amazonaws.com"),
        ("79a59df900b949e5", "account:79a59df900b949e5"),
        ("arn:aws:sts::111122223333:assumed-role/trainer/s1", "role:111122223333/trainer"),
    ],
)
def test_requesters_of_access_logs(requester: str, principal: str) -> None:
    assert requester_principal(requester)[0] == principal

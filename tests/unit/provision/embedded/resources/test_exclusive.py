import json
from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.exclusive import EXCLUSIVE

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]})


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        clients = moto_clients()
        clients.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
        yield clients


def test_what_is_not_in_the_list_is_taken_from_the_role_and_nothing_at_its_end(aws: RegionClients) -> None:
    inline, attached = EXCLUSIVE
    for name in ("kept", "gone"):
        aws.iam.put_role_policy(RoleName="r", PolicyName=name, PolicyDocument=ALLOW)
    assert inline.create(aws, {"roleName": "r", "policyNames": ["kept", "later"]}).id == "r"
    assert inline.read(aws, "r") == {"roleName": "r", "policyNames": ["kept"]}
    inline.delete(aws, "r", {"roleName": "r", "policyNames": ["kept"]})
    assert inline.read(aws, "r") == {"roleName": "r", "policyNames": ["kept"]}
    first, second = (aws.iam.create_policy(PolicyName=name, PolicyDocument=ALLOW)["Policy"]["Arn"] for name in ("a", "b"))
    aws.iam.attach_role_policy(RoleName="r", PolicyArn=first)
    attached.create(aws, {"roleName": "r", "policyArns": [second]})
    assert attached.read(aws, "r") == {"roleName": "r", "policyArns": [second]}
    assert attached.read(aws, "nobody") is None

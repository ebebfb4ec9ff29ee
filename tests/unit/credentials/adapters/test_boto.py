"""botocore's view of a provider."""

import time

import botocore.session
from tests.integration.fake_sts import ROLE

import bucketpass
from bucketpass.credentials.adapters.boto import ServiceCredentials, boto3_session, botocore_session
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.host import Held
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.secret import Secret


class Keys:
    """Gives new keys each time."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, **asked: object) -> Held | Refusal:
        self.number += 1
        now = time.time()
        subject = TokenIdentity("https://issuer.test", "trainer")
        keys = Credentials(
            f"ASIA{self.number}", Secret(f"secret{self.number}"), Secret(f"token{self.number}"), now, now + 60, ROLE, subject
        )
        return Held(keys, now + 30)


def test_the_three_parts_always_belong_together() -> None:
    provider = Provider(Keys())
    credentials = ServiceCredentials(provider)
    frozen = credentials.get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token) == ("ASIA1", "secret1", "token1")
    assert credentials.get_frozen_credentials() is frozen
    provider._renew = 0.0
    provider.renew_if_due()
    frozen = credentials.get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token) == ("ASIA2", "secret2", "token2")
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("ASIA2", "secret2", "token2")


def test_a_session_knows_no_other_credentials_than_ours() -> None:
    session = botocore_session(Provider(Keys()))
    assert [provider.METHOD for provider in session.get_component("credential_provider").providers] == ["bucketpass"]
    credentials = session.get_credentials()
    assert credentials is not None
    assert (credentials.method, credentials.access_key) == ("bucketpass", "ASIA1")


def test_boto3_signs_with_them() -> None:
    credentials = bucketpass.boto3_session(Provider(Keys())).get_credentials()
    assert credentials is not None
    assert credentials.access_key == "ASIA1"
    client = boto3_session(Provider(Keys()), region_name="us-east-1").client("s3")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "datasets", "Key": "raw/1"})
    assert "ASIA1" in url
    assert isinstance(botocore.session.Session(), botocore.session.Session)

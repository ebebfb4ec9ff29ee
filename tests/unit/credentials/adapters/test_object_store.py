"""What obstore and polars are given."""

from datetime import UTC, datetime

from tests.integration.fake_sts import ROLE

from bucketpass.credentials.adapters.object_store import obstore_credential_provider, polars_credential_provider
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.host import Held
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.secret import Secret

END = datetime(2126, 11, 24, 13, tzinfo=UTC)
KEYS = Credentials("ASIA1", Secret("s"), Secret("t"), END.timestamp() - 3600, END.timestamp(), ROLE, TokenIdentity("i", "s"))


def fetch_credentials(**asked: object) -> Held | Refusal:
    return Held(KEYS, END.timestamp() - 1800)


def test_obstore_gets_the_true_expiry() -> None:
    assert obstore_credential_provider(Provider(fetch_credentials))() == {
        "access_key_id": "ASIA1",
        "secret_access_key": "s",
        "token": "t",
        "expires_at": END,
    }


def test_polars_gets_the_true_expiry() -> None:
    keys = {"aws_access_key_id": "ASIA1", "aws_secret_access_key": "s", "aws_session_token": "t"}
    assert polars_credential_provider(Provider(fetch_credentials))() == (keys, int(END.timestamp()))

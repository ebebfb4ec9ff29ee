"""One provider for each set of options."""

import pytest
from tests.integration.fake_sts import ROLE
from tests.tokens import unsigned_token

from bucketpass.credentials.service import service_provider
from bucketpass.errors import InvalidInput


def test_the_same_options_give_the_same_provider() -> None:
    first = service_provider(role_arn=ROLE, source="env:SERVICE_TOKEN", cache="off")
    assert service_provider(role_arn=ROLE, source="env:SERVICE_TOKEN", cache="off") is first
    assert service_provider(role_arn=ROLE, source="env:OTHER_TOKEN", cache="off") is not first


def test_a_function_can_be_the_source() -> None:
    own = service_provider(role_arn=ROLE, source=unsigned_token, cache="off")
    assert own is not service_provider(role_arn=ROLE, source=unsigned_token, cache="off")


def test_without_a_role_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ROLE_ARN", raising=False)
    with pytest.raises(InvalidInput, match="no role"):
        service_provider(source="env:T")

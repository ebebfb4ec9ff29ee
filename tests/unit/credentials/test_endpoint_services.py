"""What is behind an endpoint's port."""

import json
import time

import pytest
from tests.integration.fake_sts import ROLE

from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.endpoint import EndpointRefusal, EndpointRequest
from bucketpass.credentials.endpoint_services import CredentialService, EndpointClient, OperationsService
from bucketpass.credentials.host import Held
from bucketpass.credentials.keeper import Keeper
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.rules import rule_for
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.secret import Secret

DOWN = Refusal("http-503", "STS answered 503", rule_for("", 503), 503)


def provider_of(key: str | None) -> Provider:
    """A provider with this key, or one that fails."""
    now = time.time()
    held = Held(Credentials(f"ASIA{key}", Secret("s"), Secret("t"), now, now + 60, ROLE, TokenIdentity("i", "s")), now + 30)
    provider = Provider(lambda **asked: held if key else DOWN)
    provider.renew_if_due()
    return provider


def service_of(**keys: str | None) -> CredentialService:
    clients = {name: EndpointClient(provider_of(key), Secret(name)) for name, key in keys.items()}
    return CredentialService(clients, frozenset({"localhost"}))


def body(answer: bytes | EndpointRefusal | None) -> dict[str, object]:
    data = answer.data if isinstance(answer, EndpointRefusal) else answer
    assert data is not None
    found: dict[str, object] = json.loads(data.partition(b"\r\n\r\n")[2])
    return found


def test_each_client_gets_its_own_session() -> None:
    service = service_of(a="A", b="B")
    got = [body(service.content(EndpointRequest("/credentials", True, name), may_wait=True)) for name in ("a", "b")]
    assert [each["AccessKeyId"] for each in got] == ["ASIAA", "ASIAB"]


def test_one_who_may_wait_waits_and_the_other_hears_why() -> None:
    service = service_of(a=None)
    assert service.content(EndpointRequest("/credentials", True, "a"), may_wait=True) is None
    assert body(service.content(EndpointRequest("/credentials", True, "a"), may_wait=False))["code"] == "http-503"


@pytest.mark.parametrize(("keys", "ready"), [({"a": "A"}, 200), ({"a": "A", "b": None}, 503), ({"a": None}, 503)])
def test_ready_is_who_has_credentials_for_all_clients_and_health_does_not_depend_on_that(keys: dict[str, str | None], ready: int) -> None:
    service = service_of(**keys)
    statuses = []
    for path in ("/ready", "/health"):
        answer = service.content(EndpointRequest(path, False), may_wait=False)
        statuses.append(answer.status if isinstance(answer, EndpointRefusal) else 200)
    assert statuses == [ready, 200]


def test_health_fails_where_nothing_renews_any_more() -> None:
    service = service_of(a="A")
    provider = service._clients["a"].provider
    provider._keeper = Keeper()
    provider._keeper.lives = False
    assert "restart this process" in str(body(service.content(EndpointRequest("/health", False), may_wait=False))["message"])


def test_operations_see_the_metrics_of_the_credentials_endpoint() -> None:
    service = service_of(a="A")
    service.answered[200] = 7
    operations = OperationsService(service._clients, service.answered)
    asked = operations.authorize(b"GET /metrics HTTP/1.1\r\nHost: 10.0.0.1:9464")
    assert isinstance(asked, EndpointRequest)
    text = operations.content(asked, may_wait=False)
    assert isinstance(text, bytes)
    assert b'bucketpass_requests_total{code="200"} 7\n' in text
    assert b"ASIA" not in text
    assert ROLE.encode() not in text
    assert isinstance(operations.authorize(b"GET /credentials HTTP/1.1\r\nHost: localhost\r\nAuthorization: a"), EndpointRefusal)


def test_a_client_can_ask_for_what_a_credential_process_prints() -> None:
    answer = body(service_of(a="A").content(EndpointRequest("/credential-process", False, "a"), may_wait=False))
    assert (answer["Version"], answer["AccessKeyId"], set(answer)) == (
        1,
        "ASIAA",
        {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"},
    )


def test_each_user_of_the_host_is_the_client_that_was_given_to_it() -> None:
    clients = {name: EndpointClient(provider_of(name), Secret(name), user) for name, user in (("a", 1001), ("b", 1002), ("c", None))}
    service = CredentialService(clients, frozenset({"localhost"}))
    request = b"GET /credentials HTTP/1.1\r\nHost: localhost"
    asked = [service.authorize(request, user) for user in (1001, 1002, 1003)]
    assert [each.client if isinstance(each, EndpointRequest) else each.status for each in asked] == ["a", "b", 401]

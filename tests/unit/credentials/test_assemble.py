"""Options put together."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
from tests.fake_machine import NOON, Server, fake_machine
from tests.integration.fake_sts import ROLE, granted
from tests.tokens import unsigned_token

from bucketpass.credentials.assemble import assemble, open_store, options_given
from bucketpass.errors import IdentityError, InvalidInput
from bucketpass.wire.client import HttpResponse


def test_the_environment_that_kubernetes_sets_is_enough(tmp_path: Path) -> None:
    machine = fake_machine({"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "BUCKETPASS_CACHE": str(tmp_path)})
    exchanger = assemble(options_given(machine), machine=machine)
    assert (exchanger.role.arn, exchanger.source.describe()) == (ROLE, "file /token")
    assert exchanger.store is not None


def test_what_is_given_comes_before_the_environment() -> None:
    machine = fake_machine({"AWS_ROLE_ARN": ROLE, "BUCKETPASS_AUDIENCE": "other"})
    assert options_given(machine, audience="mine", duration=900)["audience"] == "mine"


def test_a_session_policy_is_read_from_its_file() -> None:
    machine = fake_machine(files={"/policy": "{}\n"})
    values = {"role-arn": ROLE, "source": "env:T", "policy-file": "/policy", "cache": "off"}
    assert assemble(values, machine=machine).role.policy == "{}"


def test_a_session_policy_that_changes_holds_from_the_next_exchange_on() -> None:
    files = {"/policy": "{}"}
    granting = [HttpResponse(200, {}, granted(number, NOON.timestamp() + 3600).encode()) for number in (1, 2)]
    server = Server({"https://sts.test/": granting})
    machine = fake_machine({"T": unsigned_token(iat=0, exp=int(NOON.timestamp()) + 60)}, files, server)
    values = {"role-arn": ROLE, "source": "env:T", "policy-file": "/policy", "cache": "off", "endpoint-url": "https://sts.test"}
    exchanger = assemble(values, machine=machine)
    exchanger.fetch_credentials()
    files["/policy"] = '{"Statement": []}'
    exchanger.fetch_credentials()
    assert [parse_qs(request.body.decode())["Policy"] for request in server.requests] == [["{}"], ['{"Statement": []}']]
    del files["/policy"]
    with pytest.raises(InvalidInput, match="cannot read the session policy"):
        exchanger.fetch_credentials()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, InvalidInput),
        ({"role-arn": ROLE, "policy-file": "/none", "source": "env:T"}, InvalidInput),
        ({"role-arn": ROLE}, IdentityError),
    ],
)
def test_what_is_missing_is_an_error(values: dict[str, str], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        assemble(values, machine=fake_machine())


def test_an_option_without_a_value_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="--region has no value"):
        options_given(fake_machine(), region="")


def test_a_cache_that_cannot_be_trusted_is_not_used(tmp_path: Path) -> None:
    open_to_all = tmp_path / "cache"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    assert open_store(str(open_to_all), fake_machine()) is None
    assert open_store("off", fake_machine()) is None


def test_a_session_policy_that_cannot_be_read_is_named() -> None:
    values = {"role-arn": ROLE, "token-file": "/token", "policy-file": "/nope"}
    with pytest.raises(InvalidInput, match="cannot read the session policy `/nope`: No such file"):
        assemble(values, machine=fake_machine({}, {}))

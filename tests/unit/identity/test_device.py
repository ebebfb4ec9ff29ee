"""Logins by a person."""

from urllib.parse import parse_qs

import pytest
from tests.fake_machine import NOON, Server, fake_machine
from tests.fixed_clock import FixedClock

from bucketpass.errors import IdentityError
from bucketpass.identity.device import DeviceLogin, DevicePrompt, detect, show_on_terminal
from bucketpass.identity.interface import NotHere
from bucketpass.wire.client import HttpResponse

ISSUER = "https://issuer.test"
TOKEN_URL = f"{ISSUER}/token"
STARTED = {
    "device_code": "secret code",
    "user_code": "WDJB-MJHT",
    "verification_uri": f"{ISSUER}/device",
    "expires_in": 60,
    "interval": 5,
}


def waiting(error: str) -> HttpResponse:
    return HttpResponse(400, {}, b'{"error": "%b"}' % error.encode())


class Login:
    def __init__(self, *answers: object) -> None:
        self.server = Server(
            {
                f"{ISSUER}/.well-known/openid-configuration": {
                    "issuer": ISSUER,
                    "token_endpoint": TOKEN_URL,
                    "device_authorization_endpoint": f"{ISSUER}/device",
                },
                f"{ISSUER}/device": STARTED,
                TOKEN_URL: list(answers),
            }
        )
        self.clock = FixedClock(NOON)
        self.shown: list[DevicePrompt] = []
        self.slept: list[float] = []
        machine = fake_machine(server=self.server, clock=self.clock)
        self.source = DeviceLogin(machine, ISSUER, "notebook", self.shown.append, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)


def test_the_person_is_shown_the_code_and_polled_at_the_pace_that_the_issuer_asks() -> None:
    login = Login(waiting("authorization_pending"), waiting("slow_down"), {"id_token": "token"})
    assert login.source.fetch().reveal() == "token"
    assert login.shown == [DevicePrompt(f"{ISSUER}/device", "WDJB-MJHT", None, 60.0)]
    assert login.slept == [5.0, 5.0, 10.0]


def test_the_next_token_comes_by_the_refresh_token_without_the_person() -> None:
    login = Login({"id_token": "first", "refresh_token": "r1"}, {"id_token": "second", "refresh_token": "r2"}, {"id_token": "third"})
    assert [login.source.fetch().reveal() for _ in range(3)] == ["first", "second", "third"]
    assert len(login.shown) == 1
    assert parse_qs(login.server.requests[-1].body.decode())["refresh_token"] == ["r2"]


def test_a_refresh_token_that_is_used_up_asks_the_person_again() -> None:
    login = Login({"id_token": "first", "refresh_token": "r1"}, waiting("invalid_grant"), {"id_token": "second"})
    assert [login.source.fetch().reveal() for _ in range(2)] == ["first", "second"]
    assert len(login.shown) == 2


@pytest.mark.parametrize("trouble", [HttpResponse(503, {}, b"down"), waiting("server_error"), ConnectionRefusedError(111, "refused")])
def test_an_issuer_that_is_down_does_not_end_the_refresh_token(trouble: object) -> None:
    login = Login({"id_token": "first", "refresh_token": "r1"}, trouble, {"id_token": "second"})
    login.source.fetch()
    with pytest.raises(IdentityError, match="the issuer"):
        login.source.fetch()
    assert login.source.fetch().reveal() == "second"
    assert len(login.shown) == 1


def test_a_poll_that_the_issuer_cannot_answer_goes_on_slower() -> None:
    login = Login(HttpResponse(503, {}, b"down"), ConnectionRefusedError(111, "refused"), {"id_token": "token"})
    assert login.source.fetch().reveal() == "token"
    assert login.slept == [5.0, 10.0, 20.0]


def test_a_refusal_ends_the_login() -> None:
    with pytest.raises(IdentityError, match="access_denied"):
        Login(waiting("access_denied")).source.fetch()


def test_nobody_confirming_ends_it_in_time() -> None:
    with pytest.raises(IdentityError, match="nobody confirmed the code within 60 s"):
        Login(*[waiting("authorization_pending")] * 12).source.fetch()


def test_a_login_can_be_named_on_the_command_line() -> None:
    found = detect(fake_machine({"BUCKETPASS_DEVICE_CLIENT_ID": "notebook"}), ISSUER, None)
    assert not isinstance(found, NotHere)
    assert found.describe() == f"device login of notebook at {ISSUER}"
    assert isinstance(detect(fake_machine(), ISSUER, None), NotHere)


def test_the_person_is_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    show_on_terminal(DevicePrompt(f"{ISSUER}/device", "WDJB-MJHT", None, 60.0))
    assert capsys.readouterr() == ("", f"open {ISSUER}/device and confirm the code WDJB-MJHT\n")

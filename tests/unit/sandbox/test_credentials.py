from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, inside

from bucketpass.errors import RequestError
from bucketpass.requests.callers import PrincipalKind, role_session
from bucketpass.sandbox.credentials import FEWEST_SESSIONS, IssuedSession, Requester, administrator_of, new_access_key


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def test_an_access_key_has_awss_form() -> None:
    keys = {new_access_key("ASIA") for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) == 20 and key.startswith("ASIA") and key.isalnum() and key.isupper() for key in keys)


def test_a_session_is_found_by_its_key_and_masks_its_secrets(world: Inside) -> None:
    expires = world.clock.now() + timedelta(seconds=1)
    requester = Requester(role_session(f"arn:aws:iam::{ACCOUNT}:role/r", "run"), IssuedSession("r", "id", expires))
    opened = world.credentials.open_session(requester, world.clock.now())
    assert world.credentials.find(opened.access_key_id) is opened
    assert (opened.expires, opened.requester.arn) == (expires, f"arn:aws:sts::{ACCOUNT}:assumed-role/r/run")
    assert opened.secret.reveal() not in repr(opened)
    assert world.credentials.find("ASIAUNKNOWN") is None


def test_sessions_that_are_long_over_are_forgotten(world: Inside) -> None:
    def opened(seconds: float) -> str:
        now = world.clock.now()
        session = IssuedSession("r", "id", now + timedelta(seconds=seconds))
        requester = Requester(role_session(f"arn:aws:iam::{ACCOUNT}:role/r", "run"), session)
        return world.credentials.open_session(requester, now).access_key_id

    long_over, just_over = opened(-4000), opened(-1)
    lasting = [opened(900) for _ in range(FEWEST_SESSIONS)]
    assert world.credentials.find(long_over) is None
    assert all(world.credentials.find(key) is not None for key in (just_over, *lasting))


def test_a_user_key_that_was_deleted_is_not_remembered(world: Inside) -> None:
    keys = world.user("u")
    assert world.credentials.find(keys.access_key) is world.credentials.find(keys.access_key) is not None
    world.form("iam", "DeleteAccessKey", UserName="u", AccessKeyId=keys.access_key)
    assert world.credentials.find(keys.access_key) is None


def test_the_administrators_key_does_not_end(world: Inside) -> None:
    administrator = world.credentials.administrator
    assert world.credentials.find(administrator.access_key_id) is administrator
    assert administrator.expires is None


@pytest.mark.parametrize(
    ("arn", "kind", "session"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", PrincipalKind.ROOT, ""),
        (f"arn:aws:iam::{ACCOUNT}:user/ops/ann", PrincipalKind.USER, ""),
        (f"arn:aws:iam::{ACCOUNT}:role/ops/admin", PrincipalKind.ROLE_SESSION, f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/sandbox"),
    ],
)
def test_the_administrator_is_who_was_named(arn: str, kind: PrincipalKind, session: str) -> None:
    caller = administrator_of(arn)
    assert (caller.principal.kind, caller.principal.arn, caller.principal.session_arn) == (kind, arn, session)
    assert caller.administrator


@pytest.mark.parametrize(
    "arn", ["", "admin", f"arn:aws:iam::{ACCOUNT}:group/g", f"arn:aws:iam::{ACCOUNT}:role/", f"arn:aws:s3:::{ACCOUNT}:role/r"]
)
def test_an_administrator_that_is_nobody_is_refused(arn: str) -> None:
    with pytest.raises(RequestError):
        administrator_of(arn)

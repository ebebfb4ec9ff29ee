"""The file of a host's clients."""

import pytest

from bucketpass.credentials.client_file import ClientSettings, read_clients
from bucketpass.errors import InvalidInput

ROLE = "arn:aws:iam::111122223333:role/bucketpass-"
FILE = f"""
[trainer]
user = 1001
role-arn = {ROLE}trainer
token-file = /run/tokens/trainer

# an agent shows its token
[agent]
role-arn = {ROLE}agent
source = command:get-token --for agent
prefix = datasets/raw/
region = eu-central-1
"""
ONE = f"[a]\nrole-arn = {ROLE}a\ntoken-file = /t\n"


def test_each_section_is_a_client_with_options_of_its_own() -> None:
    assert read_clients(FILE, "clients", {"region": "us-east-1", "cache": "off"}) == {
        "trainer": ClientSettings(
            {"region": "us-east-1", "cache": "off", "role-arn": f"{ROLE}trainer", "token-file": "/run/tokens/trainer"}, 1001
        ),
        "agent": ClientSettings(
            {
                "region": "eu-central-1",
                "cache": "off",
                "role-arn": f"{ROLE}agent",
                "source": "command:get-token --for agent",
                "prefix": "datasets/raw/",
            }
        ),
    }


def test_a_user_may_be_named() -> None:
    assert read_clients(f"{ONE}user = root\n", "clients", {})["a"].user == 0


def test_neither_role_nor_token_nor_session_is_taken_from_the_environment() -> None:
    environment = {"role-arn": f"{ROLE}node", "token-file": "/node", "audience": "x", "session-name": "y", "policy-file": "/p"}
    assert read_clients(ONE, "clients", environment)["a"].values == {"role-arn": f"{ROLE}a", "token-file": "/t"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no section"),
        ("user = 1", "no section headers"),
        ("[a]\nuser = 1\n", "clients [a]: has no role, or no token"),
        (f"[a]\nrole-arn = {ROLE}a\n", "clients [a]: has no role, or no token"),
        (f"{ONE}role = x\n", "clients [a]: `role` is not an option"),
        (f"{ONE}user = nobody-here\n", "clients [a]: there is no user `nobody-here`"),
        (f"{ONE}user = -1\n", "clients [a]: there is no user `-1`"),
        (f"{ONE}user = 4294967295\n", "clients [a]: there is no user `4294967295`"),
        (f"{ONE}user = 7\n{ONE.replace('[a]', '[b]')}user = 7\n", "two clients are the user 7"),
        (ONE + ONE, "section 'a' already exists"),
        (ONE.replace("[a]", "[../a]"), "`../a` is not a client's name"),
    ],
)
def test_a_file_that_leaves_anything_open_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_clients(text, "clients", {})
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)

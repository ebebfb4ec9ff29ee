"""What SDKs would take before the endpoint."""

import pytest
from tests.fake_machine import fake_machine

from bucketpass.credentials.outranking import Seen, asks_bucketpass, outranking_files, profile_keys, region_variables, seen_before_ours


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ()),
        ("[default]\nregion = us-east-1\n", ()),
        ("[default]\naws_access_key_id = AKIA\naws_secret_access_key = x%y\n", ("aws_access_key_id",)),
        ("[default]\ncredential_process = /bin/x\n", ("credential_process",)),
        ("[default]\nsso_session = corp\nsso_account_id = 1\n", ("sso_account_id", "sso_session")),
        ("[profile other]\nrole_arn = arn\n[other]\naws_access_key_id = AKIA\n", ()),
        ("[default]\ns3 =\n  addressing_style = path\n", ()),
        ("[profile default]\naws_access_key_id = AKIA\n", ("aws_access_key_id",)),
        ('[profile "default"]\nrole_arn = arn\n[default]\ncredential_process = /bin/x\n', ("credential_process", "role_arn")),
        ("no section\n", ("a file that cannot be read",)),
    ],
)
def test_only_the_default_profiles_credentials_count(text: str, keys: tuple[str, ...]) -> None:
    assert profile_keys(text) == keys


def test_the_files_are_those_of_the_variables_or_of_the_home() -> None:
    keys = "[default]\naws_access_key_id = AKIA\n"
    files = {"/home/x/.aws/credentials": keys, "/etc/aws": keys, "/home/x/.aws/config": "[default]\nregion = x\n"}

    def read(path: str) -> str:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    assert outranking_files({"HOME": "/home/x"}, read) == {"AWS_SHARED_CREDENTIALS_FILE": "/home/x/.aws/credentials"}
    assert outranking_files({"HOME": "/home/x", "AWS_CONFIG_FILE": "/etc/aws"}, read) == {
        "AWS_SHARED_CREDENTIALS_FILE": "/home/x/.aws/credentials",
        "AWS_CONFIG_FILE": "/etc/aws",
    }
    assert outranking_files({"HOME": "/home/y"}, read) == {}


@pytest.mark.parametrize(
    ("text", "profile", "ours"),
    [
        ("[profile trainer]\ncredential_process = /py -I -S /x/bucketpass/credentials/run_process.py --role-arn=r\n", "trainer", True),
        ("[profile trainer]\ncredential_process = bucketpass credential-process\n", "trainer", True),
        ("[default]\ncredential_process = bucketpass credential-process\n", "default", True),
        ("[profile trainer]\ncredential_process = /bin/other\n", "trainer", False),
        ("[profile trainer]\ncredential_process = bucketpass credential-process\n", "admin", False),
        (
            "[profile trainer]\ncredential_process = bucketpass credential-process\naws_access_key_id = AKIA\n",
            "trainer",
            False,
        ),
        ("no section\n", "trainer", False),
    ],
)
def test_a_profile_that_asks_bucketpass_is_known(text: str, profile: str, ours: bool) -> None:
    assert asks_bucketpass(text, profile) is ours


OURS = "credential_process = bucketpass credential-process\n"
KEYS = "aws_access_key_id = AKIA\naws_secret_access_key = x\n"


@pytest.mark.parametrize(
    ("variables", "config", "credentials", "seen"),
    [
        ({}, "", "", Seen((), (), None)),
        ({"AWS_ROLE_ARN": "arn", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "", "", Seen((), (), None)),
        ({"AWS_PROFILE": "trainer"}, f"[profile trainer]\n{OURS}", "", Seen((), (), "trainer")),
        ({"AWS_PROFILE": "trainer"}, f"[profile trainer]\n{OURS}", f"[default]\n{KEYS}", Seen((), (), "trainer")),
        ({"AWS_PROFILE": "admin"}, f"[profile trainer]\n{OURS}", "", Seen(("AWS_PROFILE",), (), None)),
        (
            {"AWS_PROFILE": "trainer", "AWS_ACCESS_KEY_ID": "A"},
            f"[profile trainer]\n{OURS}",
            "",
            Seen(("AWS_ACCESS_KEY_ID",), (), "trainer"),
        ),
        ({}, f"[default]\n{OURS}", "", Seen((), (), "default")),
        ({}, f"[default]\n{OURS}", f"[default]\n{KEYS}", Seen((), ("/h/.aws/credentials",), "default")),
        ({}, f"[profile default]\n{KEYS}", "", Seen((), ("/h/.aws/config",), None)),
    ],
)
def test_what_sdks_take_before_ours_is_seen(variables: dict[str, str], config: str, credentials: str, seen: Seen) -> None:
    files = {"/h/.aws/config": config, "/h/.aws/credentials": credentials}
    assert seen_before_ours({"HOME": "/h", **variables}, fake_machine({}, files).read) == seen


@pytest.mark.parametrize(
    ("variables", "regions"),
    [
        ({}, ()),
        ({"AWS_REGION": "eu-west-1"}, ("eu-west-1", "eu-west-1")),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, ("eu-west-1", "eu-west-1")),
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, ("a", "b")),
        ({"AWS_REGION": "", "HOME": "/h"}, ("eu-north-1", "eu-north-1")),
        ({"HOME": "/h", "AWS_PROFILE": "ml"}, ("eu-south-1", "eu-south-1")),
        ({"HOME": "/h", "AWS_PROFILE": "none"}, ()),
    ],
)
def test_the_region_is_kept_under_both_names(variables: dict[str, str], regions: tuple[str, ...]) -> None:
    def read(path: str) -> str:
        if path != "/h/.aws/config":
            raise FileNotFoundError(path)
        return "[default]\nregion = eu-north-1\n[profile ml]\nregion = eu-south-1\n[profile none]\n"

    assert tuple(region_variables(variables, read).values()) == regions

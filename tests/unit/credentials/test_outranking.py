"""What SDKs would take before the endpoint."""

import pytest

from bucketpass.credentials.outranking import outranking_files, profile_keys


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

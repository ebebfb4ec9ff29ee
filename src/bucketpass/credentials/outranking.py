"""What the AWS SDKs take before an endpoint's credentials: variables, and the default profile of the user's files.

SECURITY: left in place, any of them would make the service somebody else, silently.

See: AWS SDKs and Tools Reference, "Standardized credential providers", "Shared config and credentials files".
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping

__all__ = ["OUTRANKING_VARIABLES", "outranking_files", "profile_keys"]

OUTRANKING_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
# Variable that names a file -> where it is otherwise, below the home directory.
FILES = {"AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials", "AWS_CONFIG_FILE": ".aws/config"}
PROFILE_KEYS = frozenset(
    {"aws_access_key_id", "credential_process", "role_arn", "sso_session", "sso_account_id", "web_identity_token_file", "login_session"}
)


def profile_keys(text: str) -> tuple[str, ...]:
    """The settings of the default profile that give credentials. A file that cannot be read as one counts as having some."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="")
    try:
        parser.read_string(text)
    except configparser.Error:
        return ("a file that cannot be read",)
    return tuple(sorted(PROFILE_KEYS.intersection(parser["default"]))) if parser.has_section("default") else ()


def outranking_files(variables: Mapping[str, str], read: Callable[[str], str]) -> dict[str, str]:
    """The files whose default profile gives credentials, by the variable that names them."""
    found = {}
    for variable, usual in FILES.items():
        path = variables.get(variable) or f"{variables.get('HOME', '')}/{usual}"
        try:
            text = read(path)
        except OSError:
            continue
        if profile_keys(text):
            found[variable] = path
    return found

"""What the AWS SDKs take before an endpoint's credentials: variables, and the default profile of the user's files.

SECURITY: left in place, any of them would make the service somebody else, silently.

See: AWS SDKs and Tools Reference, "Standardized credential providers", "Shared config and credentials files".
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from typing import NamedTuple

from bucketpass.credentials.warm import chosen_profile, config_path

__all__ = ["OUTRANKING_VARIABLES", "Seen", "asks_bucketpass", "outranking_files", "profile_keys", "region_variables", "seen_before_ours"]

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
WEB_IDENTITY = frozenset({"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"})
PROFILE_VARIABLES = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")  # most SDKs read the first, boto3 the second alone
# Variable that names a file -> where it is otherwise, below the home directory.
FILES = {"AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials", "AWS_CONFIG_FILE": ".aws/config"}
PROFILE_KEYS = frozenset(
    {"aws_access_key_id", "credential_process", "role_arn", "sso_session", "sso_account_id", "web_identity_token_file", "login_session"}
)


class Seen(NamedTuple):
    """Variables and files that SDKs take before ours; `ours`: the profile that is in force and asks bucketpass."""

    variables: tuple[str, ...]
    files: tuple[str, ...]
    ours: str | None


def profile_keys(text: str) -> tuple[str, ...]:
    """The settings of the default profile that give credentials. A file that cannot be read as one counts as having some."""
    settings = profile_settings(text, "default")
    return ("a file that cannot be read",) if settings is None else tuple(sorted(PROFILE_KEYS.intersection(settings)))


def asks_bucketpass(text: str, profile: str) -> bool:
    """Whether the profile's credentials come from `bucketpass credential-process`, and from nothing else."""
    settings = profile_settings(text, profile) or {}
    return PROFILE_KEYS.intersection(settings) == {"credential_process"} and "bucketpass" in settings["credential_process"]


def profile_settings(text: str, profile: str) -> dict[str, str] | None:
    """The profile's settings; None where the file cannot be read as one."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="")
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    settings: dict[str, str] = {}
    for section in parser.sections():
        # `[NAME]`, as in the credentials file, `[profile NAME]`, `[profile "NAME"]`: SDKs read them all, the default's too.
        words = [word.strip("\"'") for word in section.split(maxsplit=1)]
        if words in ([profile], ["profile", profile]):
            settings |= dict(parser[section])
    return settings


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


def region_variables(variables: Mapping[str, str], read: Callable[[str], str]) -> dict[str, str]:
    """The Region under both names, from the environment or else from the profile in force, which the command is not given."""
    known = next((variables[name] for name in REGION_VARIABLES if variables.get(name)), None) or profile_region(variables, read)
    return {name: variables.get(name) or known for name in REGION_VARIABLES} if known else {}


def profile_region(variables: Mapping[str, str], read: Callable[[str], str]) -> str | None:
    """The Region of the profile in force, where one is set."""
    return (profile_settings(config_text(variables, read), chosen_profile(variables) or "default") or {}).get("region")


def config_text(variables: Mapping[str, str], read: Callable[[str], str]) -> str:
    """The user's AWS configuration file; empty where there is none."""
    try:
        return read(config_path(variables))
    except OSError:
        return ""


def seen_before_ours(variables: Mapping[str, str], read: Callable[[str], str]) -> Seen:
    """What SDKs find in this environment before a web identity or an endpoint. A profile that asks bucketpass is ours."""
    chosen = chosen_profile(variables)
    ours = asks_bucketpass(config_text(variables, read), chosen or "default")
    files = outranking_files(variables, read)
    if ours:
        files = {} if chosen else {name: path for name, path in files.items() if name != "AWS_CONFIG_FILE"}
    good = WEB_IDENTITY | (PROFILE_VARIABLES if ours else frozenset())
    names = tuple(name for name in OUTRANKING_VARIABLES if name not in good and variables.get(name))
    return Seen(names, tuple(files.values()), (chosen or "default") if ours else None)

"""What can be set for an exchange: one table for the command line, the environment and the key of the warm cache.

This module imports nothing: it is on the way of a credential process that has 12 ms.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FLAGS", "OPTIONS", "ignores_endpoints", "option_values", "token_path"]

# Option -> (environment variables in order, what it is). AWS's variables mean what they mean to its SDKs.
OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "role-arn": (("BUCKETPASS_ROLE_ARN", "AWS_ROLE_ARN"), "the role to assume"),
    "source": (("BUCKETPASS_TOKEN_SOURCE",), "where the token comes from: github, file:PATH, command:WORDS … (default: found)"),
    "token-file": (("BUCKETPASS_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"), "the file that holds the token"),
    "audience": (("BUCKETPASS_AUDIENCE",), "the audience that the token must have, and is asked for"),
    "session-name": (("BUCKETPASS_SESSION_NAME", "AWS_ROLE_SESSION_NAME"), "the name in CloudTrail (default: subject@host)"),
    "duration": (("BUCKETPASS_DURATION",), "how long a session is, 900 to 43200 seconds, as `3600` or `1h` (default: AWS's, 1h)"),
    "policy-file": (("BUCKETPASS_POLICY_FILE",), "a session policy: the session may do no more than it says"),
    "prefix": (("BUCKETPASS_PREFIX",), "BUCKET/PREFIX: the session reaches nothing else of what its role may"),
    "access": (("BUCKETPASS_ACCESS",), "with --prefix: read, write, delete, list, with commas between (default: read)"),
    "declaration": (("BUCKETPASS_DECLARATION",), "with --prefix: the access.yaml that the role was made from, to refuse what it lacks"),
    "region": (("AWS_REGION", "AWS_DEFAULT_REGION"), "the Region whose STS is asked"),
    "endpoint-url": (("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"), "another address of STS"),
    "ca-bundle": (("BUCKETPASS_CA_BUNDLE", "AWS_CA_BUNDLE"), "the certificate authorities that STS is checked against"),
    "allow-http": (("BUCKETPASS_ALLOW_HTTP",), "send the token over http to another machine, in clear text"),
    "cache": (("BUCKETPASS_CACHE",), "the directory shared by this host's processes, or `off`"),
}

FLAGS = frozenset({"allow-http"})  # options without a value
TRUE = frozenset({"true", "1", "yes"})


def option_values(words: Sequence[str], variables: Mapping[str, str]) -> dict[str, str]:
    """The options that `words` or the variables set. Raises ValueError with the word that is wrong."""
    values: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, found, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in OPTIONS:
            raise ValueError(f"`{word}` is not an option, expected one of --{', --'.join(OPTIONS)}")
        values[name] = value if found else "true" if name in FLAGS else next(rest, "")
        if not values[name]:
            raise ValueError(f"--{name} has no value")
    for name, (names, _) in OPTIONS.items():
        if name == "endpoint-url" and ignores_endpoints(variables):
            continue
        if name not in values:
            set_to = next((variables[variable] for variable in names if variables.get(variable)), None)
            if set_to is not None:
                values[name] = set_to
    return {name: value for name, value in values.items() if name not in FLAGS or value.lower() in TRUE}


def ignores_endpoints(variables: Mapping[str, str]) -> bool:
    """True if the environment turns off the addresses that it and the config file set."""
    return variables.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"


def token_path(values: Mapping[str, str]) -> str | None:
    """The token's file, where the token comes from one."""
    source = values.get("source")
    if source is None:
        return values.get("token-file")
    return source.removeprefix("file:") if source.startswith("file:") else None

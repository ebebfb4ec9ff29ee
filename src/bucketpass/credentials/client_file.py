"""The clients of one endpoint for a whole host: a section for each, with its role, its token and the user who it is.

::

    [trainer]
    user = trainer
    role-arn = arn:aws:iam::111122223333:role/bucketpass-trainer
    token-file = /run/tokens/trainer

The settings are the options of `options.py`. On a Unix socket the kernel says whose process asks, so `user` (a name or a number) is all
that a client needs; on loopback it shows its token, whose file that user alone can read.
"""

from __future__ import annotations

import pwd
from configparser import ConfigParser
from configparser import Error as ConfigError
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from bucketpass.credentials.options import OPTIONS
from bucketpass.digits import whole_number
from bucketpass.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ClientSettings", "client_name", "read_clients"]

# SECURITY: what makes a client who it is stands in its own section; the environment's role is not handed to one that has none.
COMMON = frozenset({"region", "endpoint-url", "ca-bundle", "allow-http", "cache"})
USER = "user"
LAST_USER = 2**32 - 2


class ClientSettings(NamedTuple):
    """A client's options, and the user ID of the processes that it is; None where it shows a token."""

    values: dict[str, str]
    user: int | None = None


def read_clients(text: str, path: str, common: Mapping[str, str]) -> dict[str, ClientSettings]:
    """The clients in the file's text, by name; `common` are the options that hold for all. Raises InvalidInput."""
    parser = ConfigParser(interpolation=None, default_section="", delimiters=("=",), comment_prefixes=("#",), strict=True)
    try:
        parser.read_string(text, source=path)
    except ConfigError as error:
        raise InvalidInput(str(error).replace("\n", " "), remedy="expected sections such as [trainer] with lines NAME = VALUE") from None
    shared = {name: value for name, value in common.items() if name in COMMON}
    clients = {client_name(name, path): client_of(path, name, dict(parser[name]), shared) for name in parser.sections()}
    if not clients:
        invalid(path, "has no section", "expected a section such as [trainer] for each client")
    users = [client.user for client in clients.values() if client.user is not None]
    twice = next((user for user in users if users.count(user) > 1), None)
    if twice is not None:
        invalid(path, f"two clients are the user {twice}", "a process is one client: give each a user of its own")
    return clients


def client_name(name: str, path: str) -> str:
    """The name, if a file's and a metric's name may end with it. Raises InvalidInput."""
    if not name.replace("-", "").replace("_", "").isalnum():
        invalid(path, f"`{name}` is not a client's name", "expected letters, digits, - and _")
    return name


def client_of(path: str, name: str, settings: dict[str, str], shared: Mapping[str, str]) -> ClientSettings:
    """The client of one section. Raises InvalidInput."""
    where = f"{path} [{name}]"
    user = user_of(where, settings.pop(USER)) if USER in settings else None
    unknown = next((key for key in settings if key not in OPTIONS), None)
    if unknown is not None:
        invalid(where, f"`{unknown}` is not an option", f"expected {USER} or one of {', '.join(OPTIONS)}")
    if "role-arn" not in settings or not {"source", "token-file"} & settings.keys():
        invalid(where, "has no role, or no token", "set role-arn, and token-file or source: a client takes neither from the environment")
    return ClientSettings({**shared, **settings}, user)


def user_of(where: str, text: str) -> int:
    """The ID of a user who is named or numbered. Raises InvalidInput."""
    number = whole_number(text, LAST_USER)
    if number is not None:
        return number
    try:
        return pwd.getpwnam(text).pw_uid
    except KeyError:
        invalid(where, f"there is no user `{text}` on this machine", "name one, or give the user ID")


def invalid(where: str, message: str, remedy: str) -> NoReturn:
    """Raise the InvalidInput that says so."""
    raise InvalidInput(f"{where}: {message}", remedy=remedy)

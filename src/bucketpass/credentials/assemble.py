"""What the options say, put together: the role, the token source, the shared cache, the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bucketpass.credentials.cache import HostCache
from bucketpass.credentials.host import Exchanger
from bucketpass.credentials.options import option_values, token_path
from bucketpass.credentials.values import parse_role
from bucketpass.credentials.warm import config_path, default_directory
from bucketpass.identity.file import FileSource
from bucketpass.identity.interface import this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

    from bucketpass.credentials.values import RoleToAssume
    from bucketpass.identity.interface import Machine, TokenSource

__all__ = ["assemble", "open_store", "options_given", "with_session_policy"]


def assemble(
    values: Mapping[str, str], *, machine: Machine | None = None, source: TokenSource | None = None, keep: float = 0.0
) -> Exchanger:
    """The exchanger of these options (see `options.py`). Raises InvalidInput or IdentityError."""
    machine = machine or this_machine(ca_file=values.get("ca-bundle"))
    if "endpoint-url" not in values and machine.has_file(config_path(machine.variables)):
        # Imported here: most credential processes need no parser, nor its 5 ms.
        from bucketpass.credentials.configured import with_configured_endpoint

        values = with_configured_endpoint(values, machine)

    def current_role() -> RoleToAssume:
        try:
            return with_session_policy(parse_role(values, None), values, machine)
        except ValueError as error:
            invalid(str(error))

    role = current_role()
    path = token_path(values)
    if source is None and path is not None:
        source = FileSource(machine, path)
    elif source is None:
        # Imported here: where the token's file is known, a credential process has no need of detection, nor 1 ms for it.
        from bucketpass.identity.registry import find_source

        source = find_source(machine, values.get("source"), role.audience)
    store = open_store(values.get("cache"), machine)
    reread = current_role if "policy-file" in values or "declaration" in values else None
    return Exchanger(role, source, machine.send, store, machine.clock, keep, reread=reread)


def with_session_policy(role: RoleToAssume, values: Mapping[str, str], machine: Machine) -> RoleToAssume:
    """The role, with the session policy that the options name or ask for. Raises ValueError, InvalidInput or DeclarationError."""
    path, prefix = values.get("policy-file"), values.get("prefix")
    if prefix is None:
        if values.get("access"):
            raise ValueError("--access is given without --prefix: name the prefix that it is for")
        return role if path is None else role._replace(policy=read_policy(machine, path))
    if path is not None:
        raise ValueError("--prefix and --policy-file are both given: a session has one session policy")
    # Imported here: the compiler takes 0.1 s, and only narrower sessions need it.
    from pathlib import Path

    from bucketpass.credentials.narrowing import narrowed_policy
    from bucketpass.model import load_access

    declaration = values.get("declaration")
    access = load_access(Path(declaration)) if declaration else None
    return role._replace(policy=narrowed_policy(prefix, values.get("access"), role, access))


def read_policy(machine: Machine, path: str) -> str:
    """The policy in the file. Raises ValueError."""
    try:
        return machine.read(path).strip()
    except OSError as error:
        raise ValueError(f"cannot read the session policy `{path}`: {error.strerror or error}") from None


def options_given(machine: Machine | None = None, **given: str | int | None) -> dict[str, str]:
    """The options' values: as given by name (`role_arn`), else as the environment sets them. Raises InvalidInput."""
    machine = machine or this_machine()
    words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]
    try:
        return option_values(words, machine.variables)
    except ValueError as error:
        invalid(str(error))


def open_store(directory: str | None, machine: Machine) -> HostCache | None:
    """The host's cache; None where it is turned off, or cannot be trusted or written: then this process has its own."""
    path = default_directory({**machine.variables, **({"BUCKETPASS_CACHE": directory} if directory else {})})
    if path is None:
        return None
    try:
        return HostCache(path)
    except OSError:
        return None


def invalid(message: str) -> NoReturn:
    """Raise the InvalidInput that says so."""
    # Imported here: a credential process that works needs no errors, and has 45 ms.
    from bucketpass.errors import InvalidInput

    raise InvalidInput(message, remedy="--help lists the options and their environment variables")

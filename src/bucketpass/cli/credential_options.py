"""The options that all commands with credentials share: those of `credentials/options.py`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from bucketpass.credentials.assemble import options_given
from bucketpass.credentials.options import FLAGS, OPTIONS

__all__ = ["add_credential_options", "given_options"]


def add_credential_options(parser: argparse.ArgumentParser, names: Iterable[str] = OPTIONS) -> None:
    """Add the options for the token's source, the role and the endpoint to `parser`."""
    for name in names:
        variables, words = OPTIONS[name]
        described = f"{words} [{', '.join(variables)}]".replace("%", "%%")
        if name in FLAGS:
            parser.add_argument(f"--{name}", action="store_const", const="true", help=described)
        else:
            parser.add_argument(f"--{name}", metavar=name.rpartition("-")[2].upper(), help=described)


def given_options(arguments: argparse.Namespace, names: Iterable[str] = OPTIONS) -> dict[str, str]:
    """The values of these options, from the command line, and of all from the environment. Raises InvalidInput."""
    own = {name.replace("-", "_") for name in names}
    return options_given(**{name: value for name, value in vars(arguments).items() if name in own})

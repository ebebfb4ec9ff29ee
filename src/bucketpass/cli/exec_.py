"""`bucketpass exec -- COMMAND`: a command whose S3 clients all have the service's credentials, for as long as it runs."""

from __future__ import annotations

import argparse
import os

from bucketpass.cli.credential_options import add_credential_options, given_options
from bucketpass.errors import InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the options, and the command after `--`."""
    add_credential_options(parser)
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="the command and its arguments")


def run(arguments: argparse.Namespace) -> int:
    """Run the command beside an endpoint on loopback; the value is the command's own exit code."""
    from bucketpass.credentials.adapters.container import container_environment, start_endpoint
    from bucketpass.credentials.assemble import assemble
    from bucketpass.credentials.budgets import ENDPOINT_MARGIN_SECONDS
    from bucketpass.credentials.child import run_command
    from bucketpass.credentials.provider import provider_from
    from bucketpass.identity import this_machine

    words = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not words:
        raise InvalidInput("no command", remedy="bucketpass exec -- python train.py")
    values = given_options(arguments)
    exchanger = assemble(values, keep=ENDPOINT_MARGIN_SECONDS)
    provider = provider_from(exchanger)
    credentials = provider.current()  # a service that is refused learns it now, not at its first request
    if "prefix" in values and "declaration" not in values:
        from bucketpass.credentials.data import refuse_what_the_role_lacks

        refuse_what_the_role_lacks(
            values["prefix"], values.get("access"), credentials, exchanger.role, this_machine(None, values.get("ca-bundle"))
        )
    endpoint = start_endpoint(provider)
    environment = dict(os.environ)
    container_environment(environment, endpoint)
    try:
        return run_command(words, environment)
    finally:
        endpoint.stop()
        provider.close()

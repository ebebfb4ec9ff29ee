"""`preview`, `up` and `down` with `--to aws`: Pulumi's own engine, and the questions that a change at AWS is worth."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from bucketpass.cli.act import Act
from bucketpass.cli.json_output import print_json
from bucketpass.cli.provisioning import check_gateway_options, stack_name, target_line
from bucketpass.errors import InvalidInput, MissingExtra, RequestError
from bucketpass.provision.clients import clients_of

if TYPE_CHECKING:
    from bucketpass.provision.automation import PulumiEngine, Source
    from bucketpass.provision.embedded import Listener, RunResult

__all__ = ["down", "preview", "up"]

NOTE = "Pulumi's own engine and AWS's provider"


def preview(arguments: argparse.Namespace) -> int:
    """What `up` would do at AWS is shown."""
    source, stack = _source(arguments), stack_name(arguments)
    return _perform(
        arguments, stack, Act.PREVIEW, lambda engine, listen: engine.preview(source, stack, listen, refreshed=arguments.refresh)
    )


def up(arguments: argparse.Namespace) -> int:
    """AWS has what is asked for. Without `--yes` a preview is shown first, and a person is asked."""
    if not arguments.yes:
        _somebody_is_there("up", arguments)
        if (code := preview(arguments)) != 0:
            return code
        if not _agreed("Make these changes at AWS? yes: ", "yes"):
            return 1
    source, stack = _source(arguments), stack_name(arguments)
    return _perform(arguments, stack, Act.UP, lambda engine, listen: engine.up(source, stack, listen, refreshed=arguments.refresh))


def down(arguments: argparse.Namespace) -> int:
    """All that `up` made at AWS is gone."""
    if not arguments.yes:
        _somebody_is_there("down", arguments)
    source, stack = _source(arguments), stack_name(arguments)
    if not arguments.yes and not _agreed(f"This deletes all resources of stack {stack} at AWS. Its name to confirm: ", stack):
        return 1
    return _perform(arguments, stack, Act.DOWN, lambda engine, listen: engine.destroy(source, stack, listen))


def _source(arguments: argparse.Namespace) -> Source:
    try:
        from bucketpass.provision.automation import Source
    except ModuleNotFoundError as missing:
        raise MissingExtra("pulumi", missing.name or "pulumi") from None
    check_gateway_options(arguments)
    if os.environ.get("AWS_ENDPOINT_URL"):
        # SECURITY: AWS's provider would go there, and not to AWS.
        raise RequestError(
            "`--to aws` and AWS_ENDPOINT_URL name different targets", remedy="Unset AWS_ENDPOINT_URL, or name its URL with --to."
        )
    folder = arguments.program
    if arguments.access is None and not (folder / "Pulumi.yaml").is_file():
        if not (folder / "access.yaml").is_file():
            raise InvalidInput(
                f"there is no `Pulumi.yaml` and no `access.yaml` in `{folder}`", remedy="name one with --program or --access"
            )
        return Source(access=folder / "access.yaml")
    return Source(folder, arguments.access)


def _perform(arguments: argparse.Namespace, stack: str, act: Act, work: Callable[[PulumiEngine, Listener], RunResult]) -> int:
    from bucketpass.provision.automation import PulumiEngine, find_command
    from bucketpass.provision.embedded import ignore

    engine = PulumiEngine(find_command(), arguments.backend)
    if arguments.json:
        result = work(engine, ignore)
        print_json("run", {"target": "aws", "stack": stack, **result.as_object(secrets=arguments.show_secrets), "engine": "pulumi"})
    else:
        from bucketpass.cli.show_run import RunScreen

        screen = RunScreen(act, stack, _target(), note=NOTE, show_unchanged=arguments.show_unchanged, show_secrets=arguments.show_secrets)
        screen.finish(result := work(engine, screen))
    return result.exit_code


def _target() -> str:
    """The line of the account, Region and identity that the environment's credentials lead to."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with clients_of("aws", None, os.environ) as clients:
            found = clients.sts.get_caller_identity()
            return target_line("AWS", clients.region, {"Account": found["Account"], "Arn": found["Arn"]})
    except (BotoCoreError, ClientError, InvalidInput) as error:
        return f"AWS, whose account is not known here ({' '.join(str(error).split())})"


def _somebody_is_there(verb: str, arguments: argparse.Namespace) -> None:
    if arguments.json or not sys.stdin.isatty():
        raise RequestError(f"`{verb}` changes an AWS account, and there is nobody to ask", remedy="say --yes")


def _agreed(question: str, answer: str) -> bool:
    agreed = input(question).strip() == answer
    if not agreed:
        print("nothing was changed", file=sys.stderr)
    return agreed

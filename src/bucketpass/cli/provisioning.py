"""What `up`, `preview` and `down` have in common: their arguments, what those mean, and how a run looks."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli import private_folder
from bucketpass.cli.act import Act
from bucketpass.cli.json_output import print_json
from bucketpass.errors import InvalidInput, MissingExtra, RequestError
from bucketpass.model import load_access
from bucketpass.provision.embedded import Endpoint, Engine, Listener, Program, RunResult, Stack, find_endpoint, find_passphrase, ignore
from bucketpass.provision.embedded.imports import ImportedResource, read_imports

if TYPE_CHECKING:
    from bucketpass.cli.show_run import RunScreen

__all__ = [
    "Run",
    "add_arguments",
    "add_imports",
    "add_refresh",
    "agreed",
    "check_gateway_options",
    "imported",
    "looks_first",
    "perform",
    "refuse_imports",
    "settle",
    "stack_name",
    "target_line",
]

DEFAULT_STACK = "dev"


@dataclass(frozen=True, slots=True)
class Run:
    """Which program, as which stack, against which endpoint."""

    program: Program
    stack: Stack
    endpoint: Endpoint
    as_json: bool
    show_unchanged: bool = False
    yes: bool = False
    show_secrets: bool = False

    @property
    def region(self) -> str:
        """The Region in which resources are made that name none."""
        return self.program.config.get("aws:region") or self.endpoint.region


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that the three commands share."""
    parser.add_argument(
        "--to", default="sandbox", metavar="TARGET", help="sandbox (default), aws, rgw, or the URL of an endpoint that speaks the AWS API"
    )
    parser.add_argument("--endpoint", metavar="URL", help="where the gateway of `--to rgw` is")
    parser.add_argument(
        "--waive", action="append", default=[], metavar="NAME", help="accept that the target is weaker than AWS in this (repeat for more)"
    )
    parser.add_argument("--program", type=Path, default=Path(), metavar="DIR", help="folder of the Pulumi program (default: this one)")
    parser.add_argument("--access", type=Path, metavar="FILE", help="a declaration to make as it is, without a program")
    parser.add_argument(
        "--stack", metavar="NAME", help="name of the stack (default: dev; with `--to aws` the one that `pulumi stack select` chose)"
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=os.environ.get("BUCKETPASS_STATE"),
        metavar="DIR",
        help="where states are kept (default: BUCKETPASS_STATE, or .bucketpass/stacks beside the program)",
    )
    parser.add_argument("--backend", metavar="URL", help="with `--to aws`: where Pulumi keeps its state (default: that of `pulumi login`)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--show-secrets", action="store_true", help="show secret outputs and differences in clear")
    parser.add_argument("--show-unchanged", action="store_true", help="list the resources too that stay as they are")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def stack_name(arguments: argparse.Namespace) -> str:
    """Return the stack that the arguments name; else, at AWS, the one that `pulumi up` in the program's folder would take; else `dev`."""
    if arguments.stack is None and arguments.to == "aws" and arguments.access is None and (arguments.program / "Pulumi.yaml").is_file():
        from bucketpass.provision.automation import selected_stack

        return selected_stack(arguments.program, arguments.backend) or DEFAULT_STACK
    return arguments.stack or DEFAULT_STACK


def add_refresh(parser: argparse.ArgumentParser) -> None:
    """The argument about what others changed, which `up` and `preview` share."""
    parser.add_argument(
        "--refresh",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="look first what others changed or deleted: drift (default; --no-refresh trusts the state)",
    )


def add_imports(parser: argparse.ArgumentParser) -> None:
    """The argument for existing resources, which `up` and `preview` share."""
    parser.add_argument(
        "--imports", type=Path, metavar="FILE", help="make existing resources the stack's own first: what `import` or `review --fix` wrote"
    )


def refuse_imports(arguments: argparse.Namespace) -> None:
    """Raise `RequestError` if resources are to be imported at AWS, where Pulumi's own command does that."""
    if arguments.imports is not None:
        raise RequestError("`--imports` does not go with `--to aws`", remedy=f"Say `pulumi import --file {arguments.imports}`.")


def imported(arguments: argparse.Namespace) -> tuple[ImportedResource, ...]:
    """Return the resources that the arguments import. Raises `InvalidInput` for a file that does not name any."""
    return () if arguments.imports is None else read_imports(arguments.imports)


def looks_first(arguments: argparse.Namespace, run: Run) -> bool:
    """Return whether the run looks for drift. A gateway of Ceph cannot read back all that it takes: there the state is trusted."""
    return bool(arguments.refresh) and run.endpoint.dialect == "aws"


def check_gateway_options(arguments: argparse.Namespace) -> None:
    """Raise `RequestError` if options of a gateway are given for another target."""
    given = [option for option, value in (("--endpoint", arguments.endpoint), ("--waive", arguments.waive)) if value]
    if given and arguments.to != "rgw":
        raise RequestError(f"`{given[0]}` does not go with `--to {arguments.to}`", remedy="use `--to rgw`, or leave it out")


def settle(arguments: argparse.Namespace, act: Act) -> Run:
    """What the arguments mean, here and now. Raises `InvalidInput`, with all mistakes of a declaration that is to be made as it is."""
    check_gateway_options(arguments)
    folder: Path = arguments.program
    access: Path | None = arguments.access
    if access is None and not (folder / "Pulumi.yaml").is_file() and (folder / "access.yaml").is_file():
        access = folder / "access.yaml"
    if access is None and not (folder / "Pulumi.yaml").is_file():
        raise InvalidInput(f"there is no `Pulumi.yaml` and no `access.yaml` in `{folder}`", remedy="name one with --program or --access")
    if access is not None and act is not Act.DOWN:
        load_access(access)  # its mistakes are reported before anything begins
    passphrase = find_passphrase(os.environ)
    stack = stack_name(arguments)
    program = Program.load(folder, stack, passphrase) if access is None else Program.of_access(access)
    endpoint = find_endpoint(arguments.to, (Path(), program.root), os.environ, arguments.endpoint)
    if endpoint.dialect != "aws":
        program = replace(program, config={**program.config, **_dialect(endpoint, arguments.waive)})
    return Run(
        program,
        Stack.of(program, stack, folder=arguments.state, passphrase=passphrase),
        endpoint,
        arguments.json,
        arguments.show_unchanged,
        arguments.yes,
        arguments.show_secrets,
    )


def _dialect(endpoint: Endpoint, waived: list[str]) -> dict[str, str]:
    """The configuration that names the target's dialect to the program's components."""
    return {"bucketpass:dialect": endpoint.dialect, "bucketpass:waivers": json.dumps(waived)}


def target_line(url: str, region: str, identity: Mapping[str, str]) -> str:
    """Return the line that heads every run: account, Region, endpoint and who acts there."""
    return f"account {identity.get('Account') or '(none)'}, {region}, {url}, as {identity.get('Arn') or '(unknown)'}"


def agreed(question: str, answer: str) -> bool:
    """Ask, and return whether the person typed the answer."""
    if not sys.stdin.isatty():
        raise RequestError("nothing is done unasked, and there is nobody to ask", remedy="Say --yes.")
    same = input(question).strip() == answer
    if not same:
        print("nothing was changed", file=sys.stderr)
    return same


def _may_act(run: Run, target: str) -> bool:
    """SECURITY: a variable that another program left behind must not decide whose account is changed."""
    if run.yes or not run.endpoint.named_by_environment:
        return True
    if not sys.stdin.isatty():
        raise RequestError(
            f"only AWS_ENDPOINT_URL names the target ({target}), and there is nobody to ask",
            remedy=f"Say `--to {run.endpoint.url}`, or --yes.",
        )
    return agreed(f"Only AWS_ENDPOINT_URL names the target: {target}. Act there? yes: ", "yes")


def perform(
    run: Run, act: Act, work: Callable[[Engine, Listener], RunResult], ask: Callable[[Engine, RunScreen], bool] | None = None
) -> int:
    """Do the work and show it. The exit code says whether all of it was done. `ask`: whether a person agrees, once the target is shown."""
    if run.stack.folder.parent == run.program.root / private_folder.NAME:
        private_folder.make_private_folder(run.program.root)
    try:
        # First of all: the process that runs programs loads Pulumi while everything else gets ready.
        with Engine(run.endpoint, None if act is Act.DOWN or run.program.declaration else run.program.python) as engine:
            if run.as_json:
                if run.endpoint.named_by_environment and not run.yes:
                    _may_act(run, target_line(run.endpoint.url, run.region, engine.identity))
                result = work(engine, ignore)
                who = {"account": engine.identity["Account"], "region": run.region, "identity": engine.identity["Arn"]}
                print_json(
                    "run", {"target": run.endpoint.url, **who, "stack": run.stack.name.stack, **result.as_object(secrets=run.show_secrets)}
                )
            else:
                from bucketpass.cli.show_run import RunScreen

                target = target_line(run.endpoint.url, run.region, engine.identity)
                screen = RunScreen(act, run.stack.name.stack, target, show_unchanged=run.show_unchanged, show_secrets=run.show_secrets)
                if not _may_act(run, target) or (ask is not None and not ask(engine, screen)):
                    return 1
                screen.finish(result := work(engine, screen))
    except ModuleNotFoundError as error:
        raise MissingExtra("pulumi", error.name or "pulumi") from None
    except KeyboardInterrupt:
        if act is not Act.PREVIEW:
            print("what was done so far is in the state: run it again, and it goes on from here", file=sys.stderr)
        raise
    return result.exit_code

"""`bucketpass VERB`: finds the verb's file, runs it, and turns errors into one clear line and an exit code."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import NoReturn, Protocol

from bucketpass import __version__
from bucketpass.cli.terminal import show_finding
from bucketpass.errors import BucketpassError, Severity, UsageError
from bucketpass.findings.formats import finding_object

__all__ = ["COMMANDS", "main"]

# Verb -> (module, one line). The lines stand here too, so that `bucketpass --help` imports no command.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "write an access.yaml and a Pulumi program from a few answers or flags"),
    "check": ("check", "the declaration, the limits, risky choices"),
    "plan": ("plan", "the resources and documents that a declaration becomes"),
    "decide": ("decide", "one request: allowed or not, and by which statement"),
    "explain": (
        "explain",
        "why: every statement, the usual faults, and the smallest change that changes the decision; or what a finding's CODE means",
    ),
    "diff": ("diff", "what a change of the declaration changes: who gains or loses what"),
    "prove": ("prove", "the guarantees, for all requests, or a counterexample"),
    "demo": ("demo", "the whole story on the sandbox, in seconds"),
    "up": ("up", "make the declared resources, or bring them up to date"),
    "preview": ("preview", "what `up` would do"),
    "down": ("down", "remove what `up` made"),
    "import": ("import_", "propose a declaration of the roles that an account has, with Pulumi's import IDs"),
    "configure": ("configure", "what the AI service needs to use its role, or what to set at its issuer"),
    "token": ("token", "the token that this machine would send, and what AWS sees in it"),
    "doctor": ("doctor", "why this service cannot reach its data, here and now"),
    "exec": ("exec_", "run a command whose S3 clients have the service's credentials"),
    "credential-process": ("credential_process", "print credentials as the AWS SDKs' `credential_process` reads them"),
    "serve": ("serve", "serve credentials to this machine's S3 clients, on loopback or a Unix socket"),
    "sandbox": ("sandbox", "the embedded AWS, left running for other programs"),
}

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


class Command(Protocol):
    """What each command's file holds."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Teach `parser` the command's own arguments."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Do the work and give the exit code."""
        ...


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are raised like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        raise UsageError(message, remedy=f"{self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the value is the process's exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help", "help"}:
        print(overview())
        return 0
    if words[0] in {"-V", "--version"}:
        print(f"bucketpass {__version__}")
        return 0
    verb, *rest = words
    if verb not in COMMANDS:
        near = difflib.get_close_matches(verb, COMMANDS, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "bucketpass --help lists the commands"
        show_error(error := UsageError(f"`{verb}` is not a command", remedy=hint), as_json=wants_json(rest))
        return error.exit_code
    command: Command = import_module(f"bucketpass.cli.{COMMANDS[verb][0]}")
    parser = Parser(prog=f"bucketpass {verb}", description=command.HELP)
    command.add_arguments(parser)
    try:
        arguments = parser.parse_args(rest)
        return command.run(arguments)
    except BucketpassError as error:
        show_error(error, as_json=wants_json(rest))
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`). Python would complain once more while it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        # A folder that cannot be written, a full disk: nobody's mistake in the program, so no traceback.
        show_error(_of_the_machine(error), as_json=wants_json(rest))
        return EXIT_FAILED


def wants_json(words: Sequence[str]) -> bool:
    """Whether the command line asks for JSON; also one that cannot be read."""
    own = words[: words.index("--")] if "--" in words else words
    return "--json" in own or "--format=json" in own or ("--format", "json") in pairwise(own)


def overview() -> str:
    """The list of commands, as `bucketpass --help` prints it."""
    width = max(map(len, COMMANDS))
    lines = [f"  {verb:<{width}}  {words}" for verb, (_, words) in COMMANDS.items()]
    return "\n".join(
        [
            "usage: bucketpass COMMAND [--help]",
            "",
            "AI services reach S3 with the identity they already have.",
            "",
            *lines,
            "",
            "exit codes: 0 done, 1 failed, 2 denied, 3 invalid input, 4 unknown",
        ]
    )


def show_error(error: BucketpassError, *, as_json: bool) -> None:
    """Print every diagnostic: for people on standard error, with `--json` as one object on standard output."""
    if as_json:
        print(json.dumps({"error": error.code, "diagnostics": [finding_object(diagnostic) for diagnostic in error.diagnostics()]}))
        return
    for diagnostic in error.diagnostics():
        show_finding(diagnostic, file=sys.stderr)
    count = sum(diagnostic.severity is Severity.ERROR for diagnostic in error.diagnostics())
    if count > 1:
        print(f"{count} errors; nothing was done", file=sys.stderr)


def _of_the_machine(error: OSError) -> BucketpassError:
    named = f"`{error.filename}`: " if error.filename else ""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return BucketpassError(f"{named}{reason}", remedy="check the path, its permissions and the space on the disk" if named else "")


if __name__ == "__main__":
    sys.exit(main())

"""`bucketpass VERB`: find the verb's module, run it, and report errors with their remedy and exit code."""

from __future__ import annotations

import argparse
import difflib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from itertools import pairwise
from typing import NoReturn, Protocol

from bucketpass import __version__
from bucketpass.cli.collector import collector_paused
from bucketpass.cli.commands import COMMANDS, GROUPS
from bucketpass.cli.show_error import show_error
from bucketpass.errors import BucketpassError, UsageError

__all__ = ["COMMANDS", "main"]

EXIT_FAILED = 1
# Commands that read a declaration, which may have thousands of services, print what they found, and end.
READS_DECLARATIONS = frozenset({"check", "diff", "plan", "prove"})
EXIT_INTERRUPTED = 130


class Command(Protocol):
    """What each command's file holds."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Teach `parser` the command's own arguments."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Do the work and give the exit code."""
        ...


class Parser(argparse.ArgumentParser):
    """An argument parser that raises its errors like all other code."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        _, _, unknown = message.partition("unrecognized arguments: ")
        known = [option.removeprefix("--") for option in self._option_string_actions if option.startswith("--")]
        near = difflib.get_close_matches(unknown.partition(" ")[0].partition("=")[0].removeprefix("--"), known, n=1)
        raise UsageError(message, remedy=f"Did you mean `--{near[0]}`?" if near else f"{self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the value is the process's exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what this terminal cannot show is shown escaped
    try:
        code = _run(words)
        sys.stdout.flush()
    except BucketpassError as error:
        show_error(error, as_json=wants_json(words))
        return error.exit_code
    except (KeyboardInterrupt, EOFError):  # Ctrl-C; Ctrl-D where a person is asked
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`| head`). Python would complain once more while it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        # A folder that cannot be written, a full disk: not a mistake in the program, so no traceback.
        show_error(_of_the_machine(error), as_json=wants_json(words))
        return EXIT_FAILED
    return code


def _run(words: Sequence[str]) -> int:
    verb, *rest = words or ("help",)
    if verb in {"-h", "--help", "help"}:
        print(overview())
    elif verb in {"-V", "--version"}:
        print(f"bucketpass {__version__}")
    elif verb == "complete":
        from bucketpass.cli.completion import complete

        complete(rest[1:])
    elif verb in COMMANDS:
        with collector_paused() if verb in READS_DECLARATIONS else nullcontext():
            return _run_command(verb, rest)
    else:
        near = difflib.get_close_matches(verb, COMMANDS, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else "bucketpass --help lists the commands."
        raise UsageError(f"`{verb}` is not a command", remedy=hint)
    return 0


def _run_command(verb: str, words: Sequence[str]) -> int:
    command: Command = import_module(f"bucketpass.cli.{COMMANDS[verb].module}")
    parser = Parser(prog=f"bucketpass {verb}", description=COMMANDS[verb].help)
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def wants_json(words: Sequence[str]) -> bool:
    """Whether the command line asks for JSON; also one that cannot be read."""
    own = words[: words.index("--")] if "--" in words else words
    return "--json" in own or "--format=json" in own or ("--format", "json") in pairwise(own)


def overview() -> str:
    """The list of commands, as `bucketpass --help` prints it."""
    width = max(map(len, COMMANDS))
    lines = ["usage: bucketpass COMMAND [--help]", "", "AI services reach S3 with the identity they already have.", ""]
    for title, commands in GROUPS.items():
        lines += [f"{title}:", *(f"  {verb:<{width}}  {entry.help}" for verb, entry in commands.items()), ""]
    return "\n".join([*lines, "exit codes: 0 done, 1 failed, 2 denied, 3 invalid input, 4 unknown"])


def _of_the_machine(error: OSError) -> BucketpassError:
    named = f"`{error.filename}`: " if error.filename else ""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return BucketpassError(f"{named}{reason}", remedy="check the path, its permissions and the space on the disk" if named else "")


if __name__ == "__main__":
    sys.exit(main())

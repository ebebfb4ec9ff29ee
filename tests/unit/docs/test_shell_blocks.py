"""The commands in the pages: each block is run by a test or says why not, and every command of ours is one that the parser takes."""

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from docs.check import ROOT, pages

from bucketpass.cli.commands import COMMANDS
from bucketpass.cli.main import Parser

MARK = r"<!-- (?:tested(?:: (?:with the sandbox|as the trainer|by the CLI of Pulumi))?|not run: [^\n]+|generated: [^\n]+) -->\n"
BLOCK = re.compile(rf"(?P<mark>{MARK}[ ]*)?```(?:sh|bash|console)\n(?P<text>.*?)```", re.DOTALL)
PUNCTUATION = frozenset(";&|()<>\n")


def blocks() -> Iterator[tuple[Path, str | None, str]]:
    for page in pages():
        for block in BLOCK.finditer(page.read_text()):
            yield page, block["mark"], block["text"]


def commands_of(text: str) -> Iterator[list[str]]:
    """The words of each command of ours in a block."""
    lexer = shlex.shlex(
        re.sub(r"^\$ |#[^\n]*", "", text, flags=re.MULTILINE).replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars=True
    )
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= PUNCTUATION:
            if words[:1] == ["bucketpass"]:
                yield words[1:]
            words = []
        else:
            words.append(word)


def test_every_block_of_commands_is_run_or_says_why_not() -> None:
    assert [f"{page.relative_to(ROOT)}: {text}" for page, mark, text in blocks() if mark is None] == []


COMMAND_LINES = sorted({(str(page.relative_to(ROOT)), *words) for page, _, text in blocks() for words in commands_of(text)})


@pytest.mark.parametrize("line", COMMAND_LINES, ids=" ".join)
def test_every_command_is_one_that_the_parser_takes(line: tuple[str, ...]) -> None:
    _, verb, *rest = line
    command = import_module(f"bucketpass.cli.{COMMANDS[verb].module}")
    parser: argparse.ArgumentParser = Parser(prog=f"bucketpass {verb}")
    command.add_arguments(parser)
    parser.parse_args(rest)

"""`bucketpass prove`: the guarantees of a declaration, for all requests, or a counterexample."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bucketpass.cli.declared import add_access, add_target, target_of
from bucketpass.compile import Target, compile_access
from bucketpass.errors import RequestError
from bucketpass.model import Access, load_access
from bucketpass.prove.compare import Difference, Relation, Version, differences
from bucketpass.prove.deployment import Deployment, deployment_of
from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.never import declared_nevers, never
from bucketpass.prove.question import SECONDS, Guarantee, Verdict, prove, solve_once
from bucketpass.prove.report import (
    Result,
    as_markdown,
    as_object,
    differences_as_markdown,
    differences_as_object,
    overall,
    request_lines,
)
from bucketpass.prove.second_opinion import SecondOpinion

HELP = "the guarantees, for all requests, or a counterexample"

EXIT_CODES = {Verdict.PROVED: 0, Verdict.COUNTEREXAMPLE: 1, Verdict.UNKNOWN: 4}
COLOURS = {Verdict.PROVED: "green", Verdict.COUNTEREXAMPLE: "bold red", Verdict.UNKNOWN: "bold yellow"}
EXIT_DIFFERENT, EXIT_UNKNOWN = 1, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    add_access(parser)
    add_target(parser)
    parser.add_argument("--never", action="append", default=[], metavar="WHAT", help="prove this alone: 'GetObject s3://datasets/secret/*'")
    parser.add_argument("--by", action="append", default=[], metavar="SERVICE", help="the services that --never speaks of (default: all)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only guarantees whose name has this in it")
    parser.add_argument("--against", type=Path, metavar="FILE", help="what changes from that declaration to this one, in meaning")
    parser.add_argument("--second-opinion", action="store_true", help="ask cvc5 the same; where it disagrees, nothing is proved")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="N", help=f"time for each guarantee (default: {SECONDS:.0f})")
    parser.add_argument("--format", choices=("terminal", "json", "markdown"), default="terminal", help="terminal, json or markdown")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def run(arguments: argparse.Namespace) -> int:
    """Prove and print. The exit code is 0 where all is proved, 1 where something is broken, 4 where something is unknown."""
    target, access = target_of(arguments), load_access(arguments.access)
    if arguments.against is not None:
        return _compare(arguments, _version(load_access(arguments.against), target), _version(access, target))
    asked = _asked(arguments, access, deployment_of(compile_access(access, target)))
    results = _prove(asked, arguments)
    PRINTERS[arguments.format](results)
    return EXIT_CODES[overall(results)]


def _version(access: Access, target: Target) -> Version:
    return Version(access, deployment_of(compile_access(access, target)))


def _asked(arguments: argparse.Namespace, access: Access, deployment: Deployment) -> list[Guarantee]:
    if arguments.never:
        return [never(text, arguments.by, access, deployment) for text in arguments.never]
    if arguments.by:
        raise RequestError("got `--by` without `--never`", remedy="--never 'GetObject s3://datasets/secret/*' --by trainer")
    known = [*guarantees(access, deployment), *declared_nevers(access, deployment)]
    asked = [one for one in known if not arguments.only or any(part in one.name for part in arguments.only)]
    if not asked:
        raise RequestError(f"no guarantee is called `{', '.join(arguments.only)}`", remedy=f"such as `{known[0].name}`" if known else "")
    return asked


def _prove(asked: Sequence[Guarantee], arguments: argparse.Namespace) -> list[Result]:
    """The answers, with progress on standard error where a person looks on."""
    opinion = SecondOpinion()
    solver = opinion.solve if arguments.second_opinion else solve_once
    results = []
    for number, guarantee in enumerate(asked):
        if sys.stderr.isatty():
            print(f"\r\033[K{number + 1}/{len(asked)} {guarantee.name}", end="", file=sys.stderr, flush=True)
        results.append(Result(guarantee, prove(guarantee, seconds=arguments.seconds, solver=solver)))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    if arguments.second_opinion:
        print(f"cvc5 agreed on {opinion.agreed} of {opinion.asked} questions, and gave no answer to the others", file=sys.stderr)
    return results


def _compare(arguments: argparse.Namespace, old: Version, new: Version) -> int:
    found = list(differences(old, new, seconds=arguments.seconds))
    DIFFERENCE_PRINTERS[arguments.format](found)
    relations = {one.relation for one in found}
    return EXIT_UNKNOWN if Relation.UNKNOWN in relations else EXIT_DIFFERENT if relations - {Relation.EQUAL} else 0


def _terminal(results: Sequence[Result]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    for one in results:
        verdict = one.answer.verdict
        console.print(f"[{COLOURS[verdict]}]{verdict.value:14}[/] {escape(one.guarantee.name)} [dim]{one.answer.seconds:.2f} s[/]")
        console.print(f"  [dim]{escape(one.guarantee.theorem)}[/]", soft_wrap=True)
        if one.answer.counterexample is not None:
            console.print(f"  {escape(one.answer.counterexample.words)}:", soft_wrap=True)
            for request, decision in one.answer.counterexample.requests:
                for line in request_lines(request, decision):
                    console.print(f"    {escape(line)}", soft_wrap=True)
        for reason in one.answer.reasons:
            console.print(f"  not known: {escape(reason)}", soft_wrap=True)
    assumed = dict.fromkeys(assumption for one in results for assumption in one.guarantee.assumed)
    for assumption in assumed:
        console.print(f"[dim]assumed: {escape(assumption)}[/]", soft_wrap=True)
    counts = [(verdict, sum(one.answer.verdict is verdict for one in results)) for verdict in Verdict]
    console.print(", ".join(f"{count} {verdict.value}" for verdict, count in counts if count))


def _differences_terminal(found: Sequence[Difference]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    for one in found:
        console.print(f"{escape(one.service)}: {one.subject} [bold]{one.relation.value}[/]")
        for example in (one.gained, one.lost):
            if example is not None:
                console.print(f"  {example.words}, for example:")
                for line in request_lines(*example.requests[0]):
                    console.print(f"    {escape(line)}", soft_wrap=True)
        for reason in one.reasons:
            console.print(f"  not known: {escape(reason)}", soft_wrap=True)


PRINTERS: dict[str, Callable[[Sequence[Result]], None]] = {
    "terminal": _terminal,
    "json": lambda results: print(json.dumps(as_object(results), ensure_ascii=False)),
    "markdown": lambda results: print(as_markdown(results), end=""),
}
DIFFERENCE_PRINTERS: dict[str, Callable[[Sequence[Difference]], None]] = {
    "terminal": _differences_terminal,
    "json": lambda found: print(json.dumps(differences_as_object(found), ensure_ascii=False)),
    "markdown": lambda found: print(differences_as_markdown(found), end=""),
}

"""How proofs, differences and findings about policies look in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bucketpass.cli.terminal import bold, dim, line, show_finding, style
from bucketpass.findings.text import counted
from bucketpass.prove.compare import Difference
from bucketpass.prove.faults import PolicyFault
from bucketpass.prove.question import Counterexample, Verdict
from bucketpass.prove.report import Result, difference_lines, example_lines, replayed_line

__all__ = ["show_differences", "show_faults", "show_results"]

COLOURS = {Verdict.PROVED: "green", Verdict.COUNTEREXAMPLE: "bold red", Verdict.UNKNOWN: "yellow"}


def show_results(results: Sequence[Result]) -> None:
    """Print each guarantee with its answer, what it is about, what it assumes, and the counterexamples."""
    for one in results:
        verdict = one.answer.verdict
        line(style(COLOURS[verdict], f"{verdict.value:14}"), f" {one.guarantee.name} ", dim(f"{one.answer.seconds:.2f} s"))
        line("  ", dim(one.guarantee.theorem))
        line("  ", dim(f"over: {one.guarantee.over()}"))
        for assumption in one.guarantee.assumed:
            line("  ", dim(f"assumed: {assumption}"))
        _show([*_details(one.answer.counterexample, one.answer.reasons), *map(replayed_line, one.replayed)])
    counts = [(verdict, sum(one.answer.verdict is verdict for one in results)) for verdict in Verdict]
    line(", ".join(f"{count} {verdict.value}" for verdict, count in counts if count))


def show_differences(found: Sequence[Difference]) -> None:
    """Print each service with what it gains and loses."""
    for one in found:
        line(f"{one.owner}: {one.subject} ", bold(one.relation.value))
        _show([*_details(one.gained, lines=difference_lines), *_details(one.lost, one.reasons, difference_lines)])


def show_faults(found: Sequence[PolicyFault]) -> None:
    """Print each finding with an example and its remedy."""
    for one in found:
        show_finding(
            replace(one.finding, details=(*_details(one.answer.counterexample, one.answer.reasons), *map(replayed_line, one.replayed)))
        )
    line(counted(len(found), "finding"))


def _details(
    example: Counterexample | None, reasons: Sequence[str] = (), lines: Callable[[Counterexample], list[str]] = example_lines
) -> list[str]:
    shown = [] if example is None else [f"{example.description}, for example:", *(f"  {text}" for text in lines(example))]
    return [*shown, *(f"not known: {reason}" for reason in reasons)]


def _show(details: Sequence[str]) -> None:
    for text in details:
        line(f"  {text}")

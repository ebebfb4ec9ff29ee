"""How proofs, differences and faults look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from bucketpass.prove.compare import Difference
from bucketpass.prove.faults import PolicyFault
from bucketpass.prove.question import Counterexample, Verdict
from bucketpass.prove.report import Result, example_lines

__all__ = ["show_differences", "show_faults", "show_results"]

COLOURS = {Verdict.PROVED: "green", Verdict.COUNTEREXAMPLE: "bold red", Verdict.UNKNOWN: "bold yellow"}


def show_results(results: Sequence[Result]) -> None:
    """Each guarantee with its answer, the counterexamples, and what was assumed."""
    console = Console()
    for one in results:
        verdict = one.answer.verdict
        console.print(f"[{COLOURS[verdict]}]{verdict.value:14}[/] {escape(one.guarantee.name)} [dim]{one.answer.seconds:.2f} s[/]")
        console.print(f"  [dim]{escape(one.guarantee.theorem)}[/]", soft_wrap=True)
        _show_example(console, one.answer.counterexample)
        _show_reasons(console, one.answer.reasons)
    for assumption in dict.fromkeys(assumption for one in results for assumption in one.guarantee.assumed):
        console.print(f"[dim]assumed: {escape(assumption)}[/]", soft_wrap=True)
    counts = [(verdict, sum(one.answer.verdict is verdict for one in results)) for verdict in Verdict]
    console.print(", ".join(f"{count} {verdict.value}" for verdict, count in counts if count))


def show_differences(found: Sequence[Difference]) -> None:
    """Each service with what it gains and loses."""
    console = Console()
    for one in found:
        console.print(f"{escape(one.service)}: {one.subject} [bold]{one.relation.value}[/]")
        _show_example(console, one.gained)
        _show_example(console, one.lost)
        _show_reasons(console, one.reasons)


def show_faults(found: Sequence[PolicyFault]) -> None:
    """Each fault with an example and its remedy."""
    console = Console()
    for one in found:
        finding = one.finding
        head = f"{finding.severity.value}[/] {escape(finding.place.path)} [bold]{finding.code}[/]"
        console.print(f"[{COLOURS[one.answer.verdict]}]{head}", soft_wrap=True)
        console.print(f"  {escape(finding.message)}", soft_wrap=True)
        _show_example(console, one.answer.counterexample)
        _show_reasons(console, one.answer.reasons)
        console.print(f"  remedy: {escape(finding.remedy)}", soft_wrap=True)
    console.print(f"{len(found)} faults" if found else "no faults")


def _show_example(console: Console, example: Counterexample | None) -> None:
    if example is not None:
        console.print(f"  {escape(example.words)}, for example:", soft_wrap=True)
        for line in example_lines(example):
            console.print(f"    {escape(line)}", soft_wrap=True)


def _show_reasons(console: Console, reasons: Sequence[str]) -> None:
    for reason in reasons:
        console.print(f"  not known: {escape(reason)}", soft_wrap=True)

"""The report as Mermaid (a drawing in Markdown) and as Markdown, for pull requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bucketpass.findings import Finding
from bucketpass.findings.text import counted
from bucketpass.report.content import Report, ReportedGrant

__all__ = ["as_markdown", "as_mermaid"]

_SIGNS = {"added": "+ ", "removed": "- "}
_MERMAID_AT_MOST = 120  # edges that a drawing of Mermaid keeps readable; more are grouped by bucket


def as_mermaid(report: Report) -> str:
    """A flowchart: issuers, services, prefixes. Of many grants, services and buckets alone."""
    ids: dict[str, str] = {}

    def node(kind: str, name: str) -> str:
        return ids.setdefault(f"{kind} {name}", f"{kind}{len(ids)}")

    whole = len(report.grants) <= _MERMAID_AT_MOST
    lines = ["flowchart LR"]
    links: dict[tuple[str, str], dict[str, None]] = {}
    for service in report.services:
        for identity in service.identities:
            links.setdefault((node("i", identity.issuer), node("s", service.name)), {})
    for grant in report.grants:
        place = f"{grant.bucket}/{grant.place}" if whole else grant.bucket
        target = links.setdefault((node("s", grant.service), node("p", place)), {})
        target.update(dict.fromkeys(f"{_SIGNS.get(grant.change, '')}{level}" for level in grant.levels))
    shapes = {"i": '(["{}"])', "s": '["{}"]', "p": '[("{}")]'}
    lines += [f"  {name}{shapes[name[0]].format(_quoted(label.partition(' ')[2]))}" for label, name in ids.items()]
    for (start, end), labels in links.items():
        lines.append(f"  {start} -->|{_quoted(', '.join(labels))}| {end}" if labels else f"  {start} --> {end}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Text that Mermaid shows as it is: its entities for what it would read."""
    return "".join(character if character.isalnum() or character in " -_./*:,@+" else f"#{ord(character)};" for character in text)


def as_markdown(report: Report) -> str:
    """Sections for a pull request: changes, the matrix, guarantees, findings."""
    lines = [f"## Access map of `{report.file}`", ""]
    services, grants = len(report.services), len([one for one in report.grants if one.change != "removed"])
    counts = ((services, "service"), (len(report.buckets), "bucket"), (grants, "grant"))
    lines += [f"{', '.join(counted(number, noun) for number, noun in counts)}, account {report.target.account}.", ""]
    if report.changes is not None:
        lines += [f"### Changes against `{report.compared_with}`", ""]
        lines += [f"- **{_cell(one['subject'])}** {_cell(one['description'])}" for one in report.changes] or ["None: both mean the same."]
        lines.append("")
    lines += ["### Who reaches what", "", "| service | where | access | conditions | until | line |", "|---|---|---|---|---|---|"]
    lines += [_row(one) for one in report.grants]
    lines += ["", "### Who else", "", *(f"- **{_cell(one.name)}**: {_cell(one.others)}" for one in report.buckets), ""]
    if report.guarantees is not None:
        lines += ["### Guarantees", "", "| answer | guarantee |", "|---|---|"]
        lines += [f"| {_cell(one['verdict'])} | {_cell(one['name'])}: {_cell(one['theorem'])} |" for one in report.guarantees]
        lines += ["", *_assumed(report.guarantees)]
    if report.drift is not None:
        lines += [
            "### Drift",
            "",
            *([f"- {_cell(one['owner'])}: {_cell(one['subject'])} {_cell(one['relation'])}" for one in report.drift] or ["None."]),
            "",
        ]
    lines += ["### Findings", ""]
    lines += [_finding(one) for one in report.findings] or ["None."]
    lines += ["", *(f"- {_cell(note)}" for note in report.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _row(one: ReportedGrant) -> str:
    cells = (
        f"{_SIGNS.get(one.change, '')}{_cell(one.service)}",
        _cell(f"{one.bucket}/{one.place}"),
        ", ".join(one.levels),
        _cell(", ".join(one.conditions)),
        one.expires,
        str(one.line or ""),
    )
    return f"| {' | '.join(cells)} |"


def _finding(one: Finding) -> str:
    place = f" {_cell(one.place)}" if str(one.place) else ""
    remedy = f" Remedy: {_prose(one.remedy)}" if one.remedy else ""
    return f"- {one.severity.value}{place} `{one.code}`: {_prose(one.message)}.{remedy}"


def _prose(text: str) -> str:
    """A message whose names in backticks are code, and whose other characters Markdown shows as they are."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0 or not all(parts[1::2]):
        return _cell(text)
    # SECURITY: what stands between two backticks has none itself, so that no name ends its code.
    return "".join(f"`{part}`" if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _assumed(guarantees: Iterable[Mapping[str, object]]) -> list[str]:
    assumed = dict.fromkeys(str(fact) for one in guarantees for fact in _listed(one["assumed"]))
    return ["Assumed:", "", *(f"- {_cell(fact)}" for fact in assumed), ""] if assumed else []


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _cell(value: object) -> str:
    """Text that Markdown shows as it is, in one line."""
    return _escaped(" ".join(str(value).split()))


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|~" else character for character in text)

"""All findings about a declaration, in the order in which they stand in its file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from bucketpass.compile.check.buckets import bucket_findings, key_findings
from bucketpass.compile.check.found import Found
from bucketpass.compile.check.grants import grant_findings
from bucketpass.compile.check.identities import further_findings, identity_findings, provider_findings
from bucketpass.compile.check.sizes import size_findings
from bucketpass.compile.plan import Plan
from bucketpass.errors import BucketpassError, Diagnostic, Place, Severity
from bucketpass.findings import Finding
from bucketpass.model.access import Access
from bucketpass.model.reader import Declaration

__all__ = ["Found", "findings", "of_error", "worth_knowing"]


def findings(declaration: Declaration, plan: Plan) -> tuple[Finding, ...]:
    """What is risky, needless or near a quota, each at its place in the file."""
    found = _found(declaration.access, plan)
    placed = (Finding(code, message, remedy, declaration.place(path)) for code, path, message, remedy in found)
    return tuple(sorted(placed, key=_order))


def worth_knowing(access: Access, plan: Plan) -> tuple[Diagnostic, ...]:
    """Return what an output of the plan says beside its resources: each warning, and how many notes there are."""
    found = [Finding(code, message, remedy, Place(path=path)) for code, path, message, remedy in _found(access, plan)]
    grave = [one for one in found if one.severity is not Severity.NOTE]
    notes = len(found) - len(grave)
    words = f"there {'is 1 note' if notes == 1 else f'are {notes} notes'} on the declaration"
    return (
        *(Diagnostic(one.code, one.message, one.remedy, one.place, one.severity) for one in grave),
        *([Diagnostic("notes", words, "`bucketpass check` shows them", severity=Severity.NOTE)] if notes else []),
    )


def _found(access: Access, plan: Plan) -> Iterator[Found]:
    return chain(
        identity_findings(access),
        further_findings(access),
        provider_findings(plan),
        grant_findings(access),
        bucket_findings(access),
        key_findings(access, plan),
        size_findings(plan),
    )


def of_error(error: BucketpassError) -> tuple[Finding, ...]:
    """Return the errors of a declaration that cannot be compiled, as findings."""
    return tuple(Finding(error.code, one.message, one.remedy, one.place) for one in error.diagnostics())


def _order(finding: Finding) -> tuple[int, int, str, str]:
    return finding.place.line or 0, finding.place.column or 0, finding.code, finding.message
